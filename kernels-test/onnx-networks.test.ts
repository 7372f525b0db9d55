import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { DataError, type DecodedOnnx, decodeOnnx, type Gpu, openGpu, predictor } from '../src/node.ts';
import { difference } from './support/inference64.ts';
import { inputValue, judged, ours, runOnnx, runReference } from './support/onnx-judge.ts';
import { mutatedGraph } from './support/onnx-mutations.ts';
import {
  kerasConvolutions,
  kerasPerceptron,
  quantized,
  torchDenseNet,
  torchLeNet,
  torchMobileNet,
  torchResNet,
  torchUNet,
} from './support/onnx-networks.ts';

const NETWORKS = {
  torchLeNet,
  torchResNet,
  torchMobileNet,
  torchDenseNet,
  torchUNet,
  kerasConvolutions,
  kerasPerceptron,
};

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openGpu();
});
afterAll(() => gpu.destroy());

describe('a network is on the GPU what onnxruntime makes of its file', () => {
  test.each(Object.entries(NETWORKS))('%s', async (_, make) => {
    const { bytes, shape, order, layers } = make();
    const { model, weights } = decodeOnnx(bytes);
    expect(model.layers.map(({ type }) => type)).toEqual(layers);
    const x = inputValue(shape);
    const network = await predictor(gpu, model, weights, { batch: shape[0] as number });
    const got = await network.predict(ours(x, order));
    await network.destroy();
    expect(difference(ours(await runOnnx(bytes, x), order), got)).toBeLessThan(1e-5);
  });
});

test('a quantised network comes in as float32, but for what its integers round', async () => {
  const { bytes, shape, layers } = quantized();
  const { model, apart } = await judged(bytes, shape);
  expect(model.layers.map(({ type }) => type)).toEqual(layers);
  expect(model.layers[0]).toMatchObject({ activation: 'relu' });
  // Each element is rounded to 1/255 of its range twice; a relu that is lost would be 0.3 apart.
  expect(apart).toBeLessThan(0.03);
});

test('a file whose numbers and names are changed is refused, or read as onnxruntime reads it', async () => {
  const random = new Random(1, 2);
  const networks = [torchLeNet, torchResNet, torchMobileNet, torchDenseNet].map((make) => make());
  const compared: number[] = [];
  for (let i = 0; i < 160; i++) {
    const { bytes, shape } = networks[i % networks.length] ?? expect.fail('no network');
    const changed = mutatedGraph(bytes, (below) => random.below(below));
    const read = decodedIfFit(changed);
    // Some of what is refused there is read here: shapes that outputs are declared to have, names twice.
    const expected = read && (await runOnnx(changed, inputValue(shape)).catch(() => undefined));
    if (read && expected)
      compared.push(difference(ours(expected), runReference(read.model, read.weights, ours(inputValue(shape)))));
  }
  expect(compared.length).toBeGreaterThan(20);
  expect(Math.max(...compared)).toBeLessThan(1e-5);
});

function decodedIfFit(bytes: Uint8Array): DecodedOnnx | undefined {
  try {
    return decodeOnnx(bytes);
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}
