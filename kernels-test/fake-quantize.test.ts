import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements, type Shape } from '../src/core/value.ts';
import { input, parameterNode } from '../src/graph/sources.ts';
import type { Gpu } from '../src/node.ts';
import { fakeQuantize } from '../src/ops/fake-quantize.ts';
import { gradientsOf } from '../src/ops/gradients/index.ts';
import { largestInteger, type WeightBits } from '../src/quantize/types.ts';
import { fakeQuantize64 } from './support/fake-quantize64.ts';
import { openTestGpu } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';
import { DIVISION, exponential, sumError, UNIT } from './support/rounding.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const BITS: readonly WeightBits[] = [8, 6, 5, 4, 3, 2];
const SHAPES: readonly { readonly shape: Shape; readonly axis: number }[] = [
  { shape: [3, 5], axis: 1 },
  { shape: [1, 1], axis: 1 },
  { shape: [3, 3, 1, 6], axis: 3 },
  { shape: [5, 5, 7, 9], axis: 3 },
  { shape: [3, 3, 4, 5], axis: 2 },
  { shape: [20_000, 3], axis: 1 },
];

/** Weights of which some lie beyond the grid, none so near to a tie that rounding decides. */
function drawn(random: Random, shape: Shape, axis: number, levels: number, replicas: number) {
  const inner = elements(shape.slice(axis + 1));
  const channels = shape[axis] ?? 1;
  return Array.from({ length: replicas }, () => {
    const logScale = Float32Array.from({ length: channels }, () => -4 * random.uniform());
    const data = Float32Array.from({ length: elements(shape) }, (_, i) => {
      const scale = Math.exp(logScale[Math.floor(i / inner) % channels] ?? 0);
      const integer = random.below(2 * levels + 5) - levels - 2;
      return scale * (integer + 0.49 * (2 * random.uniform() - 1));
    });
    return { logScale, data };
  });
}

describe('weights as integers hold them, and their gradients straight through, agree with float64', () => {
  for (const { shape, axis } of SHAPES)
    for (const bits of shape[0] === 20_000 ? BITS.slice(0, 1) : BITS)
      test(`${JSON.stringify(shape)} along axis ${axis} in ${bits} bits, in two replicas`, async () => {
        const random = new Random(bits, elements(shape));
        const levels = largestInteger(bits);
        const given = drawn(random, shape, axis, levels, 2);
        const parameter = (name: 'data' | 'logScale', ofShape: Shape) =>
          parameterNode({
            name,
            shape: ofShape,
            initial: (replica) => given[replica]?.[name] ?? new Float32Array(),
            trainable: true,
            weightDecay: 0,
          });
        const weights = parameter('data', shape);
        const logScale = parameter('logScale', [shape[axis] ?? 1]);
        const dy = input('dy', shape);
        const gradient = { shape, data: Float32Array.from({ length: elements(shape) }, () => random.normal()) };
        const y = fakeQuantize({ weights, logScale }, { levels, axis });
        const outputs = [y, ...gradientsOf(y, dy, [weights, logScale])].flatMap((tensor) => tensor ?? []);
        const { values } = await runGraph(gpu, outputs, [{ tensor: dy, value: gradient }], { replicas: 2 });
        given.forEach(({ data, logScale: scales }, replica) => {
          const expected = fakeQuantize64({ data, shape }, scales, axis, levels, gradient.data);
          const [gotY, gotWeights, gotScales] = values.map((of) => of[replica]?.data ?? []);
          const error = 2 * (exponential(4) + DIVISION + UNIT);
          const wrong = Array.from(expected.y).flatMap((value, i) =>
            Math.abs((gotY?.[i] ?? Number.NaN) - value) <= error * Math.abs(value) ? [] : [[i, value, gotY?.[i]]],
          );
          expect(wrong).toEqual([]);
          expect(Array.from(gotWeights ?? [])).toEqual(Array.from(expected.ofWeights));
          expected.ofLogScale.forEach((value, channel) => {
            const bound = (expected.magnitudes[channel] ?? 0) * (error + sumError(256));
            expect(Math.abs((gotScales?.[channel] ?? Number.NaN) - value)).toBeLessThanOrEqual(bound);
          });
        });
      });
});

test('what is not a number stays so', async () => {
  const initial = () => Float32Array.of(Number.NaN, 1);
  const weights = parameterNode({ name: 'weights', shape: [2, 1], initial, trainable: true, weightDecay: 0 });
  const scale = () => Float32Array.of(0);
  const logScale = parameterNode({ name: 'logScale', shape: [1], initial: scale, trainable: true, weightDecay: 0 });
  const { values } = await runGraph(gpu, [fakeQuantize({ weights, logScale }, { levels: 7, axis: 1 })], []);
  expect(Array.from(values[0]?.[0]?.data ?? [])).toEqual([Number.NaN, 1]);
});

test('a scale for each channel there must be', () => {
  const parameter = (shape: Shape) =>
    parameterNode({ name: 'w', shape, initial: () => new Float32Array(elements(shape)), trainable: true, weightDecay: 0 });
  expect(() => fakeQuantize({ weights: parameter([2, 3]), logScale: parameter([2]) }, { levels: 7, axis: 1 })).toThrow(
    "fakeQuantize: 'logScale' must be [3] for 'weights' [2, 3], got [2]",
  );
});
