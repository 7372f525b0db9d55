import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ActivationKind } from '../src/core/activations/registry.ts';
import { Random } from '../src/core/random.ts';
import { elements, type Shape, type Value } from '../src/core/value.ts';
import { fuse } from '../src/graph/fuse.ts';
import { concat, dense, dropout, gelu, input, leakyRelu, relu, type Tensor } from '../src/graph.ts';
import { APART } from '../src/kernels/fused.ts';
import type { Gpu } from '../src/node.ts';
import { gradientsOf } from '../src/ops/gradients/index.ts';
import { toTensor64 } from '../src/reference/index.ts';
import type { Tensor64 } from '../src/reference/reference.ts';
import { openTestGpu } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';
import { reference } from './support/reference-network.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** A dense layer and what makes its input. */
interface DenseCase {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  /** In front [nothing]. */
  readonly after?: Extract<ActivationKind, 'relu' | 'gelu' | 'leakyRelu'> | 'dropout';
  readonly bias?: boolean;
  readonly replicas?: number;
}

const small: Record<string, DenseCase> = {
  'the last layer of W4': { batch: 32, inputs: 8, outputs: 10, replicas: 5 },
  'inputs and outputs that no subgroup divides': { batch: 37, inputs: 13, outputs: 11, after: 'relu', replicas: 3 },
  'a single row, input and output': { batch: 1, inputs: 1, outputs: 1, after: 'relu' },
  'an output, no bias': { batch: 50, inputs: 33, outputs: 1, bias: false, after: 'leakyRelu' },
  'many outputs': { batch: 70, inputs: 5, outputs: 32, after: 'relu', replicas: 2 },
  'rows dropped out in front': { batch: 40, inputs: 9, outputs: 10, after: 'dropout' },
  'an activation whose derivative is of its input': { batch: 40, inputs: 10, outputs: 9, after: 'gelu' },
  'as many weights as one pass is worth': { batch: 50, inputs: 256, outputs: 10, after: 'relu' },
  'several partial sums, of many rows': { batch: 9001, inputs: 3, outputs: 2, after: 'relu' },
};
const large: Record<string, DenseCase> = {
  'more outputs than sums in registers': { batch: 9, inputs: 2, outputs: 33, after: 'relu' },
  'more weights than one pass is worth': { batch: 9, inputs: 257, outputs: 10, after: 'relu' },
};

const dropping = { rate: 0.5, seed: 3, step: 2 };
const before = { relu, gelu, leakyRelu, dropout: (given: { x: Tensor }) => dropout(given, dropping) };

/** Small whole multiples of `unit`: sums of products are exact in float32. */
function whole(shape: Shape, stream: number, reach: number, unit = 1): Value {
  const random = new Random(47, stream);
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => (random.below(2 * reach + 1) - reach) * unit) };
}

/** A case as a graph, its inputs, and its gradients in float64. */
function setUp({ batch, inputs, outputs, after, bias = true }: DenseCase) {
  const tensors = {
    x: input('x', [batch, inputs]),
    weights: input('weights', [inputs, outputs]),
    ...(bias && { bias: input('bias', [outputs]) }),
  };
  const [y] = fuse([dense({ ...tensors, x: after ? before[after]({ x: tensors.x }) : tensors.x })], { gradients: true });
  if (!y) throw new Error('one output was asked for');
  const dy = input('dy', y.shape);
  const gradients = gradientsOf(y, dy, Object.values(tensors)) as Tensor[];

  // Where an activation curves, sums stay small.
  const unit = after === 'gelu' ? 1 / 64 : 1;
  const values = {
    x: whole([batch, inputs], 1, 3, after === 'leakyRelu' ? 8 : 1),
    weights: whole([inputs, outputs], 2, 2, unit),
    ...(bias && { bias: whole([outputs], 3, 2, unit) }),
  };
  const seed = whole(dy.shape, 4, 3);
  const x = toTensor64(values.x);
  const attributes = after === 'dropout' ? dropping : {};
  const given = {
    x: after ? reference(after).forward({ x }, attributes) : x,
    weights: toTensor64(values.weights),
    ...(values.bias && { bias: toTensor64(values.bias) }),
  };
  const expected = reference('dense').gradient(given, toTensor64(seed), {});
  const dx = after ? reference(after).gradient({ x }, expected.x as Tensor64, attributes).x : expected.x;
  return {
    outputs: fuse(gradients),
    inputs: [
      ...Object.entries(values).map(([name, value]) => ({ tensor: tensors[name as keyof typeof tensors] as Tensor, value })),
      { tensor: dy, value: seed },
    ],
    expected: [dx, expected.weights, ...(bias ? [expected.bias] : [])] as Tensor64[],
    exact: after !== 'gelu' && after !== 'leakyRelu',
  };
}

