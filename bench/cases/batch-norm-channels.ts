import { DIVISION, RECIPROCAL_SQUARE_ROOT, sumError, UNIT } from '../../kernels-test/support/rounding.ts';
import { type BatchNormProblem, batchNormSplits } from '../../src/kernels/batch-norm/problem.ts';
import { batchNorm } from '../../src/reference/batchNorm.ts';
import { labelOf } from './batch-norm.ts';
import { after, type Contents, type KernelCase, timed } from './case.ts';
import { normals } from './draw.ts';
import { applyEpilogue, epilogueError, epilogueLabel } from './epilogue.ts';
import { placed, single, stateWords, taken, unwritten, viewElements, viewLength } from './layout.ts';

// A whole direction of a batch normalisation in training in one kernel, held against the operation's reference.

const floats = (memory: ArrayBuffer | undefined) => new Float32Array(memory ?? new ArrayBuffer(0));

/** What both directions draw. Deviates of x are of the size of 1, and so is xhat. */
function drawn({ x, parameterReplica, epsilon }: BatchNormProblem, label: string) {
  const shape = [x.rows, x.channels];
  const vector = (stream: number) => ({
    shape: [x.channels],
    data: normals(label, stream, [parameterReplica]).data.subarray(0, x.channels),
  });
  const inputs = { x: normals(label, 0, shape), scale: vector(2), offset: vector(3) };
  return { inputs, dy: normals(label, 1, shape), attributes: { epsilon } };
}

/** Relative error of moments, and of what is made with them in a dozen roundings. */
const relative = ({ x }: BatchNormProblem) => 4 * sumError(x.rows) + DIVISION + RECIPROCAL_SQUARE_ROOT + 12 * UNIT;
/** Of a parameter's vector. */
const padded = ({ parameterReplica }: BatchNormProblem, values: Float64Array): Contents => {
  const all = new Float64Array(parameterReplica);
  all.set(values);
  return single(all);
};

export function batchNormChannelsCase(problem: BatchNormProblem): KernelCase {
  const { x, y = x, epilogue, runningReplica } = problem;
  const label = labelOf(problem);
  return {
    shape: `${label}, all passes${epilogueLabel(epilogue)}`,
    operations: viewElements(x) * 8,
    bytes: 4 * (viewElements(x) + viewElements(y)),
    data() {
      const { inputs, attributes } = drawn(problem, label);
      const running = single(new Float64Array(Math.max(1, runningReplica)).fill(1));
      return {
        bindings: [
          ...[placed(x, inputs.x.data), padded(problem, inputs.scale.data), padded(problem, inputs.offset.data), stateWords()],
          ...[
            unwritten(viewLength(y)),
            unwritten(2 * batchNormSplits(x.rows).splits * x.channels),
            running,
            running.slice() as Contents,
          ],
        ],
        expected: () =>
          after(
            timed(() => applyEpilogue(epilogue, batchNorm.forward(inputs, attributes), undefined).data),
            (values) => [
              {
                name: 'y',
                values,
                error: (i: number) =>
                  relative(problem) * 8 * (Math.abs(inputs.scale.data[i % x.channels] ?? 0) + 1) +
                  epilogueError(epilogue, values[i] ?? 0),
                actual: ([, , , , memory]: readonly ArrayBuffer[]) => taken(y, memory),
              },
            ],
          ),
      };
    },
  };
}

export function batchNormGradientChannelsCase(problem: BatchNormProblem): KernelCase {
  const { x, dy = x, y = x, epsilon, gradientReplica } = problem;
  const label = labelOf(problem);
  return {
    shape: `${label} all gradients`,
    operations: viewElements(x) * 14,
    bytes: 4 * (viewElements(x) + viewElements(dy) + viewElements(y)),
    data() {
      const { inputs, dy: gradients, attributes } = drawn(problem, label);
      // The moments as the forward pass leaves them: mean and sum of squared deviations.
      const moments = Array.from({ length: x.channels }, (_, c) => {
        const column = inputs.x.data.filter((_, i) => i % x.channels === c);
        const mean = column.reduce((sum, value) => sum + value, 0) / x.rows;
        return [mean, column.reduce((sum, value) => sum + (value - mean) ** 2, 0)];
      });
      const compute = () => batchNorm.gradient(inputs, gradients, attributes);
      return {
        bindings: [
          ...[
            placed(x, inputs.x.data),
            placed(dy, gradients.data),
            padded(problem, inputs.scale.data),
            single(moments.flat()),
            stateWords(),
          ],
          ...[unwritten(viewLength(y)), unwritten(gradientReplica), unwritten(gradientReplica)],
        ],
        expected: () =>
          after(timed(compute), (found) => {
            const largest = 1 / Math.sqrt(epsilon + Math.min(...moments.map(([, squares = 0]) => squares / x.rows)));
            const sums = (name: 'scale' | 'offset', binding: number) => ({
              name: `gradient of the ${name}`,
              values: found[name]?.data ?? new Float64Array(),
              // Of products of two deviates.
              error: () => relative(problem) * 4 * x.rows,
              actual: (memory: readonly ArrayBuffer[]) => floats(memory[binding]).subarray(0, x.channels),
            });
            return [
              {
                name: 'dx',
                values: found.x?.data ?? new Float64Array(),
                error: (i: number) => relative(problem) * 32 * largest * (Math.abs(inputs.scale.data[i % x.channels] ?? 0) + 1),
                actual: ([, , , , , memory]: readonly ArrayBuffer[]) => taken(y, memory),
              },
              sums('scale', 6),
              sums('offset', 7),
            ];
          }),
      };
    },
  };
}
