import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  decodeOnnx,
  dense,
  encodeC,
  encodeModel,
  encodeOnnx,
  encodeTflite,
  flatten,
  type Gpu,
  model,
  predictor,
  type QuantizedModel,
  quantize,
} from '../src/node.ts';
import { dequantizedWeights } from '../src/quantize/dequantized.ts';
import { drawnWeights } from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu.destroy());

const m = model([3, 3, 1], [flatten(), dense(2)]);
const weights = drawnWeights(m, 1);
const scale = { scale: 1 / 64, zeroPoint: 0 };

/** In integers by scales that are given. */
async function quantizedModels(): Promise<{ floats: QuantizedModel; integers: QuantizedModel }> {
  const floats = await quantize(gpu, m, weights, { activations: 'float' });
  const filter = floats.weights.get('dense_1/weights');
  if (!filter || !('integers' in filter)) throw new Error('no integers');
  const bias = { shape: [2], integers: Int32Array.of(3, -4), axis: 0, scales: filter.scales.map((one) => one * scale.scale) };
  const activations = new Map(['input', 'flatten_1/reshape', 'dense_1/dense'].map((name) => [name, scale]));
  const integers = { ...floats, bits: { weights: 8, activations: 8 }, activations } as const;
  return { floats, integers: { ...integers, weights: new Map(floats.weights).set('dense_1/bias', bias) } };
}

test('an encoder takes a quantised model alone, or as `quantization` beside model and weights', async () => {
  const { floats, integers } = await quantizedModels();
  expect(encodeTflite(m, weights, { quantization: integers, io: 'int8', softmax: false })).toEqual(
    encodeTflite(integers, { io: 'int8' }),
  );
  expect(encodeC(m, weights, { quantization: integers, name: 'small' })).toEqual(encodeC(integers, { name: 'small' }));
  expect(encodeOnnx(m, weights, { quantization: floats })).toEqual(encodeOnnx(floats));
  expect(encodeOnnx(m, weights, { quantization: integers })).toEqual(encodeOnnx(integers));
  expect(decodeOnnx(encodeOnnx(floats)).weights).toEqual(dequantizedWeights(floats));
  expect(encodeOnnx(m, weights, { quantization: undefined })).toEqual(encodeOnnx(m, weights));
});

test('what does not go together is refused with what to do', async () => {
  const { integers } = await quantizedModels();
  const other = model([3, 3, 1], [flatten(), dense(3)]);
  expect(() => encodeTflite(other, drawnWeights(other, 1), { quantization: integers })).toThrow(/another model/);
  expect(() => encodeModel(integers as never, weights)).toThrow(/use encodeCompressed\(quantized\)/);
  expect(() => encodeTflite(m, weights, { io: 'int8' })).toThrow(/as quantization/);
  expect(() => encodeC(integers, { softmax: true as false })).toThrow(/leave it out/);
  expect(() => encodeC(m, weights, { quantization: 8 as never })).toThrow(/must be a QuantizedModel/);
});

test('a NaN in the input of a network in integers is refused, and what is beyond its range is cut off', async () => {
  const { integers } = await quantizedModels();
  await using predicting = await predictor(gpu, integers);
  const x = (value: number) => ({ shape: [1, 3, 3, 1], data: new Float32Array(9).fill(0.5).fill(value, 4, 5) });
  await expect(predicting.predict(x(Number.NaN))).rejects.toThrow(/Number 4 of the data is NaN/);
  expect(await predicting.predict(x(Number.POSITIVE_INFINITY))).toEqual(await predicting.predict(x(127 / 64)));
});
