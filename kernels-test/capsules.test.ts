import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import { input } from '../src/graph/sources.ts';
import { inheritWeights } from '../src/inherit/inherit-weights.ts';
import { squash } from '../src/model/layers/squash.ts';
import {
  batchNorm,
  capsuleLength,
  capsules,
  classifier,
  conv2d,
  dense,
  encodeC,
  encodeHtml,
  encodeOnnx,
  encodeTflite,
  flatten,
  type Gpu,
  type Layer,
  type Model,
  model,
  predictor,
  primaryCapsules,
  search,
  sgd,
  trainer,
} from '../src/node.ts';
import { gradientsOf } from '../src/ops/gradients/index.ts';
import { summed } from '../src/ops/reduction.ts';
import type { Tensor64 } from '../src/reference/reference.ts';
import { functionHash } from '../src/search/space/function-hash.ts';
import { lengths64, type Made, route64, squash64 } from './support/capsules64.ts';
import { noise } from './support/datasets.ts';
import { STAYING } from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';
import { referenceLoss } from './support/reference-losses.ts';
import { weightsFrom } from './support/weights.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

function normals(shape: readonly number[], stream: number, scale = 1): Tensor64 {
  const random = new Random(11, stream);
  return { shape, data: Float64Array.from({ length: elements(shape) }, () => scale * random.normal()) };
}

/** The largest difference of a gradient from that by central differences, of the sum of what is made times `dy`. */
function gradientError(x: Tensor64, gradient: Tensor64, dy: Tensor64, make: (x: Tensor64) => Tensor64): number {
  const step = 1e-5;
  const value = (at: number, by: number) => {
    const moved = { shape: x.shape, data: x.data.slice() };
    moved.data[at] = (moved.data[at] ?? Number.NaN) + by;
    return make(moved).data.reduce((sum, y, i) => sum + y * (dy.data[i] ?? Number.NaN), 0);
  };
  const errors = Array.from(x.data, (_, at) => {
    const slope = (value(at, step) - value(at, -step)) / (2 * step);
    return Math.abs(slope - (gradient.data[at] ?? Number.NaN));
  });
  return Math.max(...errors);
}

/** Of central differences by 1e-5 in float64: their curvature of the third order, and the rounding of sums of some tens. */
const TOLERANCE = 1e-8;

describe('the float64 reference', () => {
  test('squashes as the published code does, worked by hand', () => {
    // |(3, 4)| = 5.
    const { data } = squash64({ shape: [1, 2], data: Float64Array.of(3, 4) }).y;
    const factor = (1 - 1 / Math.exp(5)) / 5;
    expect(data[0]).toBeCloseTo(3 * factor, 8);
    expect(data[1]).toBeCloseTo(4 * factor, 8);
    expect(lengths64({ shape: [1, 2], data: Float64Array.of(3, 4) }).y.data[0]).toBeCloseTo(5, 7);
  });

  test('routes as worked by hand', () => {
    // Two capsules of one number each, which predict u[0] = (2, -1) and u[1] = (3, 2) of two capsules of one number: their sums are 5 and 1.
    const x = { shape: [1, 2, 1], data: Float64Array.of(1, 2) };
    const weights = { shape: [1, 2, 2, 1], data: Float64Array.of(2, -1, 1.5, 1) };
    const bias = { shape: [2, 2], data: Float64Array.of(0.5, 0, 0, -0.5) };
    const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
    // Agreements (2 * 5, -1 * 1) and (3 * 5, 2 * 1).
    const [first, second] = [sigmoid(11), sigmoid(13)];
    const [own, other] = route64(x, weights, bias).y.data;
    expect(own).toBeCloseTo((first + 0.5) * 2 + second * 3, 12);
    expect(other).toBeCloseTo((1 - first) * -1 + (1 - second - 0.5) * 2, 12);
  });

  const check = (x: Tensor64, f: (x: Tensor64) => Made<Tensor64>) => {
    const dy = normals(f(x).y.shape, 99);
    expect(gradientError(x, f(x).backward(dy), dy, (moved) => f(moved).y)).toBeLessThan(TOLERANCE);
  };
  test('has the gradients of lengths', () => check(normals([5, 3], 1), lengths64));
  test('has the gradients of squash', () => check(normals([5, 3], 2), squash64));

  test('has the gradients of routing', () => {
    const [x, weights, bias] = [normals([2, 3, 2], 3), normals([2, 3, 4, 3], 4, 0.5), normals([3, 4], 5)];
    const dy = normals([2, 4, 3], 6);
    const found = route64(x, weights, bias).backward(dy);
    expect(gradientError(x, found.x, dy, (moved) => route64(moved, weights, bias).y)).toBeLessThan(TOLERANCE);
    expect(gradientError(weights, found.weights, dy, (moved) => route64(x, moved, bias).y)).toBeLessThan(TOLERANCE);
    expect(gradientError(bias, found.bias, dy, (moved) => route64(x, weights, moved).y)).toBeLessThan(TOLERANCE);
  });
});

