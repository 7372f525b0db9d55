import type { Factor, MatmulProblem } from '../../src/kernels/matmul/problem.ts';
import { dense } from '../../src/reference/dense.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { after, type KernelCase, timed } from './case.ts';
import { quarters } from './draw.ts';
import { applyEpilogue, epilogueError, epilogueLabel, savedBy } from './epilogue.ts';
import { NOTHING, placed, single, stateWords, sumParts, taken, unwritten, viewElements, viewLength } from './layout.ts';

/** Lays a matrix out as a factor has it; NaN in between. */
function placedFactor(
  { offset, rowStride, columnStride, replicaStride }: Factor,
  { shape: [rows = 0, columns = 0], data }: Tensor64,
) {
  const memory = unwritten(Math.max(replicaStride, offset + (rows - 1) * rowStride + (columns - 1) * columnStride + 1));
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      memory[offset + row * rowStride + column * columnStride] = data[row * columns + column] as number;
  return memory;
}

/** The dense layer `batch x inputs -> outputs` that a product belongs to, and which of its three products it is. */
function labelOf({ m, n, k, a, b }: MatmulProblem): string {
  if (a.columnStride !== 1) return `${k}x${m} -> ${n} dw`;
  return b.columnStride === 1 ? `${m}x${k} -> ${n}` : `${m}x${n} -> ${k} dx`;
}

function isForward({ a, b }: MatmulProblem): boolean {
  return a.columnStride === 1 && b.columnStride === 1;
}

export function matmulCase(problem: MatmulProblem): KernelCase {
  const { m, n, k, y, saved, bias, ones, onesLength, splits, epilogue } = problem;
  const label = labelOf(problem);
  const rows = ones ? m + 1 : m;
  return {
    shape: `${label}${epilogueLabel(epilogue)}`,
    operations: 2 * rows * n * k,
    bytes: 4 * (m * k + k * n + splits * rows * n + (bias ? n : 0) + viewElements(saved)),
    data() {
      const a = quarters(label, 0, [m, k]);
      const b = quarters(label, 1, [k, n]);
      const drawnBias = quarters(label, 2, [n]);
      const activated = saved && savedBy(epilogue, quarters(label, 3, [m, n]));
      const product = () => {
        const given: Record<string, Tensor64> = bias ? { x: a, weights: b, bias: drawnBias } : { x: a, weights: b };
        return applyEpilogue(epilogue, dense.forward(given, {}), activated);
      };
      const sums = () => dense.forward({ x: { shape: [1, k], data: new Float64Array(k).fill(1) }, weights: b }, {});
      return {
        bindings: [
          placedFactor(problem.a, a),
          placedFactor(problem.b, b),
          bias ? single(drawnBias.data) : NOTHING,
          saved && activated ? placed(saved, activated.data) : NOTHING,
          stateWords(),
          unwritten(splits * viewLength(y)),
          ones ? unwritten(splits * onesLength) : NOTHING,
        ],
        expected: () =>
          after(
            timed(() => ({ product: product(), sums: ones ? sums() : undefined })),
            (found) => [
              {
                name: 'product',
                values: found.product.data,
                error: (i: number) => epilogueError(epilogue, found.product.data[i] ?? 0),
                actual: ([, , , , , parts]: readonly ArrayBuffer[]) =>
                  splits === 1 ? taken(y, parts) : sumParts(parts, splits, y.replicaStride, m * n),
              },
              ...(found.sums
                ? [
                    {
                      name: 'row of ones',
                      values: found.sums.data,
                      actual: ([, , , , , , parts]: readonly ArrayBuffer[]) => sumParts(parts, splits, onesLength, n),
                    },
                  ]
                : []),
            ],
          ),
      };
    },
    ...(isForward(problem) && {
      onnx: [
        {
          operator: 'Gemm',
          attributes: {},
          inputs: [[m, k]],
          weights: [[k, n], ...(bias ? [[n]] : [])],
          relu: epilogue.activation.kind === 'relu',
        } as const,
      ],
    }),
  };
}
