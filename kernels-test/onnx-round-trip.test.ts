import { describe, expect, test } from 'vitest';
import {
  activation,
  decodeOnnx,
  dense,
  describe as described,
  encodeOnnx,
  flatten,
  type Model,
  model,
  type Value,
} from '../src/node.ts';
import { activationModels, composedModel, drawnInput, drawnWeights, layerModels, leavingZoo } from './support/exported-models.ts';
import { difference } from './support/inference64.ts';
import { onnxNetwork } from './support/onnx-runtime.ts';
import { randomModel } from './support/random-models.ts';
import { resNet8, uNet } from './support/small-networks.ts';

async function outputOf(bytes: Uint8Array, x: Value): Promise<Value> {
  const network = await onnxNetwork(bytes);
  const found = await network.run(x);
  await network.release();
  return found;
}

/** How far apart a network is from itself after it went out, came in and went out again. */
async function apart(m: Model, seed = 1): Promise<number> {
  const bytes = encodeOnnx(m, drawnWeights(m, seed));
  const { model: found, weights } = decodeOnnx(bytes);
  expect(found.input).toEqual(m.input);
  const x = drawnInput(m, 2, seed);
  const [before, after] = [await outputOf(bytes, x), await outputOf(encodeOnnx(found, weights), x)];
  expect(after.shape).toEqual(before.shape);
  return difference(before, after);
}

const ALL = process.env.PAREDOWN_TEST_CASES === 'all';
const SEEDS = Array.from({ length: ALL ? 200 : 15 }, (_, seed) => seed);
/** Those that take a blink, or all. */
const NETWORKS = Object.entries({ ...leavingZoo, resNet8: resNet8(), uNet: uNet({ size: 16, features: 4, levels: 2 }) }).filter(
  ([, m]) => ALL || described(m).macs < 2_000_000,
);

describe('a network that goes out and comes in computes the same:', () => {
  test.each(layerModels())('$title', async ({ m }) => expect(await apart(m)).toBeLessThan(1e-5));
  test.each(activationModels())('activation $title', async ({ m }) => expect(await apart(m)).toBeLessThan(1e-5));
  test.each(SEEDS)('random %i', async (seed) => expect(await apart(randomModel(seed), seed)).toBeLessThan(1e-5));
  test.each(SEEDS)('composed %i', async (seed) => expect(await apart(composedModel(seed), seed)).toBeLessThan(1e-5));
  test.each(NETWORKS)('%s', async (_, m) => expect(await apart(m)).toBeLessThan(1e-5));
});

describe('what goes with a network comes back:', () => {
  const m = model([4, 4, 1], [flatten(), dense(2)]);
  const weights = drawnWeights(m, 1);
  const input = { shape: [4, 4, 1], scale: 1 / 255, offset: -0.5, classNames: ['no', 'yes'], dataName: 'mine' };

  test('the description of its input', () => {
    expect(decodeOnnx(encodeOnnx(m, weights, { input })).input).toEqual(input);
    expect(decodeOnnx(encodeOnnx(m, weights)).input).toBeUndefined();
  });

  test("with bytes, whose scale is the description's and not the network's", () => {
    const found = decodeOnnx(encodeOnnx(m, weights, { input, bytesIn: true }));
    expect(found.model.layers.map(({ type }) => type)).toEqual(['flatten', 'dense']);
    expect(found.weights).toEqual(weights);
    expect(found.input).toEqual({ ...input, scale: Math.fround(1 / 255), offset: -0.5 });
  });

  test('from a Buffer, as Node reads files', () => {
    expect(decodeOnnx(Buffer.from(encodeOnnx(m, weights))).weights).toEqual(weights);
  });

  test('weights that layers share, once', () => {
    const twice = model([6], [dense(6, { shared: 'a' }), activation('tanh'), dense(6, { shared: 'a' }), dense(2)]);
    const found = decodeOnnx(encodeOnnx(twice, drawnWeights(twice, 2)));
    expect(described(found.model).parameters).toBe(described(twice).parameters);
  });
});
