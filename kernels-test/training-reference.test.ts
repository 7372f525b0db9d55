import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  batchNorm,
  conv2d,
  type Dataset,
  dense,
  depthwiseConv2d,
  flatten,
  type Gpu,
  type Model,
  model,
  sgd,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { noise, regression } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { mixed } from './support/models.ts';
import { randomModel } from './support/random-models.ts';
import { ReferenceTraining } from './support/reference-training.ts';
import { sumError, UNIT } from './support/rounding.ts';

const SEED = Number(process.env.PAREDOWN_TEST_SEED ?? 1);
const BATCH = 3;
const STEPS = 3;

/**
 * How far weights may be off, as a share of the largest change of their tensor: the longest sums have 3 x 64 terms, and each step
 * goes through at most 20 layers forward and back.
 */
const TOLERANCE = 2 * 20 * sumError(3 * 64);

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** The largest magnitude of a - b, or of a alone. */
function largest(a: Float64Array = new Float64Array(), b?: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b ? (b[i] ?? Number.NaN) : 0))), 0);
}

/** Trains on the GPU and in float64; a line for each tensor that differs, and for losses. The data set ends with a batch of one sample. */
async function differences(m: Model, data: Dataset, options: Partial<TrainerOptions> = {}): Promise<string[]> {
  const settings = { batch: BATCH, optimizer: sgd({ learningRate: 0.1, momentum: 0.5 }), seed: 5, ...options };
  const training = await trainer(gpu, m, settings);
  const start = await training.weights();
  const expected = new ReferenceTraining(m, data, start, { ...settings, seed: 5 });
  const found: string[] = [];
  for await (const { step, loss } of training.fit(data, { steps: STEPS, reportEvery: 1 })) {
    const wanted = expected.run();
    if (!(Math.abs(loss - wanted) <= TOLERANCE * wanted)) found.push(`the loss of step ${step} is ${loss}, expected ${wanted}`);
  }
  const weights = await training.weights();
  await training.destroy();
  const changes = new Map(
    [...start].map(([name, { data: before }]) => [name, largest(expected.weights.get(name)?.data, before)]),
  );
  const most = Math.max(...changes.values());
  for (const [name, { data: got }] of weights) {
    const wanted = expected.weights.get(name)?.data;
    const off = largest(wanted, got);
    // Where terms cancel out, only their own size tells how far rounding goes: other gradients', or, for statistics, activations' of about 1.
    const change = /(mean|variance)$/.test(name) ? Math.max(1, largest(wanted)) : Math.max(changes.get(name) ?? 0, most / 1000);
    if (!(off <= TOLERANCE * change + STEPS * UNIT * largest(wanted)))
      found.push(`${name} is off by ${off}; its change was ${changes.get(name)}`);
  }
  return found;
}

describe('three steps of training, the last of them a short batch, agree with float64', () => {
  test('branches, residuals, batch normalisation and dropout', async () => {
    expect(await differences(mixed(), noise(7, [8, 8, 2], 5))).toEqual([]);
  });

  for (const seed of [SEED, SEED + 1, SEED + 2])
    test(`a random model of seed ${seed} (PAREDOWN_TEST_SEED)`, async () => {
      const m = randomModel(seed);
      expect(await differences(m, noise(7, m.input, 4))).toEqual([]);
    });

  test('batch normalisation of vectors, whose padded rows do not count', async () => {
    const m = model([6], [dense(8, { bias: false }), batchNorm({ momentum: 0.5 }), dense(3)]);
    // Two rows at least, since those of one alone have no variance.
    expect(await differences(m, noise(8, [6], 3))).toEqual([]);
  });

  test('convolutions and dense layers without bias, grouped and with decaying weights', async () => {
    const m = model(
      [6, 6, 4],
      [
        conv2d(4, 3, { groups: 2, weightDecay: 0.1, activation: 'relu', dilations: 2 }),
        depthwiseConv2d(2, { multiplier: 2, weightDecay: 0.2 }),
        flatten(),
        dense(3, { bias: false, weightDecay: 0.3 }),
      ],
    );
    expect(await differences(m, noise(7, [6, 6, 4], 3))).toEqual([]);
  });

  test('label smoothing', async () => {
    expect(await differences(model([4], [dense(3)]), noise(7, [4], 3), { labelSmoothing: 0.2 })).toEqual([]);
  });

  test('the mean squared error of a regression', async () => {
    const m = model([4], [dense(5, { activation: 'tanh' }), dense(2)]);
    expect(await differences(m, regression(7, 4, 2), { loss: 'meanSquaredError' })).toEqual([]);
  });
});