const float32 = ({ shape, data }: Tensor64) => ({ shape, data: Float32Array.from(data) });
const wide = ({ shape, data }: { shape: readonly number[]; data: Float32Array }): Tensor64 => ({
  shape,
  data: Float64Array.from(data),
});

describe('on the GPU', () => {
  test('capsules of any length are squashed, with gradients, and one of zeros has one', async () => {
    // Lengths from 0 and 1e-30 to 1e6: a row each.
    const sizes = [0, 1e-30, 1e-10, 1e-6, 1e-3, 0.1, 1, 10, 100, 1e6];
    const directions = normals([sizes.length, 4], 7);
    const x = float32({ ...directions, data: directions.data.map((value, i) => value * (sizes[Math.floor(i / 4)] ?? 0)) });
    const dy = float32(normals(x.shape, 8));
    const [given, slope] = [input('x', x.shape), input('dy', x.shape)];
    const y = squash(given);
    const [gradient] = gradientsOf(y, slope, [given]);
    if (!gradient) return expect.unreachable();
    const { values } = await runGraph(
      gpu,
      [y, gradient],
      [
        { tensor: given, value: x },
        { tensor: slope, value: dy },
      ],
    );
    const expected = squash64(wide(x));
    const slopes = expected.backward(wide(dy));
    // Values are at most 1; a slope at most |dy| of about 4: both by some ten roundings, of which division makes the most.
    values[0]?.[0]?.data.forEach((value, i) => {
      expect(Math.abs(value - (expected.y.data[i] ?? Number.NaN)), `y[${i}]`).toBeLessThan(2e-6);
    });
    values[1]?.[0]?.data.forEach((value, i) => {
      expect(Math.abs(value - (slopes.data[i] ?? Number.NaN)), `gradient[${i}]`).toBeLessThan(1e-5);
    });
  });

  test('the sum of a product has its gradients where one factor is repeated along what is summed, and where the other is', async () => {
    const [a, b, dy] = [normals([3, 1, 2], 9), normals([1, 4, 2], 10), normals([2], 12)].map(float32);
    if (!a || !b || !dy) return expect.unreachable();
    const [left, right, slope] = [input('a', a.shape), input('b', b.shape), input('dy', dy.shape)];
    const y = summed('sum', 'multiply', { a: left, b: right }, { axes: [0, 1], shape: [2], factor: 0.5 });
    const found = gradientsOf(y, slope, [left, right]);
    const { values } = await runGraph(
      gpu,
      found.flatMap((tensor) => tensor ?? []),
      [
        { tensor: left, value: a },
        { tensor: right, value: b },
        { tensor: slope, value: dy },
      ],
    );
    const [da, db] = values.map(([value]) => value?.data ?? new Float32Array());
    const sumOf = (data: Float32Array, column: number) => data.reduce((sum, value, i) => sum + (i % 2 === column ? value : 0), 0);
    a.data.forEach((_, i) => {
      expect(da?.[i]).toBeCloseTo(0.5 * (dy.data[i % 2] ?? 0) * sumOf(b.data, i % 2), 5);
    });
    b.data.forEach((_, i) => {
      expect(db?.[i]).toBeCloseTo(0.5 * (dy.data[i % 2] ?? 0) * sumOf(a.data, i % 2), 5);
    });
  });

  const small = model([8, 8, 4], [primaryCapsules(3, 2), capsules(3, 4), capsuleLength()]);

  test('a network of capsules learns by the margin loss', async () => {
    const data = noise(12, [8, 8, 4], 3);
    await using training = await trainer(gpu, small, { batch: 12, optimizer: sgd({ learningRate: 1 }), loss: 'margin', seed: 3 });
    const before = await training.evaluate(data);
    await training.fit(data, { steps: 150 });
    const after = await training.evaluate(data);
    expect(after.loss).toBeLessThan(before.loss / 4);
    expect(after.accuracy).toBeGreaterThan(0.9);
  });

  test('replicas train as each by itself', async () => {
    const data = noise(12, [8, 8, 4], 3);
    const trained = async (seed: number | number[]) => {
      const options = { batch: 5, optimizer: sgd({ learningRate: 0.1 }), loss: 'margin', seed } as const;
      await using training = await trainer(gpu, small, { ...options, replicas: typeof seed === 'number' ? 1 : seed.length });
      await training.fit(data, { steps: 4 });
      return Promise.all((typeof seed === 'number' ? [0] : [0, 1]).map((replica) => training.weights(replica)));
    };
    const [[first], [second], both] = [await trained(1), await trained(2), await trained([1, 2])];
    [first, second].forEach((alone, replica) => {
      for (const [name, { data: wanted }] of alone ?? [])
        wanted.forEach((value, i) => {
          expect(Math.abs((both[replica]?.get(name)?.data[i] ?? Number.NaN) - value), `${name}[${i}]`).toBeLessThan(1e-5);
        });
    });
  });

  test('they train in mixed precision as in f32, but for what f16 loses', async ({ skip }) => {
    skip(!gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
    const data = noise(12, [8, 8, 4], 3);
    const trained = async (precision: 'f32' | 'mixed') => {
      const options = { batch: 6, optimizer: sgd({ learningRate: 0.1 }), loss: 'margin', seed: 3, precision } as const;
      await using training = await trainer(gpu, small, options);
      await training.fit(data, { steps: 8 });
      return training.weights();
    };
    const [full, mixed] = [await trained('f32'), await trained('mixed')];
    // 8 steps of 0.1 times gradients of up to 2, wrong by 16 roundings to f16.
    const tolerance = 8 * 0.1 * 2 * 16 * 2 ** -11;
    for (const [name, { data: wanted }] of full)
      wanted.forEach((value, i) => {
        expect(Math.abs((mixed.get(name)?.data[i] ?? Number.NaN) - value), `${name}[${i}]`).toBeLessThan(tolerance);
      });
  });
});

test('a child of the same capsules has their weights, one of others its own', () => {
  const network = (count: number, ...before: Layer[]) =>
    model([6, 6, 4], [conv2d(4, 1), ...before, primaryCapsules(3, 2), capsules(count, 3), capsuleLength()]);
  const parent = network(3);
  const weights = weightsFrom(parent, 1);
  const handed = (child: Model) => inheritWeights(parent, weights, child, 2).inherited.filter((name) => !/^conv/.test(name));
  expect(handed(parent)).toEqual([...weights.keys()].filter((name) => !/^conv/.test(name)));
  expect(handed(network(4))).toEqual(['primaryCapsules_1/filter', 'primaryCapsules_1/bias']);
});

test('a normalisation behind capsules is not that behind a linear layer', () => {
  const hash = (bias: boolean) => functionHash(model([4, 4, 2], [capsules(3, 2, { bias }), batchNorm(), flatten(), dense(2)]));
  expect(hash(true)).not.toBe(hash(false));
});

test('a search does not begin with them', async () => {
  const data = noise(60, [4, 4, 2], 3);
  const start = model([4, 4, 2], [capsules(3, 2), capsuleLength()]);
  const steps = search(gpu, { train: data, validation: data }, { floor: 0.5, start });
  await expect(steps.next()).rejects.toThrow(/the start ends with capsuleLength/);
});

test('their loss is margin where none is named, and their lengths are the probabilities', async () => {
  const m = model([6, 6, 2], [primaryCapsules(3, 2), capsules(3, 4), capsuleLength()]);
  const data = noise(9, [6, 6, 2], 3);
  await using training = await trainer(gpu, m, { batch: 9, optimizer: sgd({ learningRate: 0.1 }), seed: 2 });
  const weights = await training.weights();
  await using predicting = await predictor(gpu, m, weights);
  const x = Float32Array.from(data.x);
  const lengths = await predicting.predict({ shape: [9, 6, 6, 2], data: x });
  const options = { present: 0.9, absent: 0.1, weight: 0.5 };
  const losses = Array.from(data.y, (label, sample) =>
    referenceLoss('margin', [...lengths.data.subarray(3 * sample, 3 * sample + 3)], [label], options),
  );
  const expected = losses.reduce((sum, { loss }) => sum + loss / 9, 0);
  expect((await training.evaluate(data)).loss).toBeCloseTo(expected, 5);
  expect((await predicting.evaluate(data)).loss).toBeCloseTo(expected, 5);
  await using telling = await classifier(gpu, { model: m, weights });
  for (const { index, probability } of await telling.classify({ shape: [1, 6, 6, 2], data: x.subarray(0, 72) }))
    expect(probability).toBeCloseTo(lengths.data[index] ?? Number.NaN, 5);
});

describe('files of other formats', () => {
  const cases: readonly (readonly [string, readonly Layer[], RegExp])[] = [
    [
      'primaryCapsules',
      [primaryCapsules(3, 2), flatten(), dense(2)],
      /^primaryCapsules_1: what it does .* has no form outside of paredown/,
    ],
    ['capsules', [capsules(3, 4), flatten(), dense(2)], /^capsules_1: what it does .* has no form outside of paredown/],
    ['capsuleLength', [capsuleLength(), dense(2)], /^capsuleLength_1: what it does .* has no form outside of paredown/],
  ];
  const encoders = { encodeOnnx, encodeTflite, encodeC, encodeHtml };
  test('every layer type that stays is tried', () => expect(cases.map(([type]) => type)).toEqual(STAYING));

  for (const [type, layers, message] of cases)
    for (const [name, encode] of Object.entries(encoders))
      test(`${name} refuses ${type} by name`, () => {
        const m = model([4, 4, 2], layers);
        expect(() => (encode as typeof encodeOnnx)(m, weightsFrom(m, 1))).toThrow(message);
      });
});
