import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements, type Shape, type Value } from '../src/core/value.ts';
import { fuse } from '../src/graph/fuse.ts';
import { topological } from '../src/graph/tensor.ts';
import { add, conv2d, dropout, input, maxPool2d, relu, type Tensor } from '../src/graph.ts';
import type { VariantChoice } from '../src/kernels/family.ts';
import { adam, conv2d as conv2dLayer, dataset, dense, depthwiseConv2d, flatten, type Gpu, model, trainer } from '../src/node.ts';
import { toTensor64 } from '../src/reference/index.ts';
import type { Tensor64 } from '../src/reference/reference.ts';
import { openTestGpu } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';
import { reference } from './support/reference-network.ts';
import {
  type SeparableCase,
  separableCases,
  separableGraph,
  separableMixedWays,
  separableWays,
} from './support/separable-cases.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** Small whole numbers: sums of products are exact in float32. */
function whole(shape: Shape, stream: number, reach: number): Value {
  const random = new Random(37, stream);
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => random.below(2 * reach + 1) - reach) };
}

/** Zeros of both signs are one. */
const numbers = (data: ArrayLike<number>) => Array.from(data, (value) => value + 0);

/** A case as a graph, its inputs, and its outputs in float64. */
function setUp(testCase: SeparableCase, only?: readonly string[]) {
  const { activation, convolution, before } = testCase;
  const { inputs, dy, wanted, outputs } = separableGraph(testCase, only);
  const values = {
    x: whole(inputs.x.shape, 1, 3),
    depthwise: whole(inputs.depthwise.shape, 2, 2),
    filter: whole(inputs.filter.shape, 3, 2),
    ...(inputs.bias && { bias: whole(inputs.bias.shape, 4, 2) }),
  };
  const seed = whole(dy.shape, 5, 3);

  const { x, depthwise, ...given } = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, toTensor64(value)]),
  ) as Record<string, Tensor64> & { x: Tensor64; depthwise: Tensor64 };
  const seen = before ? reference('relu').forward({ x }, {}) : x;
  const [outer, inner] = [{ ...convolution, groups: testCase.x[3] }, { activation }];
  const between = reference('conv2d').forward({ x: seen, filter: depthwise }, outer);
  const output = reference('conv2d').forward({ x: between, ...given }, inner);
  const behind = reference('conv2d').gradient({ x: between, ...given }, toTensor64(seed), inner);
  const front = reference('conv2d').gradient({ x: seen, filter: depthwise }, behind.x as Tensor64, outer);
  const dx = before ? reference('relu').gradient({ x }, front.x as Tensor64, {}).x : front.x;
  const expected: Record<string, Tensor64 | undefined> = { ...behind, depthwise: front.filter, x: dx };
  return {
    outputs,
    inputs: [
      ...Object.entries(values).map(([name, value]) => ({ tensor: inputs[name as keyof typeof inputs] as Tensor, value })),
      { tensor: dy, value: seed },
    ],
    names: ['y', ...wanted],
    expected: [output, ...wanted.map((name) => expected[name] as Tensor64)],
  };
}

describe('a depthwise convolution with one of single pixels behind it agrees with the float64 reference in every variant', () => {
  const agree = async (testCase: SeparableCase, ways: readonly VariantChoice[]) => {
    const { outputs, inputs, expected, names } = setUp(testCase);
    for (const choice of ways) {
      const { values } = await runGraph(gpu, outputs, inputs, { choice, replicas: testCase.replicas });
      values.forEach((replicas, index) => {
        for (const value of replicas)
          expect(numbers(value.data), `${names[index]}, ${Object.values(choice)}`).toEqual(numbers(expected[index]?.data ?? []));
      });
    }
  };

  for (const [name, testCase] of Object.entries(separableCases))
    test(name, { timeout: 120_000 }, () => agree(testCase, separableWays));

  test('forward in one, backward in the other', { timeout: 120_000 }, () =>
    agree(separableCases['the first block of W3'] as SeparableCase, separableMixedWays),
  );

  test('and each way that the adapter can go is really gone', async () => {
    const { outputs, inputs } = setUp(separableCases['the first block of W3'] as SeparableCase);
    const { kind, subgroupSize } = gpu.capabilities;
    for (const choice of separableWays) {
      if (choice.separable === 'columns' && !(kind === 'cpu' && subgroupSize >= 8)) continue;
      const { kernels } = await runGraph(gpu, outputs, inputs, { choice });
      const families = kernels.map((kernel) => kernel.slice(0, kernel.indexOf('/'))).filter((family) => family !== 'sum-splits');
      const [forward, backward] =
        choice.separable === 'columns'
          ? [['separable'], ['separable-gradient']]
          : [
              ['conv2d', 'conv2d'],
              ['conv2d-filter-gradient', 'conv2d', 'conv2d-filter-gradient', 'conv2d'],
            ];
      expect(families).toEqual(['elementwise', ...forward, 'elementwise', ...backward]);
    }
  });

  test('also where only some gradients are wanted', async () => {
    for (const only of [['filter'], ['depthwise', 'bias'], ['x'], ['x', 'filter']]) {
      const { outputs, inputs, expected } = setUp(separableCases['the third block of W3'] as SeparableCase, only);
      const { values } = await runGraph(gpu, outputs, inputs);
      expect(values.map(([value]) => numbers(value?.data ?? []))).toEqual(expected.map(({ data }) => numbers(data)));
    }
  });
});

