import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  activation,
  adam,
  decodeModel,
  dense,
  encodeModel,
  type Gpu,
  type Model,
  model,
  type Predictor,
  predictor,
  ShapeError,
  trainer,
  type Value,
  type Weights,
} from '../src/node.ts';
import { noise, regression } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { mixed } from './support/models.ts';
import { referenceOutput } from './support/reference-training.ts';
import { sumError } from './support/rounding.ts';

const MODEL = mixed();
const BATCH = 4;

let gpu: Gpu;
let weights: Weights;
let evaluation: unknown;
const DATA = noise(13, MODEL.input, 5);

beforeAll(async () => {
  gpu = await openTestGpu();
  const training = await trainer(gpu, MODEL, { batch: BATCH, optimizer: adam({ learningRate: 0.01 }), seed: 2 });
  for await (const _ of training.fit(DATA, { steps: 6 }));
  weights = await training.weights();
  const { replicas, ...own } = await training.evaluate(DATA);
  evaluation = own;
  await training.destroy();
});
afterAll(() => gpu?.destroy());

async function withPredictor<T>(m: Model, given: Weights, use: (predicting: Predictor) => Promise<T>, batch = BATCH): Promise<T> {
  const predicting = await predictor(gpu, m, given, { batch });
  try {
    return await use(predicting);
  } finally {
    await predicting.destroy();
  }
}

/** The first samples of the data set, as a value. */
function samples(count: number): Value {
  const length = DATA.x.length / DATA.size;
  return { shape: [count, ...DATA.inputShape], data: Float32Array.from(DATA.x.subarray(0, count * length)) };
}

describe('a predictor', () => {
  test('evaluates as the trainer of its weights does', () =>
    withPredictor(MODEL, weights, async (predicting) => {
      expect(await predicting.evaluate(DATA)).toEqual(evaluation);
      expect(await predicting.evaluate(DATA)).toEqual(evaluation);
    }));

  test('of a model that went through a file says the same', async () => {
    const loaded = decodeModel(encodeModel(MODEL, weights));
    await withPredictor(loaded.model, loaded.weights, async (predicting) =>
      expect(await predicting.evaluate(DATA)).toEqual(evaluation),
    );
  });

  for (const count of [1, BATCH, 13])
    test(`predicts ${count} samples in batches of ${BATCH}`, () =>
      withPredictor(MODEL, weights, async (predicting) => {
        const { shape, data } = await predicting.predict(samples(count));
        const expected = referenceOutput(
          MODEL,
          weights,
          DATA,
          Array.from({ length: count }, (_, index) => index),
        ).data;
        expect(shape).toEqual([count, 5]);
        const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        // Sums of at most 90 terms through twenty layers.
        for (const [i, value] of data.entries())
          expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThan(20 * sumError(90) * largest);
      }));

  test('gives the same for a sample whatever comes with it, also to two who ask at once', () =>
    withPredictor(MODEL, weights, async (predicting) => {
      const [all, some] = await Promise.all([predicting.predict(samples(13)), predicting.predict(samples(6))]);
      expect(some.data).toEqual(all.data.slice(0, 6 * 5));
    }));

  test('that ends with a softmax predicts probabilities and is judged by its logits', async () => {
    const logits = model([3], [dense(4)]);
    const ended = model([3], [dense(4), activation('softmax')]);
    const fused = model([3], [dense(4, { activation: 'softmax' })]);
    const data = noise(9, [3], 4);
    const training = await trainer(gpu, logits, { batch: 3, optimizer: adam(), seed: 1 });
    const given = await training.weights();
    await training.destroy();
    const x = { shape: [9, 3], data: data.x as Float32Array };
    const plain = await withPredictor(logits, given, async (predicting) => ({
      y: await predicting.predict(x),
      judged: await predicting.evaluate(data),
    }));
    for (const m of [ended, fused]) {
      const { y, judged } = await withPredictor(m, given, async (predicting) => ({
        y: await predicting.predict(x),
        judged: await predicting.evaluate(data),
      }));
      for (let row = 0; row < 9; row++) {
        const powers = [...plain.y.data.subarray(row * 4, row * 4 + 4)].map(Math.exp);
        const sum = powers.reduce((total, power) => total + power, 0);
        for (const [k, power] of powers.entries()) expect(y.data[row * 4 + k]).toBeCloseTo(power / sum, 5);
      }
      expect(judged).toEqual(plain.judged);
    }
  });

  test('says how to write what was given in place of a value', () =>
    withPredictor(MODEL, weights, async (predicting) => {
      const length = DATA.x.length / DATA.size;
      const shape = (count: number | string) => `predict({ shape: [${[count, ...MODEL.input].join(', ')}], data`;
      for (const [given, advice] of [
        [DATA, 'write evaluate(data) for how well the model does on a data set'],
        [new Float32Array(3 * length), `write ${shape(3)} })`],
        [new Float32Array(length + 1), `write ${shape('N')} })`],
        [Array<number>(length).fill(0), `write ${shape(1)}: Float32Array.from(data) })`],
        [new Uint8Array(length), `write ${shape(1)}: Float32Array.from(data, (v) => v * scale + offset) }), with the scale`],
      ] as const) {
        const error: unknown = await predicting.predict(given as unknown as Value).catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(ShapeError);
        expect(String(error)).toContain(advice);
      }
    }));

  test('of a regression has a loss and no accuracy', async () => {
    const line = model([4], [dense(2)]);
    const training = await trainer(gpu, line, { batch: 4, optimizer: adam(), loss: 'meanSquaredError' });
    const data = regression(10, 4, 2);
    const { loss } = await training.evaluate(data);
    expect(await withPredictor(line, await training.weights(), (predicting) => predicting.evaluate(data))).toEqual({ loss });
    await training.destroy();
  });
});
