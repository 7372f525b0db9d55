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
  maxPool2d,
  model,
  type TrainerOptions,
} from '../src/node.ts';
import { noise, regression } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { mixed } from './support/models.ts';
import { randomModel } from './support/random-models.ts';
import { trainingDifferences } from './support/training-differences.ts';

const SEED = Number(process.env.PAREDOWN_TEST_SEED ?? 1);
/** Of the longest sums here. */
const TERMS = 3 * 64;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

function differences(m: Model, data: Dataset, options: Partial<TrainerOptions> = {}): Promise<string[]> {
  return trainingDifferences(gpu, m, data, TERMS, options);
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

  test('convolutions with their pooling, in one pass or with the gradient of each pixel', async () => {
    const m = model(
      [9, 8, 2],
      [
        conv2d(6, 3, { padding: 'same', activation: 'relu' }),
        maxPool2d(2, { padding: 'same' }),
        conv2d(4, 3, { padding: 'same', activation: 'tanh' }),
        maxPool2d([2, 1]),
        flatten(),
        dense(3),
      ],
    );
    expect(await differences(m, noise(7, [9, 8, 2], 3))).toEqual([]);
  });

  test('label smoothing', async () => {
    expect(await differences(model([4], [dense(3)]), noise(7, [4], 3), { labelSmoothing: 0.2 })).toEqual([]);
  });

  test('the mean squared error of a regression', async () => {
    const m = model([4], [dense(5, { activation: 'tanh' }), dense(2)]);
    expect(await differences(m, regression(7, 4, 2), { loss: 'meanSquaredError' })).toEqual([]);
  });

  for (const type of ['softmaxCrossEntropy', 'meanSquaredError'] as const)
    test(`${type}, summed over the batch`, async () => {
      const m = model([4], [dense(5, { activation: 'tanh' }), dense(2)]);
      const data = type === 'meanSquaredError' ? regression(7, 4, 2) : noise(7, [4], 2);
      expect(await differences(m, data, { loss: { type, reduction: 'sum' } })).toEqual([]);
    });

  for (const reduction of ['mean', 'sum'] as const)
    test(`the ${reduction} of binary cross-entropies`, async () => {
      const m = model([4], [dense(5, { activation: 'tanh' }), dense(1)]);
      expect(await differences(m, noise(7, [4], 2), { loss: { type: 'binaryCrossEntropy', reduction } })).toEqual([]);
    });
});