describe('a convolution of single pixels takes in the depthwise one in front of it', () => {
  const x = input('x', [2, 8, 8, 4]);
  const depthwise = input('depthwise', [3, 3, 1, 4]);
  const filter = input('filter', [1, 1, 4, 5]);
  const between = (attributes = {}) => conv2d({ x, filter: depthwise }, { groups: 4, ...attributes });
  const joint = (...outputs: Tensor[]) => topological(fuse(outputs)).some(({ operation }) => operation.name === 'separable');

  test('with its bias and activation', () => {
    expect(joint(conv2d({ x: between(), filter }))).toBe(true);
    expect(joint(relu({ x: conv2d({ x: between({ padding: 'same' }), filter, bias: input('b', [5]) }) }))).toBe(true);
  });

  test('not where no kernel does both in one pass', () => {
    expect(joint(conv2d({ x: between({ strides: [2, 2] }), filter }))).toBe(false);
    expect(joint(conv2d({ x: between({ dilations: [1, 2] }), filter }))).toBe(false);
    expect(joint(conv2d({ x: between(), filter: input('f', [1, 1, 4, 17]) }))).toBe(false);
    const large = conv2d({ x, filter: input('f', [6, 3, 1, 4]) }, { groups: 4 });
    expect(joint(conv2d({ x: large, filter }))).toBe(false);
  });

  test('not where a pool takes that of single pixels', () => {
    const named = (z: Tensor, pool: Parameters<typeof maxPool2d>[1]) =>
      topological(fuse([maxPool2d({ x: z }, pool)], { gradients: true }))
        .map(({ operation }) => operation.name)
        .filter((name) => name !== 'input');
    const z = () => relu({ x: conv2d({ x: between(), filter, bias: input('b', [5]) }) });
    expect(named(z(), { size: [2, 2] })).toEqual(['conv2d', 'conv2dPool']);
    expect(named(z(), { size: [3, 3], strides: [2, 2] })).toEqual(['separable', 'pool']);
  });

  test('not where something lies in between, or somebody else reads what does', () => {
    expect(joint(conv2d({ x: relu({ x: between() }), filter }))).toBe(false);
    expect(joint(conv2d({ x: dropout({ x: between() }, { rate: 0.5 }), filter }))).toBe(false);
    expect(joint(conv2d({ x: conv2d({ x, filter: depthwise, bias: input('b', [4]) }, { groups: 4 }), filter }))).toBe(false);
    const z = between();
    expect(joint(conv2d({ x: z, filter }), z)).toBe(false);
    expect(joint(conv2d({ x: z, filter }), add({ a: z, b: z }))).toBe(false);
  });

  test('not other pairs', () => {
    expect(joint(conv2d({ x: between(), filter: input('f', [2, 1, 4, 5]) }))).toBe(false);
    expect(joint(conv2d({ x: between(), filter }, { strides: [2, 1] }))).toBe(false);
    expect(joint(conv2d({ x: between(), filter }, { padding: [1, 0, 0, 0] }))).toBe(false);
    expect(joint(conv2d({ x: conv2d({ x, filter: input('f', [3, 3, 2, 4]) }, { groups: 2 }), filter }))).toBe(false);
    const wide = conv2d({ x, filter: input('f', [3, 3, 1, 8]) }, { groups: 4 });
    expect(joint(conv2d({ x: wide, filter: input('f', [1, 1, 8, 5]) }))).toBe(false);
  });
});

test('a checkpoint of before, which names the kernels of the parts, goes on with them', async () => {
  const MODEL = model(
    [9, 9, 2],
    [
      depthwiseConv2d(3, { bias: false }),
      conv2dLayer(3, 1),
      depthwiseConv2d(3, { bias: false }),
      conv2dLayer(4, 1),
      flatten(),
      dense(4),
    ],
  );
  const options = { batch: 4, seed: 1, optimizer: adam() } as const;
  const samples = 12;
  const x = Float32Array.from({ length: samples * 162 }, (_, i) => Math.sin(i));
  const y = Uint8Array.from({ length: samples }, (_, i) => i % 4);
  const data = dataset({ name: 'sines', inputShape: [9, 9, 2], x, y, classes: 4 });
  await using before = await trainer(gpu, MODEL, options);
  const { training, ...rest } = await before.checkpoint();
  const { separable: _, 'separable-gradient': __, ...variants } = training.variants as Record<string, readonly string[]>;
  await using after = await trainer(gpu, MODEL, options);
  after.restore({ ...rest, training: { ...training, variants } });
  for await (const { loss } of after.fit(data, { steps: 1 })) expect(loss).toBeGreaterThan(0);
  expect(after.plan.variants).toMatchObject({ separable: ['apart', 'apart'], 'separable-gradient': ['apart'] });
});
