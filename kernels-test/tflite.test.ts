import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTflite } from '../src/export/tflite/write.ts';
import {
  activation,
  conv2d,
  describe as counted,
  dense,
  dropout,
  encodeTflite,
  flatten,
  type Gpu,
  type Model,
  model,
  predictor,
  upsample2d,
  type Value,
  type Weights,
  zoo,
} from '../src/node.ts';
import { browserToTest } from './support/browsers.ts';
import {
  activationModels,
  composedModel,
  drawnInput,
  drawnWeights,
  layerModels,
  leavingZoo,
  windowModel,
} from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';
import { difference, inference64, type Numbers } from './support/inference64.ts';
import { integerNetwork } from './support/integer-network.ts';
import { randomModel } from './support/random-models.ts';
import { resNet8, uNet } from './support/small-networks.ts';
import { TFLITE_RUNTIMES, TfliteJudge } from './support/tflite-runtimes.ts';

/** Relative to the largest output. */
const DIFFERENCE = 1e-5;

type Skip = (why: string) => void;

let gpu: Gpu;
let starting: Promise<TfliteJudge> | undefined;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(async () => {
  await (await starting)?.[Symbol.asyncDispose]();
  await gpu?.destroy();
});

/** The runtimes, in a browser that starts with the first test that needs them. */
function runtimes(skip: Skip): Promise<TfliteJudge> {
  starting ??= TfliteJudge.start(browserToTest('chromium', skip));
  return starting;
}

/** By the engine's own predictor. */
async function engine(m: Model, weights: Weights, x: Value): Promise<Numbers> {
  const predicting = await predictor(gpu, m, weights, { batch: x.shape[0] });
  try {
    return await predicting.predict(x);
  } finally {
    await predicting.destroy();
  }
}

/** Throws unless both runtimes make of a file what is `right`. */
async function judge(m: Model, right: typeof inference64 | typeof engine, skip: Skip, samples = 2): Promise<void> {
  const judging = await runtimes(skip);
  const weights = drawnWeights(m, 1);
  const x = drawnInput(m, samples, 3);
  const expected = await right(m, weights, x);
  const bytes = encodeTflite(m, weights);
  for (const runtime of TFLITE_RUNTIMES) {
    const found = await judging.run(runtime, bytes, x);
    expect(found.shape).toEqual(expected.shape);
    expect(difference(expected, found), runtime).toBeLessThan(DIFFERENCE);
  }
}

describe('LiteRT and TensorFlow Lite compute', () => {
  test.for(layerModels())('$title', ({ m }, { skip }) => judge(m, inference64, skip));

  test.for(activationModels())('$title', ({ m }, { skip }) => judge(m, inference64, skip));

  test.for([1, 2, 3])('what the engine does with random networks, number %i', async (seed, { skip }) => {
    for (const m of [randomModel(seed), composedModel(seed)]) await judge(m, engine, skip);
  });

  test.for(['nahhas/proposed', 'gulati/condensenet-3'])('what the engine does with %s', (name, { skip }) =>
    judge(zoo[name] ?? expect.unreachable(), engine, skip),
  );

  test('deeper networks', async ({ skip }) => {
    for (const m of [resNet8(), uNet({ size: 8, features: 2, levels: 2 })]) await judge(m, inference64, skip, 1);
  });

  // The larger ones are of the same layers.
  test('every published network of less than a million parameters and 50 of multiply-accumulates', { timeout: 60_000 }, async ({
    skip,
  }) => {
    await runtimes(skip);
    const small = Object.entries(leavingZoo).filter(([, m]) => counted(m).parameters < 1e6 && counted(m).macs < 5e7);
    expect(small.length).toBeGreaterThan(45);
    for (const [name, m] of small)
      await judge(m, inference64, skip, 1).catch((cause) => {
        throw new Error(name, { cause });
      });
  });

  test('windows of all sizes, strides, dilations and paddings', { timeout: 60_000 }, async ({ skip }) => {
    await runtimes(skip);
    for (let seed = 0; seed < 80; seed++) {
      const m = windowModel(seed);
      await judge(m, inference64, skip).catch((cause) => {
        throw new Error(JSON.stringify(m), { cause });
      });
    }
  });

  test('upsampling by factors whose inverses float32 rounds down', ({ skip }) =>
    judge(model([2, 3, 1], [upsample2d([41, 47])]), inference64, skip));

  test('nothing where the network does nothing', ({ skip }) => judge(model([2, 3, 1], [dropout(0.5)]), inference64, skip));

  test('a softmax that is asked for, beside metadata', async ({ skip }) => {
    const m = model([4], [dense(3)]);
    const withSoftmax = model([4], [dense(3), activation('softmax')]);
    const [weights, x] = [drawnWeights(m, 1), drawnInput(m, 2, 3)];
    const bytes = encodeTflite(m, weights, {
      softmax: true,
      input: { shape: [4], scale: 1, offset: 0, classNames: ['a', 'b', 'c'] },
    });
    for (const runtime of TFLITE_RUNTIMES)
      expect(difference(inference64(withSoftmax, weights, x), await (await runtimes(skip)).run(runtime, bytes, x))).toBeLessThan(
        DIFFERENCE,
      );
  });
});

describe('they would find', () => {
  const m = model([6, 6, 2], [conv2d(3, 3, { activation: 'relu' }), flatten(), dense(4)]);
  const [weights, x] = [drawnWeights(m, 1), drawnInput(m, 2, 3)];

  test.for(TFLITE_RUNTIMES)('one weight that is wrong by a thousandth (%s)', async (runtime, { skip }) => {
    const wrong = new Map([...weights].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));
    const { data } = wrong.get('conv2d_1/filter') ?? expect.unreachable();
    data[7] = (data[7] ?? 0) + 1e-3;
    const found = await (await runtimes(skip)).run(runtime, encodeTflite(m, wrong), x);
    expect(difference(inference64(m, weights, x), found)).toBeGreaterThan(DIFFERENCE);
  });

  test.for(TFLITE_RUNTIMES)('a file that is cut (%s)', async (runtime, { skip }) => {
    const bytes = encodeTflite(m, weights);
    await expect((await runtimes(skip)).run(runtime, bytes.subarray(0, bytes.length >> 1), x)).rejects.toThrow();
  });
});

describe('integers, as the writer lays them out', () => {
  test('are computed by TensorFlow Lite to one step of the output, and by LiteRT between floats', async ({ skip }) => {
    const { inner, outer, x, expected } = integerNetwork(9);
    const judging = await runtimes(skip);
    const found = await judging.run('tflite', writeTflite(inner), x);
    const steps = expected.data.map((value, i) => Math.abs(value - (found.data[i] ?? Number.NaN)));
    expect(Math.max(...steps)).toBeLessThanOrEqual(1);
    expect(new Set(expected.data).size).toBeGreaterThan(3);

    const { scale, zeroPoint, float } = outer;
    for (const runtime of TFLITE_RUNTIMES) {
      const { data } = await judging.run(runtime, writeTflite(outer.file), float);
      const apart = expected.data.map((value, i) => Math.abs((data[i] ?? Number.NaN) / scale + zeroPoint - value));
      expect(Math.max(...apart), runtime).toBeLessThan(1.01);
    }
  });
});
