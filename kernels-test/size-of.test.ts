import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  dataset,
  encodeC,
  encodeCompressed,
  encodeModel,
  encodeOnnx,
  encodeTflite,
  type Gpu,
  type Model,
  quantize,
  sizeOf,
  sizeOfC,
  zoo,
} from '../src/node.ts';
import { drawnInput, drawnWeights } from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';

const m = zoo['nahhas/proposed'] as Model;
const weights = drawnWeights(m, 1);
let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

test('a network takes what its files take', () => {
  expect(sizeOf(m, weights)).toEqual({
    parameters: 707,
    weightBytes: 4 * 707,
    fileBytes: {
      safetensors: encodeModel(m, weights).length,
      compressed: encodeCompressed(m, weights).length,
      onnx: encodeOnnx(m, weights).length,
      tflite: encodeTflite(m, weights).length,
      c: sizeOfC(m, weights).constantBytes,
    },
  });
  const { fileBytes, ...others } = sizeOf(m);
  expect(others).toEqual({ parameters: 707, weightBytes: 4 * 707 });
  expect(fileBytes).toEqual({ ...sizeOf(m, weights).fileBytes, compressed: undefined });
});

test('and so does a quantised one, in the formats that have its bits', async () => {
  const calibration = dataset({ inputShape: m.input, x: drawnInput(m, 8, 1).data, y: new Uint8Array(8), classes: 2 });
  const eight = await quantize(gpu, m, weights, { calibration });
  const size = sizeOf(eight);
  expect(size.parameters).toBe(707);
  // A byte a weight, a scale of four bytes and a bias of four for each of 22 channels, scales and zero points of values.
  expect(size.weightBytes).toBe(685 + 8 * 22 + 5 * eight.activations.size);
  expect(size.fileBytes.tflite).toBe(encodeTflite(eight).length);
  expect(size.fileBytes.onnx).toBe(encodeOnnx(eight).length);
  expect(size.fileBytes.compressed).toBe(encodeCompressed(eight).length);
  expect(encodeC(eight)['network.h']).toContain(`${size.fileBytes.c} bytes;`);
  const three = sizeOf(await quantize(gpu, m, weights, { weights: 3, calibration }));
  expect(three.fileBytes.tflite).toBeUndefined();
  expect(three.fileBytes.c).toBeLessThan(size.fileBytes.c ?? 0);
  expect(three.weightBytes).toBe(Math.ceil((3 * 685) / 8) + 8 * 22 + 5 * eight.activations.size);
});
