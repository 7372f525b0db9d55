import { referenceLoss, toleranceOf } from '../../kernels-test/support/reference-losses.ts';
import { expectedGradients, expectedOutput } from '../../kernels-test/support/tolerance.ts';
import type { LossProblem, Reduction } from '../../src/kernels/loss.ts';
import type { SoftmaxProblem } from '../../src/kernels/softmax.ts';
import type { GoalKind } from '../../src/ops/loss.ts';
import { references } from '../../src/reference/index.ts';
import type { Reference, Tensor64 } from '../../src/reference/reference.ts';
import { lossDefinition } from '../../src/train/losses/registry.ts';
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

/** Additions, multiplications, exponentials and quotients of an element, without the gradient. */
const LOSS_OPERATIONS: Readonly<Record<GoalKind, number>> = {
  classes: SOFTMAX_OPERATIONS,
  'two classes': SOFTMAX_OPERATIONS,
  // Three softmaxes and their divergence.
  'classes and logits': 3 * SOFTMAX_OPERATIONS + 5,
  targets: 3,
};

export function lossCase({ kind, reduction, batch, x, goal, options, gradient }: LossProblem): KernelCase {
  const compared = lossDefinition(kind).goal;
  const width = viewElements(x) / batch;
  const chosen = Object.entries(options).flatMap(([name, value]) => (value === 0 ? [] : [`${name} ${value}`]));
  const label = [`${batch}x${width}`, kind, ...chosen, ...(reduction === 'sum' ? ['summed'] : [])].join(' ');
  return {
    shape: `${label}${gradient ? ' and dx' : ''}`,
    operations: LOSS_OPERATIONS[compared] * viewElements(x) * (gradient ? 2 : 1),
    bytes: 4 * (viewElements(x) + viewElements(goal) + 2 * batch + (gradient ? viewElements(x) : 0)),
    data() {
      const rowsOf = ({ data }: Tensor64) =>
        Array.from({ length: batch }, (_, row) => [...data.slice(row * width, (row + 1) * width)]);
      const outputs = rowsOf(normals(label, 0, [batch, width], 2));
      const values = rowsOf(normals(label, 1, [batch, width], 2));
      const classes = integers(label, 2, batch, compared === 'two classes' ? 2 : width);
      const goals = values.map((row, n) => {
        if (compared === 'targets') return row;
        return [classes[n] as number, ...(compared === 'classes and logits' ? row : [])];
      });
      const divisor = reduction === 'mean' ? batch : 1;
      const compute = () => outputs.map((row, n) => referenceLoss(kind, row, goals[n] as number[], options));
      return {
        bindings: [
          placed(x, outputs.flat()),
          placed(goal, goals.flat()),
          stateWords(),
          unwritten(2 * batch),
          gradient ? unwritten(viewElements(x)) : NOTHING,
        ],
        expected: () =>
          after(timed(compute), (samples) => {
            const errors = samples.map((sample) => toleranceOf(sample, divisor));
            const slopes = errors.flatMap((error) => error.gradient);
            return [
              {
                name: 'losses',
                values: samples.map(({ loss }) => loss),
                error: (i: number) => errors[i]?.loss ?? 0,
                actual: ([, , , pairs]: readonly ArrayBuffer[]) =>
                  new Float32Array(pairs ?? new ArrayBuffer(0)).filter((_, i) => i % 2 === 0),
              },
              ...(gradient
                ? [
                    {
                      name: 'gradient',
                      values: samples.flatMap((sample) => sample.gradient.map((slope) => slope / divisor)),
                      error: (i: number) => slopes[i] ?? 0,
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
