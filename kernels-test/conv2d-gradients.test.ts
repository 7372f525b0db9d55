import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ActivationKind } from '../src/core/activations/registry.ts';
import type { Padding } from '../src/core/geometry.ts';
import { Random } from '../src/core/random.ts';
import { elements, type Shape, type Value } from '../src/core/value.ts';
import { fuse } from '../src/graph/fuse.ts';
import { conv2d, gelu, input, leakyRelu, relu, type Tensor } from '../src/graph.ts';
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

/** A convolution and what makes its input. */
interface GradientsCase {
  /** [N,H,W,C] and [KH,KW,C,K] */
  readonly x: Shape;
  readonly filter: Shape;
  readonly padding?: Padding;
  /** An activation in front [none]. */
  readonly after?: ActivationKind;
  readonly bias?: boolean;
  readonly replicas?: number;
}

const cases: Record<string, GradientsCase> = {
  'W4, its first block': { x: [6, 28, 28, 4], filter: [3, 3, 4, 4], padding: 'same', after: 'relu', replicas: 2 },
  'W4, wider behind than in front': { x: [64, 14, 14, 4], filter: [3, 3, 4, 8], padding: 'same', after: 'relu' },
  'strips that are cut off, images that no strip has': { x: [5, 9, 10, 3], filter: [3, 3, 3, 5], padding: 'same', after: 'relu' },
  'fewer channels behind than in front, no padding': { x: [3, 8, 9, 6], filter: [2, 3, 6, 1], bias: false },
  'padding of each side': { x: [3, 7, 15, 2], filter: [3, 4, 2, 2], padding: [1, 0, 2, 1], after: 'leakyRelu', replicas: 3 },
  'an activation whose derivative is of its input': { x: [2, 6, 5, 4], filter: [3, 3, 4, 7], padding: 'same', after: 'gelu' },
  'a window of one row': { x: [2, 5, 8, 8], filter: [1, 5, 8, 3], padding: 'same' },
  'one pixel': { x: [1, 1, 1, 1], filter: [3, 3, 1, 2], padding: 'same', after: 'relu' },
  'windows too large for one pass': { x: [2, 20, 20, 2], filter: [7, 7, 2, 3], padding: 'same', after: 'relu' },
  'images too high for one pass': { x: [1, 200, 8, 2], filter: [3, 3, 2, 3], padding: 'same' },
  'a border wider than the window': { x: [2, 4, 6, 2], filter: [2, 2, 2, 3], padding: [2, 0, 3, 0] },
};

const before = { relu, gelu, leakyRelu } as const;

/** Small whole multiples of `unit`: sums of products are exact in float32. */
function whole(shape: Shape, stream: number, reach: number, unit = 1): Value {
  const random = new Random(31, stream);
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => (random.below(2 * reach + 1) - reach) * unit) };
}

/** A case as a graph, its inputs, and its gradients in float64. */
function setUp({ x: xShape, filter: filterShape, padding, after, bias = true }: GradientsCase) {
  const inputs = {
    x: input('x', xShape),
    filter: input('filter', filterShape),
    ...(bias && { bias: input('bias', [filterShape[3] ?? 0]) }),
  };
  const make = after && (before[after as keyof typeof before] as ((inputs: { x: Tensor }) => Tensor) | undefined);
  const [y] = fuse([conv2d({ ...inputs, x: make ? make({ x: inputs.x }) : inputs.x }, { padding })], { gradients: true });
  if (!y) throw new Error('one output was asked for');
  const dy = input('dy', y.shape);
  const gradients = gradientsOf(y, dy, Object.values(inputs)) as Tensor[];

  // Where an activation curves, sums stay small.
  const unit = after === 'gelu' ? 1 / 64 : 1;
  const values = {
    x: whole(xShape, 1, 3, after === 'leakyRelu' ? 8 : 1),
    filter: whole(filterShape, 2, 2, unit),
    ...(bias && { bias: whole([filterShape[3] ?? 0], 3, 2, unit) }),
  };
  const seed = whole(dy.shape, 4, 3);
  const x = toTensor64(values.x);
  const activated = after ? reference(after).forward({ x }, {}) : x;
  const given = { x: activated, filter: toTensor64(values.filter), ...(values.bias && { bias: toTensor64(values.bias) }) };
  const expected = reference('conv2d').gradient(given, toTensor64(seed), { padding });
  const dx = after ? reference(after).gradient({ x }, expected.x as Tensor64, {}).x : expected.x;
  return {
    outputs: fuse(gradients),
    inputs: [
      ...Object.entries(values).map(([name, value]) => ({ tensor: inputs[name as keyof typeof inputs] as Tensor, value })),
      { tensor: dy, value: seed },
    ],
    expected: [dx, expected.filter, ...(bias ? [expected.bias] : [])] as Tensor64[],
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

describe('the gradients of a convolution agree with the float64 reference, together and apart', () => {
  for (const [name, testCase] of Object.entries(cases))
    test(name, { timeout: 120_000 }, async () => {
      const { outputs, inputs, expected, exact } = setUp(testCase);
      for (const variant of ['channels', APART]) {
        const choice = { 'conv2d-gradients': variant };
        const { values } = await runGraph(gpu, outputs, inputs, { choice, replicas: testCase.replicas });
        values.forEach((replicas, index) => {
          // Others than exact ones: the activation's own accuracy and 64-fold sums of like size.
          for (const value of replicas)
            expect(off(value, expected[index] as Tensor64), `output ${index}, ${variant}`).toBeLessThanOrEqual(exact ? 0 : 1e-5);
        });
      }
    });
});

test('they are made together on software drivers with subgroups, where strips can hold them', async () => {
  const together = Object.entries(cases).filter(([name]) => !/too (large|high)|wider than the window/.test(name));
  const { kind, subgroupSize } = gpu.capabilities;
  const can = kind === 'cpu' && (subgroupSize === 8 || subgroupSize === 16);
  for (const [name, testCase] of Object.entries(cases)) {
    const { outputs, inputs } = setUp(testCase);
    const { kernels } = await runGraph(gpu, outputs, inputs);
    const expected = can && together.some(([other]) => other === name);
    expect(kernels.includes('conv2d-gradients/channels'), name).toBe(expected);
  }
});
