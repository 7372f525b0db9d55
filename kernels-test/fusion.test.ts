import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Activation } from '../src/core/activation.ts';
import type { Padding, Pair } from '../src/core/geometry.ts';
import { Random } from '../src/core/random.ts';
import { elements, type Shape, type Value } from '../src/core/value.ts';
import { differentiate } from '../src/graph/differentiate.ts';
import { fuse } from '../src/graph/fuse.ts';
import { topological } from '../src/graph/tensor.ts';
import { add, conv2d, dropout, input, maxPool2d, relu, type Tensor } from '../src/graph.ts';
import type { Gpu } from '../src/node.ts';
import { sum } from '../src/ops/elementwise.ts';
import { toTensor64 } from '../src/reference/index.ts';
import type { Tensor64 } from '../src/reference/reference.ts';
import { openTestGpu } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';
import { reference } from './support/reference-network.ts';

interface Case {
  /** [N,H,W,C] and [KH,KW,C,K] */
  readonly x: Shape;
  readonly filter: Shape;
  readonly convolution?: { readonly strides?: Pair; readonly padding?: Padding; readonly dilations?: Pair };
  readonly activation?: Activation;
  readonly pool: { readonly size: Pair; readonly padding?: Padding };
  readonly bias?: boolean;
  /** An activation of its own behind the pooling. */
  readonly after?: 'relu';
  readonly replicas?: number;
}

const same = { padding: 'same' } as const;

/** Odd sizes, windows that are cut off at the border, 1 to 40 channels, every activation. */
const cases: Record<string, Case> = {
  'W2, relu': {
    x: [3, 28, 28, 1],
    filter: [5, 5, 1, 2],
    convolution: same,
    activation: 'relu',
    pool: { size: [4, 4] },
    replicas: 2,
  },
  'cut-off windows, no activation': { x: [2, 9, 7, 3], filter: [3, 3, 3, 5], convolution: same, pool: { size: [2, 2], ...same } },
  'rows and columns that no window holds': {
    x: [2, 11, 10, 2],
    filter: [3, 3, 2, 4],
    activation: 'relu',
    pool: { size: [2, 3] },
  },
  'one channel, sigmoid': { x: [2, 8, 8, 1], filter: [3, 3, 1, 1], activation: 'sigmoid', pool: { size: [2, 2] } },
  'ten channels, leakyRelu': {
    x: [2, 10, 13, 4],
    filter: [3, 5, 4, 10],
    convolution: same,
    activation: { type: 'leakyRelu', slope: 0.25 },
    pool: { size: [3, 2], ...same },
    replicas: 3,
  },
  '32 channels, tanh': { x: [2, 8, 8, 9], filter: [3, 3, 9, 32], convolution: same, activation: 'tanh', pool: { size: [2, 2] } },
  '40 channels, without bias': {
    x: [1, 12, 12, 2],
    filter: [5, 5, 2, 40],
    activation: 'relu',
    pool: { size: [2, 2] },
    bias: false,
  },
  'strides and dilations': {
    x: [2, 19, 17, 2],
    filter: [2, 3, 2, 6],
    convolution: { strides: [2, 1], dilations: [1, 2], padding: [1, 0, 2, 1] },
    activation: 'relu',
    pool: { size: [2, 4] },
  },
  'an activation behind the pooling': { x: [2, 8, 6, 2], filter: [3, 3, 2, 5], pool: { size: [2, 2] }, after: 'relu' },
  'windows too large for one pass': {
    x: [2, 12, 12, 2],
    filter: [3, 3, 2, 3],
    convolution: same,
    activation: 'relu',
    pool: { size: [6, 5], ...same },
  },
};
const all = process.env.PAREDOWN_TEST_CASES === 'all';
const few = ['W2, relu', 'cut-off windows, no activation', 'ten channels, leakyRelu', 'strides and dilations'];

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

