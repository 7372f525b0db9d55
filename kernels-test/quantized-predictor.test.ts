import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  conv2d,
  type Dataset,
  dataset,
  dense,
  flatten,
  type Gpu,
  layerNorm,
  type Model,
  model,
  OptionError,
  predictor,
  type QuantizedModel,
  quantize,
  ShapeError,
  type Weights,
} from '../src/node.ts';
import { drawnWeights } from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';
import { trainedDigits } from './support/trained-digits.ts';

let gpu: Gpu;
let train: Dataset;
let test_: Dataset;
let m: Model;
let weights: Weights;
let quantized: QuantizedModel;
beforeAll(async () => {
  gpu = await openTestGpu();
  ({ m, weights, train, test: test_ } = await trainedDigits(gpu));
  quantized = await quantize(gpu, m, weights, { calibration: train });
}, 60_000);
afterAll(() => gpu?.destroy());

async function evaluated(...given: [QuantizedModel] | [Model, Weights]) {
  const predicting = given.length === 1 ? await predictor(gpu, given[0]) : await predictor(gpu, given[0], given[1]);
  try {
    return await predicting.evaluate(test_);
  } finally {
    await predicting.destroy();
  }
}

describe('a network in integers', () => {
  test('is about as right as in floats', async () => {
    const float = await evaluated(m, weights);
    const integers = await evaluated(quantized);
    expect(float.accuracy).toBeGreaterThan(0.8);
    expect(Math.abs((integers.accuracy ?? 0) - (float.accuracy ?? 0))).toBeLessThan(0.03);
    expect(Math.abs(integers.loss - float.loss)).toBeLessThan(0.1);
    const counts = integers.confusion?.flat() ?? [];
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(test_.size);
    const right = integers.confusion?.reduce((sum, row, label) => sum + (row[label] ?? 0), 0);
    expect(right).toBe(Math.round((integers.accuracy ?? 0) * test_.size));
  });

  test('predicts what it is evaluated by', async () => {
    const predicting = await predictor(gpu, quantized, { batch: 7 });
    const x = Float32Array.from(test_.x, (byte) => Math.fround(byte * Math.fround(test_.scale)));
    const { shape, data } = await predicting.predict({ shape: [test_.size, 28, 28, 1], data: x });
    await predicting.destroy();
    expect(shape).toEqual([test_.size, 10]);
    const right = Array.from(test_.y).filter((label, n) => {
      const row = Array.from(data.subarray(10 * n, 10 * (n + 1)));
      return row.indexOf(Math.max(...row)) === label;
    });
    expect(right.length / test_.size).toBe((await evaluated(quantized)).accuracy);
  });

  test.each([6, 5, 4, 3, 2] as const)('of %i bits, its activations floats, uses so many integers', async (bits) => {
    const few = await quantize(gpu, m, weights, { weights: bits, activations: 'float' });
    for (const tensor of few.weights.values())
      if ('integers' in tensor) expect(Math.max(...tensor.integers.map(Math.abs))).toBe(2 ** (bits - 1) - 1);
    const { accuracy = 0 } = await evaluated(few);
    expect(accuracy).toBeGreaterThan(bits >= 4 ? 0.7 : 0.1);
  });

  test('says what has no form in integers', async () => {
    const normed = model([28, 28, 1], [conv2d(2, 3), layerNorm({ name: 'normed' }), flatten(), dense(2)]);
    await expect(quantize(gpu, normed, drawnWeights(normed, 1), { calibration: train })).rejects.toThrow(
      /^normed: layerNorm has no form in integers/,
    );
  });

  test.each<[string, object, RegExp]>([
    ['no data', {}, /calibration is missing/],
    ['other bits', { weights: 7 }, /weights must be 8, 6, 5, 4, 3, 2 bits, got 7/],
    ['other activations', { activations: 16 }, /activations must be 8 bits or 'float', got 16/],
    ['an option that there is not', { bits: 8 }, /unknown option 'bits'/],
  ])('is refused with %s', async (_, options, message) => {
    await expect(quantize(gpu, m, weights, options)).rejects.toThrow(message);
    await expect(quantize(gpu, m, weights, options)).rejects.toThrow(OptionError);
  });

  test('is refused with data of another shape', async () => {
    const other = dataset({ inputShape: [4], x: new Uint8Array(8), y: new Uint8Array(2), classes: 2 });
    await expect(quantize(gpu, m, weights, { calibration: other })).rejects.toThrow(ShapeError);
    const predicting = await predictor(gpu, quantized);
    await expect(predicting.evaluate(other)).rejects.toThrow(ShapeError);
    await expect(predicting.predict({ shape: [1, 4], data: new Float32Array(4) })).rejects.toThrow(ShapeError);
    await predicting.destroy();
  });
});

test('a network that ends with a sigmoid is judged by what goes into it', async () => {
  const binary = model([28, 28, 1], [flatten(), dense(1, { activation: 'sigmoid' })]);
  const drawn = drawnWeights(binary, 3);
  const two = dataset({ ...test_, y: test_.y.map((label) => label % 2), classes: 2 });
  const few = await quantize(gpu, binary, drawn, { calibration: train });
  const [integers, floats] = [await predictor(gpu, few), await predictor(gpu, binary, drawn)];
  const [found, expected] = [await integers.evaluate(two), await floats.evaluate(two)];
  expect(Math.abs(found.loss - expected.loss)).toBeLessThan(0.05);
  expect(Math.abs((found.accuracy ?? 0) - (expected.accuracy ?? 0))).toBeLessThan(0.05);
  await Promise.all([integers.destroy(), floats.destroy()]);
});
