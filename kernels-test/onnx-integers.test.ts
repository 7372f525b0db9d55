import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import { ModelProtoSchema, TensorProto_DataType } from '../src/formats/onnx/onnx_pb.ts';
import {
  type Dataset,
  dataset,
  decodeOnnx,
  digits,
  encodeOnnx,
  type Gpu,
  type Model,
  predictor,
  type QuantizedModel,
  quantize,
  type WeightBits,
  zoo,
} from '../src/node.ts';
import { dequantizedWeights } from '../src/quantize/dequantized.ts';
import { integerGraph } from '../src/quantize/lower.ts';
import { drawnWeights } from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';
import { integerModels } from './support/integer-models.ts';
import { onnxNetwork } from './support/onnx-runtime.ts';
import { trainedDigits } from './support/trained-digits.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

function samples(m: Model, size: number, seed: number): Dataset {
  const random = new Random(seed, 0x717561);
  const x = Float32Array.from({ length: size * elements(m.input) }, () => 2 * random.uniform() - 1);
  return dataset({ inputShape: m.input, x, y: new Uint8Array(size), classes: 2 });
}

const MOVING = new Set(['maxPool2d', 'concat', 'reshape', 'upsample2d', 'channelShuffle']);

/**
 * Operations that round. onnxruntime does so in float32, whose product of up to 128 is some 2^-16 of a step off: one value in 2^15 lies so
 * near to a half that it may go the other way, a step off; of averages, which are often halves, more do.
 */
function roundings(quantized: QuantizedModel): number {
  return integerGraph(quantized).operations.filter(({ type }) => !MOVING.has(type)).length;
}

/** How far each output of onnxruntime is from the engine's, in steps of its scale. */
async function stepsApart(quantized: QuantizedModel, data: Dataset): Promise<number[]> {
  const { model: m } = quantized;
  const { output } = integerGraph(quantized);
  const x = { shape: [2, ...m.input], data: Float32Array.from(data.x.subarray(0, 2 * elements(m.input))) };
  await using predicting = await predictor(gpu, quantized);
  const expected = await predicting.predict(x);
  const network = await onnxNetwork(encodeOnnx(quantized));
  const found = await network.run(x);
  await network.release();
  expect(found.shape).toEqual(expected.shape);
  return Array.from(expected.data, (value, i) => Math.abs(value - (found.data[i] ?? Number.NaN)) / output.scale);
}

describe('onnxruntime computes the integers of the engine, to a step for each rounding on the way', () => {
  // Every operation; the networks of the zoo behind these are made of the same.
  test.for(integerModels().slice(0, 27))('$title', async ({ m }) => {
    const data = samples(m, 30, 5);
    const quantized = await quantize(gpu, m, drawnWeights(m, 1), { calibration: data });
    const steps = await stepsApart(quantized, data);
    expect(Math.max(...steps)).toBeLessThan(roundings(quantized) + 0.01);
    const averages = integerGraph(quantized).operations.some(({ type }) => type === 'avgPool2d');
    const differing = steps.filter((step) => step > 0.01).length;
    // Of at most 144 outputs that are rounded once, two in 2^15 are one in 100,000 networks.
    if (roundings(quantized) === 1 && !averages) expect(differing).toBeLessThanOrEqual(1);
    // A value of the first operation goes into a window's outputs of the second.
    if (roundings(quantized) === 2 && !averages) expect(differing / steps.length).toBeLessThan(0.1);
  });
});

test('of the digits onnxruntime finds the classes that evaluate found, from bytes and with a softmax too', {
  timeout: 240_000,
}, async () => {
  const { m, weights, train } = await trainedDigits(gpu);
  const { test: data } = digits({ train: 10, test: 500 });
  const quantized = await quantize(gpu, m, weights, { calibration: train });
  const { output } = integerGraph(quantized);
  const predicting = await predictor(gpu, quantized);
  const pixels = Float32Array.from(data.x, (byte) => Math.fround(byte * Math.fround(1 / 255)));
  const expected = (await predicting.predict({ shape: [500, 28, 28, 1], data: pixels })).data;
  await predicting.destroy();
  const largest = (outputs: Float32Array, n: number) => {
    const row = Array.from(outputs.subarray(10 * n, 10 * (n + 1)));
    return row.indexOf(Math.max(...row));
  };
  const input = { shape: [28, 28, 1], scale: 1 / 255, offset: 0 };
  const bytes = { shape: [500, 28, 28, 1], data: Uint8Array.from(data.x) };
  for (const [options, x] of [
    [{}, { shape: bytes.shape, data: pixels }],
    [{ input, bytesIn: true, softmax: true }, bytes],
  ] as const) {
    const network = await onnxNetwork(encodeOnnx(quantized, options));
    const found = (await network.run(x)).data;
    await network.release();
    const differing = Array.from({ length: 500 }, (_, n) => n).filter((n) => largest(found, n) !== largest(expected, n));
    // None here. Of the 830,000 values of these images that are rounded, one in 2^15 may go the other way: 25, so 50 almost never, each in an
    // image of its own at most; of these a class turns only where the two largest outputs lie a step or two apart.
    const near = Array.from({ length: 500 }, (_, n) => n).filter((n) => {
      const [most = 0, next = 0] = Array.from(expected.subarray(10 * n, 10 * (n + 1))).sort((a, b) => b - a);
      return most - next < 2.5 * output.scale;
    });
    expect(differing.length).toBeLessThanOrEqual(Math.ceil((50 * near.length) / 500));
    if ('softmax' in options) expect(found.subarray(0, 10).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  }
});

describe('a file of integers', () => {
  const m = zoo['nahhas/proposed'] as Model;
  const quantizedTo = (weights: WeightBits, activations: 8 | 'float') =>
    quantize(gpu, m, drawnWeights(m, 1), { calibration: samples(m, 30, 5), weights, activations });

  test.each([
    [8, 8],
    [4, 8],
    [4, 'float'],
  ] as const)('of %s bits, and %s between layers, holds a byte a weight and comes back', async (weights, activations) => {
    const quantized = await quantizedTo(weights, activations);
    const bytes = encodeOnnx(quantized);
    const { graph } = fromBinary(ModelProtoSchema, bytes);
    const sizes = (type: TensorProto_DataType) =>
      graph?.initializer.filter(({ dataType, dims }) => dataType === type && dims.length > 0).map(({ dims }) => dims.join()) ??
      [];
    const counted = sizes(TensorProto_DataType.INT8).map((dims) => dims.split(',').reduce((all, size) => all * Number(size), 1));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(685);
    expect(sizes(TensorProto_DataType.INT32).length > 0).toBe(activations === 8);
    const back = decodeOnnx(bytes);
    expect([...back.weights.values()].map(({ data }) => data)).toEqual(
      [...dequantizedWeights(quantized).values()].map(({ data }) => data),
    );
  });

  test('of what has none is refused by the layer', async () => {
    const quantized = await quantizedTo(8, 8);
    const activations = new Map(quantized.activations);
    activations.delete('input');
    expect(() => encodeOnnx({ ...quantized, activations })).toThrow(/'input' of a network in integers has no scale/);
  });
});