/** The inputs of a case, the graph of its output and gradients, and the same in float64; `late`: fused only after it was differentiated. */
function setUp({ x, filter, convolution, activation, pool, bias = true, after }: Case, wantsX: boolean, late = false) {
  // Where an activation curves, sums stay small, and so do its slopes' roundings.
  const unit = activation === 'sigmoid' || activation === 'tanh' ? 1 / 64 : 1;
  const tensors = { x: input('x', x), filter: input('filter', filter), ...(bias && { bias: input('bias', [filter[3] ?? 0]) }) };
  const values = {
    x: whole(x, 1, 3),
    filter: whole(filter, 2, 2, unit),
    ...(bias && { bias: whole([filter[3] ?? 0], 3, 2, unit) }),
  };
  const pooled = maxPool2d({ x: conv2d(tensors, { ...convolution, activation }) }, pool);
  const unfused = after ? relu({ x: pooled }) : pooled;
  const [y] = late ? [unfused] : fuse([unfused]);
  if (!y) throw new Error('one output was asked for');
  const dyTensor = input('dy', y.shape);
  const dy = whole(y.shape, 4, 3);
  const wanted = Object.entries(tensors).filter(([name]) => wantsX || name !== 'x');
  const gradients = differentiate(
    y,
    dyTensor,
    wanted.map(([, tensor]) => tensor),
    sum,
  ) as Tensor[];

  const given = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toTensor64(value)]));
  const attributes = { ...convolution, activation };
  const z = reference('conv2d').forward(given, attributes);
  const p = reference('maxPool2d').forward({ x: z }, pool);
  const output = after ? reference('relu').forward({ x: p }, {}) : p;
  const dp = after ? (reference('relu').gradient({ x: p }, toTensor64(dy), {}).x as Tensor64) : toTensor64(dy);
  const dz = reference('maxPool2d').gradient({ x: z }, dp, pool).x as Tensor64;
  const expected = reference('conv2d').gradient(given, dz, attributes);
  return {
    outputs: fuse([y, ...gradients]),
    inputs: [
      ...Object.entries(tensors).map(([name, tensor]) => ({ tensor, value: values[name as keyof typeof values] as Value })),
      { tensor: dyTensor, value: dy },
    ],
    expected: [output, ...wanted.map(([name]) => expected[name] as Tensor64)],
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

const ways = [
  ['direct', 'windows'],
  ['subgroup', 'channels'],
  ['apart', 'apart'],
] as const;

describe('a convolution with its pooling agrees with the float64 reference in every variant', () => {
  for (const [name, testCase] of Object.entries(cases).filter(([key]) => all || few.includes(key)))
    test(name, { timeout: 120_000 }, async () => {
      for (const wantsX of [false, true]) {
        const { outputs, inputs, expected, exact } = setUp(testCase, wantsX);
        for (const [forward, backward] of ways) {
          const choice = { 'conv2d-pool': forward, 'conv2d-pool-filter-gradient': backward };
          const { values } = await runGraph(gpu, outputs, inputs, { choice, replicas: testCase.replicas });
          values.forEach((replicas, index) => {
            // Curved activations: their own accuracy, and at most 64 x 9 x 32 terms of like size.
            for (const value of replicas)
              expect(off(value, expected[index] as Tensor64), `output ${index}, ${forward}, ${backward}`).toBeLessThanOrEqual(
                exact ? 0 : 1e-5,
              );
          });
        }
      }
    });

  test('and each way is really taken', async () => {
    const { outputs, inputs } = setUp(cases['W2, relu'] as Case, false);
    for (const [forward, backward] of ways) {
      const choice = { 'conv2d-pool': forward, 'conv2d-pool-filter-gradient': backward };
      const { kernels } = await runGraph(gpu, outputs, inputs, { choice });
      const families = kernels.map((kernel) => kernel.slice(0, kernel.indexOf('/'))).filter((family) => family !== 'sum-splits');
      if (forward === 'apart')
        expect(families).toEqual(['conv2d', 'pool', 'elementwise', 'pool-gradient', 'conv2d-filter-gradient']);
      else expect(families).toEqual(['conv2d-pool', 'elementwise', 'conv2d-pool-filter-gradient']);
      // Where the adapter has no subgroups of a known width, the preferred variant serves instead.
      if (gpu.capabilities.kind === 'cpu' && gpu.capabilities.subgroupSize > 1 && forward !== 'apart')
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
    const { outputs, inputs, expected } = setUp(cases['cut-off windows, no activation'] as Case, true, true);
    expect(topological(outputs).map(({ operation }) => operation.name)).toContain('conv2dPool');
    const { values } = await runGraph(gpu, outputs, inputs);
    expect(values.map(([value], index) => off(value as Value, expected[index] as Tensor64))).toEqual(values.map(() => 0));
  });
});
