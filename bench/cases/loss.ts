import { expectedGradients, expectedOutput } from '../../kernels-test/support/tolerance.ts';
import type { LossName, LossProblem, Reduction } from '../../src/kernels/loss.ts';
import type { SoftmaxProblem } from '../../src/kernels/softmax.ts';
import { references } from '../../src/reference/index.ts';
import type { Reference, Tensor64 } from '../../src/reference/reference.ts';
import { after, type KernelCase, timed } from './case.ts';
import { integers, normals } from './draw.ts';
import { NOTHING, placed, single, stateWords, taken, unwritten, viewElements, viewLength } from './layout.ts';

/** Largest difference, its exponential, the sum and the quotient. */
const SOFTMAX_OPERATIONS = 4;

const single32 = (tensor: Tensor64) => ({ shape: tensor.shape, data: single(tensor.data) });

export function softmaxCase({ x, y, saved }: SoftmaxProblem): KernelCase {
  const shape = `${y.rows}x${y.channels} softmax${saved ? ' dx' : ''}`;
  return {
    shape,
    operations: SOFTMAX_OPERATIONS * viewElements(y),
    bytes: 4 * (viewElements(x) + viewElements(saved) + viewElements(y)),
    data() {
      const sizes = [y.rows, y.channels];
      const logits = normals(shape, 0, sizes, 2);
      const dy = normals(shape, 1, sizes);
      const softmax = references.softmax as Reference;
      const probabilities = single(softmax.forward({ x: logits }, {}).data);
      const test = { op: 'softmax', name: shape, inputs: { x: single32(logits) }, attributes: {} };
      const compute = () =>
        saved ? (softmax.gradient({ x: logits }, dy, {}).x as Tensor64) : softmax.forward({ x: logits }, {});
      return {
        bindings: [
          placed(x, (saved ? dy : logits).data),
          saved ? placed(saved, probabilities) : NOTHING,
          unwritten(viewLength(y)),
        ],
        expected: () =>
          after(timed(compute), ({ data }) => {
            const { error } = saved ? (expectedGradients(test, single32(dy)).x ?? expectedOutput(test)) : expectedOutput(test);
            return [
              {
                name: 'y',
                values: data,
                error: (i: number) => error[i] ?? 0,
                actual: ([, , memory]: readonly ArrayBuffer[]) => taken(y, memory),
              },
            ];
          }),
      };
    },
    ...(!saved && {
      onnx: [{ operator: 'Softmax', attributes: { axis: 1 }, inputs: [[y.rows, y.channels]], weights: [], relu: false } as const],
    }),
  };
}

/** The losses that networks of the benchmarks are trained with. */
const NAMES: Readonly<Partial<Record<LossName, string>>> = {
  softmaxCrossEntropy: 'cross-entropy',
  meanSquaredError: 'squared error',
  binaryCrossEntropy: 'binary cross-entropy',
};

export function lossCase({ kind, reduction, batch, x, goal, options, gradient }: LossProblem): KernelCase {
  const smoothing = options.labelSmoothing ?? 0;
  const crossEntropy = kind !== 'meanSquaredError';
  const width = viewElements(x) / batch;
  const label = `${batch}x${width} ${NAMES[kind]}${reduction === 'sum' ? ' summed' : ''}`;
  return {
    shape: `${label}${smoothing > 0 ? ' smoothed' : ''}${gradient ? ' and dx' : ''}`,
    operations: (crossEntropy ? SOFTMAX_OPERATIONS : 3) * viewElements(x) * (gradient ? 2 : 1),
    bytes: 4 * (viewElements(x) + viewElements(goal) + 2 * batch + (gradient ? viewElements(x) : 0)),
    data() {
      const prediction = normals(label, 0, [batch, width], 2);
      const target: Tensor64 = crossEntropy
        ? { shape: [batch], data: integers(label, 1, batch, kind === 'binaryCrossEntropy' ? 2 : width) }
        : normals(label, 1, [batch, width], 2);
      const attributes = { reduction, ...(kind === 'softmaxCrossEntropy' && { labelSmoothing: smoothing }) };
      const inputsOf = (logits: Tensor64, goals: Tensor64): Record<string, Tensor64> =>
        crossEntropy ? { logits, labels: goals } : { prediction: logits, target: goals };
      const rowOf = (tensor: Tensor64, row: number): Tensor64 => {
        const length = tensor.data.length / batch;
        return { shape: [1, ...tensor.shape.slice(1)], data: tensor.data.slice(row * length, (row + 1) * length) };
      };
      const reference = references[kind] as Reference;
      const one: Tensor64 = { shape: [], data: Float64Array.of(1) };
      const rows = Array.from({ length: batch }, (_, row) => inputsOf(rowOf(prediction, row), rowOf(target, row)));
      const caseOf = (inputs: Record<string, Tensor64>) => ({
        op: kind,
        name: label,
        inputs: Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, single32(tensor)])),
        attributes,
      });
      const compute = () => ({
        losses: rows.map((inputs) => reference.forward(inputs, attributes).data[0] ?? 0),
        gradient: gradient
          ? reference.gradient(inputsOf(prediction, target), one, attributes)[crossEntropy ? 'logits' : 'prediction']
          : undefined,
      });
      return {
        bindings: [
          placed(x, prediction.data),
          placed(goal, target.data),
          stateWords(),
          unwritten(2 * batch),
          gradient ? unwritten(viewElements(x)) : NOTHING,
        ],
        expected: () =>
          after(timed(compute), ({ losses, gradient: dx }) => {
            const errors = rows.map((inputs) => expectedOutput(caseOf(inputs)).error[0] ?? 0);
            const ofGradient = expectedGradients(caseOf(inputsOf(prediction, target)), single32(one));
            const { error } = ofGradient[crossEntropy ? 'logits' : 'prediction'] ?? { error: [] };
            return [
              {
                name: 'losses',
                values: losses,
                error: (i: number) => errors[i] ?? 0,
                actual: ([, , , pairs]: readonly ArrayBuffer[]) =>
                  new Float32Array(pairs ?? new ArrayBuffer(0)).filter((_, i) => i % 2 === 0),
              },
              ...(dx
                ? [
                    {
                      name: 'gradient',
                      values: dx.data,
                      error: (i: number) => error[i] ?? 0,
                      actual: ([, , , , memory]: readonly ArrayBuffer[]) => new Float32Array(memory ?? new ArrayBuffer(0)),
                    },
                  ]
                : []),
            ];
          }),
      };
    },
  };
}

export function meanLossCase({ batch, reduction }: { readonly batch: number; readonly reduction: Reduction }): KernelCase {
  const shape = `${reduction} of ${batch} losses`;
  const divisor = reduction === 'mean' ? batch : 1;
  return {
    shape,
    operations: batch,
    bytes: 8 * batch + 4,
    data() {
      const pairs = normals(shape, 0, [batch, 2]);
      const mean = () => pairs.data.reduce((sum, value, i) => (i % 2 === 0 ? sum + value / divisor : sum), 0);
      const magnitude = pairs.data.reduce((sum, value) => sum + Math.abs(value), 0) / divisor;
      return {
        bindings: [single(pairs.data), stateWords(), unwritten(1)],
        expected: () =>
          after(timed(mean), (value) => [
            {
              name: 'mean',
              values: [value],
              error: () => 2 ** -24 * (batch + 5) * magnitude,
              actual: ([, , y]: readonly ArrayBuffer[]) => new Float32Array(y ?? new ArrayBuffer(0)),
            },
          ]),
      };
    },
  };
}
