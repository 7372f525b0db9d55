import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements, type Shape, type Value } from '../src/core/value.ts';
import { fuse } from '../src/graph/fuse.ts';
import { parameterNode } from '../src/graph/sources.ts';
import { conv2d, relu, type Tensor } from '../src/graph.ts';
import type { VariantChoice } from '../src/kernels/family.ts';
import { APART } from '../src/kernels/fused.ts';
import type { Gpu } from '../src/node.ts';
import { gradientsOf } from '../src/ops/gradients/index.ts';
import { toTensor64 } from '../src/reference/index.ts';
import type { Tensor64 } from '../src/reference/reference.ts';
import { openTestGpu } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';
import { reference } from './support/reference-network.ts';
import { separableWays } from './support/separable-cases.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const same = { padding: 'same' } as const;

/** Numbers that are no integers, most of them positive, so that sums grow; others for each replica. */
function drawn(shape: Shape, stream: number, replica: number): Value {
  const random = new Random(41, 100 * stream + replica);
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => random.uniform() - 0.25) };
}

/** What a graph is made of, each with values of its own for each replica, and what they are in one of them. */
function sources<N extends string>(shapes: Readonly<Record<N, Shape>>) {
  const names = Object.keys(shapes) as N[];
  const numbersOf = (name: N, replica: number) => drawn(shapes[name], names.indexOf(name), replica);
  const made = names.map((name) => {
    const initial = (replica: number) => numbersOf(name, replica).data;
    return [name, parameterNode({ name, shape: shapes[name], initial, trainable: true, weightDecay: 0 })] as const;
  });
  return {
    tensors: Object.fromEntries(made) as Record<N, Tensor>,
    in64: (replica: number) =>
      Object.fromEntries(names.map((name) => [name, toTensor64(numbersOf(name, replica))])) as Record<N, Tensor64>,
  };
}

/** The largest difference, as a share of the largest value. */
function off(got: Value, wanted: Tensor64): number {
  expect(got.data.length).toBe(wanted.data.length);
  const largest = wanted.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return wanted.data.reduce((most, value, i) => Math.max(most, Math.abs(value - (got.data[i] ?? Number.NaN))), 0) / largest;
}

async function agree(
  outputs: readonly Tensor[],
  expected: (replica: number) => readonly (Tensor64 | undefined)[],
  choice: VariantChoice,
  replicas: number,
): Promise<readonly string[]> {
  const { values, kernels } = await runGraph(gpu, outputs, [], { choice, replicas });
  for (let replica = 0; replica < replicas; replica++)
    expected(replica).forEach((wanted, index) => {
      const value = values[index]?.[replica];
      if (!value || !wanted) throw new Error('a value is missing');
      expect(off(value, wanted), `output ${index}, replica ${replica}, ${Object.values(choice)}`).toBeLessThanOrEqual(1e-5);
    });
  return kernels;
}

const hasShortSubgroups = () => gpu.capabilities.kind === 'cpu' && [8, 16].includes(gpu.capabilities.subgroupSize);

describe('numbers that are no integers, with others in each replica and with sums as long as they may be: gradients agree with float64', () => {
  test.each<{ x: Shape; filter: Shape; replicas?: number }>([
    { x: [1, 88, 7, 2], filter: [3, 3, 2, 3] },
    { x: [128, 20, 7, 4], filter: [3, 3, 4, 4] },
    { x: [3, 9, 10, 3], filter: [3, 3, 3, 5], replicas: 3 },
  ])('of a convolution, $x and $filter', { timeout: 120_000 }, async ({ x: xShape, filter, replicas = 1 }) => {
    const dyShape = [...xShape.slice(0, 3), filter[3] ?? 0];
    const { tensors, in64 } = sources({ x: xShape, filter, bias: dyShape.slice(3), dy: dyShape });
    const { x, dy, ...weights } = tensors;
    const [y] = fuse([conv2d({ ...weights, x: relu({ x }) }, same)], { gradients: true });
    if (!y) throw new Error('one output was asked for');
    const outputs = fuse(gradientsOf(y, dy, [x, weights.filter, weights.bias]) as Tensor[]);
    const expected = (replica: number) => {
      const { x: given, dy: seed, ...own } = in64(replica);
      const before = reference('relu').forward({ x: given }, {});
      const of = reference('conv2d').gradient({ ...own, x: before }, seed, same);
      return [reference('relu').gradient({ x: given }, of.x as Tensor64, {}).x, of.filter, of.bias];
    };
    for (const variant of ['channels', APART]) {
      const kernels = await agree(outputs, expected, { 'conv2d-gradients': variant }, replicas);
      expect(kernels.includes('conv2d-gradients/channels')).toBe(variant !== APART && hasShortSubgroups());
    }
  });

  test.each<{ x: Shape; outputs: number; replicas?: number }>([
    { x: [1, 640, 7, 2], outputs: 3 },
    { x: [192, 56, 7, 2], outputs: 3 },
    { x: [3, 9, 10, 3], outputs: 5, replicas: 3 },
  ])('of a depthwise one and one of single pixels, $x to $outputs', { timeout: 120_000 }, async (testCase) => {
    const { x: xShape, outputs: count, replicas = 1 } = testCase;
    const channels = xShape[3] ?? 0;
    const { tensors, in64 } = sources({
      x: xShape,
      depthwise: [3, 3, 1, channels],
      filter: [1, 1, channels, count],
      bias: [count],
      dy: [...xShape.slice(0, 3), count],
    });
    const { x, depthwise, dy, ...weights } = tensors;
    const window = { ...same, groups: channels };
    const between = conv2d({ x: relu({ x }), filter: depthwise }, window);
    const [y] = fuse([conv2d({ ...weights, x: between })], { gradients: true });
    if (!y) throw new Error('one output was asked for');
    const wanted = [x, depthwise, weights.filter, weights.bias];
    const outputs = fuse([y, ...(gradientsOf(y, dy, wanted) as Tensor[])]);
    const expected = (replica: number) => {
      const { x: given, depthwise: outer, dy: seed, ...own } = in64(replica);
      const seen = { x: reference('relu').forward({ x: given }, {}), filter: outer };
      const inner = { ...own, x: reference('conv2d').forward(seen, window) };
      const behind = reference('conv2d').gradient(inner, seed, {});
      const front = reference('conv2d').gradient(seen, behind.x as Tensor64, window);
      const dx = reference('relu').gradient({ x: given }, front.x as Tensor64, {}).x;
      return [reference('conv2d').forward(inner, {}), dx, front.filter, behind.filter, behind.bias];
    };
    for (const choice of separableWays) {
      const kernels = await agree(outputs, expected, choice, replicas);
      const joint = choice.separable === 'columns' && hasShortSubgroups();
      expect(kernels.filter((name) => name.startsWith('separable'))).toEqual(
        joint ? ['separable/columns', 'separable-gradient/columns'] : [],
      );
    }
  });
});
