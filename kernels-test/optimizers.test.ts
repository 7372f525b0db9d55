import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Optimizer } from '../src/node.ts';
import {
  adam,
  constant,
  type Dataset,
  dataset,
  dense,
  type Gpu,
  type Model,
  model,
  type Schedule,
  sgd,
  trainer,
} from '../src/node.ts';
import { noise, regression } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { ReferenceTraining } from './support/reference-training.ts';
import { sumError, UNIT } from './support/rounding.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const STEPS = 100;
const BATCH = 4;

/** Relative error of 1 - beta where beta is a float32. */
const complementError = (beta: number) => Math.abs((1 - Math.fround(beta)) / (1 - beta) - 1);

/** The largest difference, after 100 steps, between the engine's weights and those of the same optimizer in float64. */
async function difference(m: Model, data: Dataset, optimizer: Optimizer, loss: 'softmaxCrossEntropy' | 'meanSquaredError') {
  const training = await trainer(gpu, m, { batch: BATCH, optimizer, loss, seed: 9 });
  const start = await training.weights();
  for await (const _ of training.fit(data, { steps: STEPS }));
  const got = await training.weights();
  await training.destroy();
  const expected = new ReferenceTraining(m, data, start, { batch: BATCH, optimizer, seed: 9 });
  for (let step = 0; step < STEPS; step++) expected.run();
  let off = 0;
  let change = 0;
  for (const [name, { data: wanted }] of expected.weights)
    wanted.forEach((value, i) => {
      off = Math.max(off, Math.abs(value - (got.get(name)?.data[i] ?? Number.NaN)));
      change = Math.max(change, Math.abs(value - (start.get(name)?.data[i] ?? Number.NaN)));
    });
  return { off, change };
}

describe('100 steps on small batches, short ones among them, agree with float64', () => {
  const linear = model([3], [dense(2)]);
  const classes = model([3], [dense(4, { weightDecay: 0.01 })]);

  /**
   * Each step moves a weight by about the learning rate; of that, gradients of sums of 4 terms and a few operations are wrong by
   * 16 roundings, the factors 1 - beta by what float32 loses of beta, under the root by half of that; the weight itself is rounded.
   */
  const adamTolerance = (learningRate: number, beta1: number, beta2: number, largest: number) =>
    STEPS * (learningRate * (16 * UNIT + complementError(beta1) + complementError(beta2) / 2) + UNIT * largest);

  for (const options of [
    { learningRate: 0.02 },
    { learningRate: 0.01, beta1: 0.5, beta2: 0.9, epsilon: 0.1 },
    { learningRate: 0.01, beta1: 0, beta2: 0.99 },
  ])
    test(`adam(${JSON.stringify(options)})`, async () => {
      const { learningRate, beta1 = 0.9, beta2 = 0.999 } = options;
      const { off, change } = await difference(linear, regression(10, 3, 2), adam(options), 'meanSquaredError');
      expect(change).toBeGreaterThan(20 * learningRate);
      expect(off).toBeLessThanOrEqual(adamTolerance(learningRate, beta1, beta2, 4));
    });

  test('adam on a classification with decaying weights', async () => {
    const { off } = await difference(classes, noise(10, [3], 4), adam({ learningRate: 0.02 }), 'softmaxCrossEntropy');
    expect(off).toBeLessThanOrEqual(adamTolerance(0.02, 0.9, 0.999, 2));
  });

  for (const momentum of [0, 0.9])
    test(`sgd with momentum ${momentum} and decaying weights`, async () => {
      const optimizer = sgd({ learningRate: 0.05, momentum });
      const { off, change } = await difference(classes, noise(10, [3], 4), optimizer, 'softmaxCrossEntropy');
      expect(change).toBeGreaterThan(0.1);
      // A gradient of at most 1 in each of 100 steps, which momentum adds up to 1 / (1 - momentum) times.
      expect(off).toBeLessThanOrEqual((STEPS * 0.05 * sumError(16)) / (1 - momentum));
    });
});

describe('schedules', () => {
  const LEARNING_RATE = 1 / 16;

  /** The factor that the learning rate had in each step: with loss w^2, a step multiplies w by 1 - 2 learningRate factor. */
  async function factors(schedule: Schedule, steps: number): Promise<number[]> {
    const one = dataset({ inputShape: [1], targetShape: [1], x: Float32Array.of(1), y: Float32Array.of(0) });
    const m = model([1], [dense(1, { bias: false, init: constant(1), name: 'line' })]);
    const options = { batch: 1, loss: 'meanSquaredError', optimizer: sgd({ learningRate: LEARNING_RATE }), schedule } as const;
    const training = await trainer(gpu, m, options);
    const weight = async () => (await training.weights()).get('line/weights')?.data[0] ?? Number.NaN;
    const found: number[] = [];
    let before = await weight();
    for await (const _ of training.fit(one, { steps, reportEvery: 1 })) {
      const after = await weight();
      found.push((1 - after / before) / (2 * LEARNING_RATE));
      before = after;
    }
    await training.destroy();
    return found;
  }

  // Three roundings of w, seen through a change of 2 learningRate of it; and the accuracy of WGSL's pow and cos.
  const ROUNDING = (3 * UNIT) / (2 * LEARNING_RATE);
  const POW = 2 ** -18;
  const COS = 2 ** -11 / 2;
  const formulas: readonly [Schedule, (step: number) => number, number][] = [
    [{ type: 'constant' }, () => 1, 0],
    [{ type: 'step', every: 3, factor: 0.5 }, (step) => 0.5 ** Math.floor(step / 3), POW],
    [{ type: 'exponential', rate: 0.25, every: 4, floor: 0.1 }, (step) => Math.max(0.1, 0.25 ** (step / 4)), POW],
    [{ type: 'exponential', rate: 0.5, every: 2, floor: 0 }, (step) => 0.5 ** (step / 2), POW],
    [{ type: 'cosine', steps: 8 }, (step) => 0.5 * (1 + Math.cos((Math.PI * Math.min(step, 8)) / 8)), COS],
    [
      { type: 'cosine', steps: 8, warmup: 3, floor: 0.2 },
      (step) => (step < 3 ? (step + 1) / 4 : 0.2 + 0.8 * 0.5 * (1 + Math.cos((Math.PI * Math.min(step - 3, 5)) / 5))),
      COS,
    ],
  ];
  for (const [schedule, formula, tolerance] of formulas)
    test(JSON.stringify(schedule), async () => {
      const found = await factors(schedule, 10);
      expect(found).toHaveLength(10);
      for (const [step, factor] of found.entries())
        expect(Math.abs(factor - formula(step)), `step ${step}`).toBeLessThanOrEqual(ROUNDING + tolerance);
    });
});
