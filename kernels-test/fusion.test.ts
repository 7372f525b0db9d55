import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements, type Shape, type Value } from '../src/core/value.ts';
import { fuse } from '../src/graph/fuse.ts';
import { topological } from '../src/graph/tensor.ts';
import { add, conv2d, dropout, input, maxPool2d, relu, type Tensor } from '../src/graph.ts';
import type { Gpu } from '../src/node.ts';
import { toTensor64 } from '../src/reference/index.ts';
import type { Tensor64 } from '../src/reference/reference.ts';
import { type FusedCase, fusedCases, fusedGraph, fusedWays } from './support/fused-cases.ts';
import { openTestGpu } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';
import { reference } from './support/reference-network.ts';

const all = process.env.PAREDOWN_TEST_CASES === 'all';
const few = [
  'W2, relu',
  'grey images, relu',
  'cut-off windows, no activation',
  'ten channels, leakyRelu',
  'strides and dilations',
];

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** Small whole multiples of `unit`: sums of products are exact in float32, and windows often have two largest elements. */
function whole(shape: Shape, stream: number, reach: number, unit = 1): Value {
  const random = new Random(31, stream);
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => (random.below(2 * reach + 1) - reach) * unit) };
}

/** A case as a graph, its inputs, and its outputs in float64. */
function setUp(testCase: FusedCase, options: { wantsX: boolean; late?: boolean }) {
  const { activation, convolution, pool, after } = testCase;
  const { inputs, dy, wanted, outputs } = fusedGraph(testCase, options);
  // Where an activation curves, sums stay small, and so do its slopes' roundings.
  const unit = activation === 'sigmoid' || activation === 'tanh' ? 1 / 64 : 1;
  const values = {
    x: whole(inputs.x.shape, 1, 3),
    filter: whole(inputs.filter.shape, 2, 2, unit),
    ...(inputs.bias && { bias: whole(inputs.bias.shape, 3, 2, unit) }),
  };
  const seed = whole(dy.shape, 4, 3);

  const given = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toTensor64(value)]));
  const attributes = { ...convolution, activation };
  const z = reference('conv2d').forward(given, attributes);
  const p = reference('maxPool2d').forward({ x: z }, pool);
  const output = after ? reference('relu').forward({ x: p }, {}) : p;
  const dp = after ? (reference('relu').gradient({ x: p }, toTensor64(seed), {}).x as Tensor64) : toTensor64(seed);
  const dz = reference('maxPool2d').gradient({ x: z }, dp, pool).x as Tensor64;
  const expected = reference('conv2d').gradient(given, dz, attributes);
  return {
    outputs,
    inputs: [
      ...Object.entries(values).map(([name, value]) => ({ tensor: inputs[name as keyof typeof inputs] as Tensor, value })),
      { tensor: dy, value: seed },
    ],
    expected: [output, ...wanted.map((name) => expected[name] as Tensor64)],
    exact: unit === 1,
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

describe('a convolution with its pooling agrees with the float64 reference in every variant', () => {
  for (const [name, testCase] of Object.entries(fusedCases).filter(([key]) => all || few.includes(key)))
    test(name, { timeout: 120_000 }, async () => {
      for (const wantsX of [false, true]) {
        const { outputs, inputs, expected, exact } = setUp(testCase, { wantsX });
        for (const choice of fusedWays) {
          const { values } = await runGraph(gpu, outputs, inputs, { choice, replicas: testCase.replicas });
          values.forEach((replicas, index) => {
            // Curved activations: their own accuracy, and at most 64 x 9 x 32 terms of like size.
            for (const value of replicas)
              expect(off(value, expected[index] as Tensor64), `output ${index}, ${Object.values(choice)}`).toBeLessThanOrEqual(
                exact ? 0 : 1e-5,
              );
          });
        }
      }
    });

  test('and each way that the adapter can go is really gone', async () => {
    const { outputs, inputs } = setUp(fusedCases['grey images, relu'] as FusedCase, { wantsX: false });
    const { kind, subgroupSize } = gpu.capabilities;
    for (const choice of fusedWays) {
      const [forward, backward] = Object.values(choice);
      if (forward === 'subgroup' && !(kind === 'cpu' && subgroupSize > 1)) continue;
      if (forward === 'strips' && !(kind === 'cpu' && subgroupSize >= 8)) continue;
      const { kernels } = await runGraph(gpu, outputs, inputs, { choice });
      const families = kernels.map((kernel) => kernel.slice(0, kernel.indexOf('/'))).filter((family) => family !== 'sum-splits');
      if (forward === 'apart') {
        expect(families).toEqual(['conv2d', 'pool', 'elementwise', 'pool-gradient', 'conv2d-filter-gradient']);
        continue;
      }
      expect(families).toEqual(['conv2d-pool', 'elementwise', 'conv2d-pool-filter-gradient']);
      expect(kernels).toEqual(expect.arrayContaining([`conv2d-pool/${forward}`, `conv2d-pool-filter-gradient/${backward}`]));
    }
  });
});

describe('a convolution takes in the pooling behind it', () => {
  const x = input('x', [2, 12, 12, 2]);
  const filter = input('filter', [3, 3, 2, 4]);
  const convolved = (attributes = {}) => conv2d({ x, filter }, { padding: 'same', activation: 'relu', ...attributes });
  const joint = (...outputs: Tensor[]) => topological(fuse(outputs)).some(({ operation }) => operation.name === 'conv2dPool');

  test('where windows tile its output', () => {
    expect(joint(maxPool2d({ x: convolved() }, { size: [2, 2] }))).toBe(true);
    expect(joint(maxPool2d({ x: relu({ x: convolved({ activation: undefined }) }) }, { size: [5, 5] }))).toBe(true);
    expect(joint(maxPool2d({ x: convolved() }, { size: [5, 5], padding: [0, 3, 0, 3] }))).toBe(true);
  });

  test('not where windows overlap, have gaps, or begin in padding', () => {
    expect(joint(maxPool2d({ x: convolved() }, { size: [3, 3], strides: [2, 2] }))).toBe(false);
    expect(joint(maxPool2d({ x: convolved() }, { size: [2, 2], strides: [3, 3] }))).toBe(false);
    expect(joint(maxPool2d({ x: convolved() }, { size: [2, 2], padding: [1, 1, 1, 1] }))).toBe(false);
  });

  test('not where somebody else reads its output', () => {
    const y = convolved();
    const pooled = maxPool2d({ x: y }, { size: [2, 2] });
    expect(joint(pooled, y)).toBe(false);
    expect(joint(pooled, maxPool2d({ x: y }, { size: [3, 3] }))).toBe(false);
    expect(joint(pooled, add({ a: y, b: y }))).toBe(false);
  });

  test('not a convolution in groups, nor one with dropout in between', () => {
    const grouped = conv2d({ x, filter: input('filter', [3, 3, 1, 4]) }, { groups: 2 });
    expect(joint(maxPool2d({ x: grouped }, { size: [2, 2] }))).toBe(false);
    const dropped = dropout({ x: convolved() }, { rate: 0.5 });
    expect(joint(maxPool2d({ x: dropped }, { size: [2, 2] }))).toBe(false);
  });

  test('also where the gradient was made of the parts', async () => {
    const { outputs, inputs, expected } = setUp(fusedCases['cut-off windows, no activation'] as FusedCase, {
      wantsX: true,
      late: true,
    });
    expect(topological(outputs).map(({ operation }) => operation.name)).toContain('conv2dPool');
    const { values } = await runGraph(gpu, outputs, inputs);
    expect(values.map(([value], index) => off(value as Value, expected[index] as Tensor64))).toEqual(values.map(() => 0));
  });
});