/** The largest difference, as a share of the largest value. */
function off(got: Value, wanted: Tensor64): number {
  expect(got.data.length).toBe(wanted.data.length);
  const largest = wanted.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (
    wanted.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (got.data[i] ?? Number.NaN))), 0) / (largest || 1)
  );
}

describe('the gradients of a dense layer agree with the float64 reference, together and apart', () => {
  for (const [name, testCase] of Object.entries({ ...small, ...large }))
    test(name, async () => {
      const { outputs, inputs, expected, exact } = setUp(testCase);
      for (const variant of ['inputs', APART]) {
        const choice = { 'dense-gradients': variant };
        const { values } = await runGraph(gpu, outputs, inputs, { choice, replicas: testCase.replicas });
        values.forEach((replicas, index) => {
          // Others than exact ones: the activation's own accuracy and sums of like size.
          for (const value of replicas)
            expect(off(value, expected[index] as Tensor64), `output ${index}, ${variant}`).toBeLessThanOrEqual(exact ? 0 : 1e-5);
        });
      }
    });
});

/** Whether this adapter makes them together at all. */
function canTogether(): boolean {
  const { kind, subgroupSize } = gpu.capabilities;
  return kind === 'cpu' && (subgroupSize === 8 || subgroupSize === 16);
}

test('they are made together on software drivers with subgroups, where a layer is small', async () => {
  for (const [cases, together] of [
    [small, canTogether()],
    [large, false],
  ] as const)
    for (const [name, testCase] of Object.entries(cases)) {
      const { outputs, inputs } = setUp(testCase);
      const { kernels } = await runGraph(gpu, outputs, inputs);
      expect(kernels.includes('dense-gradients/inputs'), name).toBe(together);
      expect(
        kernels.some((kernel) => kernel.startsWith('matmul/')),
        name,
      ).toBe(!together);
    }
});

test('they are right where the input and the gradient of the output are parts of other tensors, and somebody else reads the input', async () => {
  const [batch, inputs, outputs] = [21, 6, 5];
  const x = input('x', [batch, inputs]);
  const weights = input('weights', [inputs, outputs]);
  const a = relu({ x });
  const [y] = fuse([concat({ first: dense({ x: a, weights }), second: a })], { gradients: true });
  if (!y) throw new Error('one output was asked for');
  const dy = input('dy', y.shape);
  const values = { x: whole(x.shape, 1, 3), weights: whole(weights.shape, 2, 2), dy: whole(dy.shape, 4, 3) };
  const activated = reference('relu').forward({ x: toTensor64(values.x) }, {});
  const slice = (from: number, to: number): Tensor64 => ({
    shape: [batch, to - from],
    data: toTensor64(values.dy).data.filter((_, i) => i % (inputs + outputs) >= from && i % (inputs + outputs) < to),
  });
  const ofDense = reference('dense').gradient({ x: activated, weights: toTensor64(values.weights) }, slice(0, outputs), {});
  const beside = slice(outputs, outputs + inputs);
  const ofActivated = { shape: x.shape, data: beside.data.map((value, i) => value + (ofDense.x?.data[i] ?? Number.NaN)) };
  const expected = [reference('relu').gradient({ x: toTensor64(values.x) }, ofActivated, {}).x, ofDense.weights] as Tensor64[];

  const given = [
    { tensor: x, value: values.x },
    { tensor: weights, value: values.weights },
    { tensor: dy, value: values.dy },
  ];
  const gradients = fuse(gradientsOf(y, dy, [x, weights]) as Tensor[]);
  const { values: found, kernels } = await runGraph(gpu, gradients, given, { replicas: 2 });
  expect(kernels.includes('dense-gradients/inputs')).toBe(canTogether());
  found.forEach((replicas, index) => {
    for (const value of replicas) expect(off(value, expected[index] as Tensor64), `output ${index}`).toBe(0);
  });
});
