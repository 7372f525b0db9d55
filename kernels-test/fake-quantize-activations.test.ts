import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements, type Shape } from '../src/core/value.ts';
import { input, parameterNode } from '../src/graph/sources.ts';
import type { Tensor } from '../src/graph/tensor.ts';
import type { Gpu } from '../src/node.ts';
import { concat } from '../src/ops/concat.ts';
import { fakeQuantizeActivations } from '../src/ops/fake-quantize-activations.ts';
import { gradientsOf } from '../src/ops/gradients/index.ts';
import { clamp } from '../src/quantize/rounding.ts';
import { openTestGpu } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';
import { DIVISION, UNIT } from './support/rounding.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const MOMENTUM = 0.9;

function rangeOf(ranges: readonly (readonly [number, number])[]): Tensor {
  const initial = (replica: number) => Float32Array.from(ranges[replica] ?? []);
  return parameterNode({ name: 'range', shape: [2], initial, trainable: false, weightDecay: 0 });
}

/** In float64: the value on the grid of a range, and how far the engine's may be from it where rounding x / scale decides. */
function onGrid(x: number, [least, most]: readonly [number, number]): { y: number; error: number } {
  const scale = (Math.max(most, 0) - Math.min(least, 0)) / 255;
  const zero = clamp(Math.round(-128 - Math.min(least, 0) / scale), -128, 127);
  const integer = clamp(Math.round(x / scale) + zero, -128, 127);
  const tie = Math.abs(Math.abs((x / scale) % 1) - 0.5) < 1e-3;
  return { y: (integer - zero) * scale, error: (tie ? scale : 0) + Math.abs(integer - zero) * scale * (DIVISION + 2 * UNIT) };
}

describe('values on the grid of their range agree with float64, straight through, and the range moves to what was seen', () => {
  const shapes: readonly Shape[] = [
    [3, 5],
    [1, 1],
    [4, 7, 6, 5],
    [2, 200, 100, 9],
  ];
  for (const shape of shapes)
    test(`${JSON.stringify(shape)}, in two replicas`, async () => {
      const random = new Random(3, elements(shape));
      const ranges = [
        [-1.5, 2.25],
        [0, 1.7],
      ] as const;
      const x = input('x', shape);
      const dy = input('dy', shape);
      const range = rangeOf(ranges);
      const data = Float32Array.from({ length: elements(shape) }, () => random.normal());
      const gradient = Float32Array.from(data, () => random.normal());
      const { y, extent } = fakeQuantizeActivations({ x, range }, { moves: true, momentum: MOMENTUM });
      const [dx] = gradientsOf(y, dy, [x]);
      const given = [
        { tensor: x, value: { shape, data } },
        { tensor: dy, value: { shape, data: gradient } },
      ];
      const { values } = await runGraph(gpu, [y, extent, range, dx as Tensor], given, { replicas: 2 });
      const seen = [data.reduce((a, b) => Math.min(a, b)), data.reduce((a, b) => Math.max(a, b))] as const;
      ranges.forEach((own, replica) => {
        const [got, found, moved] = values.map((of) => of[replica]?.data ?? new Float32Array());
        const wrong = Array.from(data).flatMap((value, i) => {
          const { y: wanted, error } = onGrid(value, own);
          return Math.abs((got?.[i] ?? Number.NaN) - wanted) <= error ? [] : [[value, wanted, got?.[i]]];
        });
        expect(wrong).toEqual([]);
        expect(Array.from(found ?? [])).toEqual([...seen]);
        own.forEach((before, end) => {
          const wanted = MOMENTUM * before + (1 - MOMENTUM) * (seen[end] ?? Number.NaN);
          expect(Math.abs((moved?.[end] ?? Number.NaN) - wanted)).toBeLessThanOrEqual(8 * UNIT * 5);
        });
      });
      expect(values[3]?.[0]?.data).toEqual(gradient);
    });
});

test('a range that holds nothing yet lets values through, and begins as what was seen', async () => {
  const data = Float32Array.of(0.3, -0.2, Number.NaN, 0.7);
  const x = input('x', [4, 1]);
  const range = rangeOf([[1, -1]]);
  const { y } = fakeQuantizeActivations({ x, range }, { moves: true, momentum: MOMENTUM });
  const { values } = await runGraph(gpu, [y, range], [{ tensor: x, value: { shape: [4, 1], data } }]);
  expect(values[0]?.[0]?.data).toEqual(data);
  expect(values[1]?.[0]?.data).toEqual(Float32Array.of(-0.2, 0.7));
});

test('values that share a range lie on one grid, and move it once, to the extent of all', async () => {
  const [a, b] = [input('a', [2, 3]), input('b', [2, 2])];
  const range = rangeOf([[-1, 1]]);
  const given = [
    { tensor: a, value: { shape: [2, 3], data: Float32Array.of(0.1, 0.2, 3, -0.4, 0, 0.6) } },
    { tensor: b, value: { shape: [2, 2], data: Float32Array.of(-5, 0.25, 0.5, 1) } },
  ];
  const first = fakeQuantizeActivations({ x: a, range }, { moves: false, momentum: MOMENTUM });
  const second = fakeQuantizeActivations({ x: b, range, before: first.extent }, { moves: true, momentum: MOMENTUM });
  const { values } = await runGraph(gpu, [concat({ a: first.y, b: second.y }), range, second.extent], given);
  const own = [-1, 1] as const;
  const wanted = [0.1, 0.2, 3, -5, 0.25, -0.4, 0, 0.6, 0.5, 1].map((value) => onGrid(value, own));
  wanted.forEach(({ y, error }, i) => {
    expect(Math.abs((values[0]?.[0]?.data[i] ?? Number.NaN) - y)).toBeLessThanOrEqual(error);
  });
  expect(Array.from(values[2]?.[0]?.data ?? [])).toEqual([-5, 3]);
  expect(values[1]?.[0]?.data[0]).toBeCloseTo(-1.4, 6);
  expect(values[1]?.[0]?.data[1]).toBeCloseTo(1.2, 6);
});
