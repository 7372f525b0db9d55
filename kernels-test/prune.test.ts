import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  conv2d,
  type Dataset,
  dense,
  flatten,
  type Gpu,
  type Model,
  model,
  OptionError,
  type PruningOptions,
  prune,
  type TrainerOptions,
  trainer,
  type Weights,
} from '../src/node.ts';
import { latestPruning, nextPruning, pruningShare } from '../src/train/pruning/options.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { someOptimizers } from './support/optimizers.ts';
import { ReferenceTraining } from './support/reference-training.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const zeros = (data: Float32Array | Float64Array | undefined) => data?.filter((value) => value === 0).length;
const zerosOf = (weights: Weights, name: string) => zeros(weights.get(name)?.data);

describe('prune', () => {
  const weights: Weights = new Map([
    ['a/filter', { shape: [1, 1, 2, 5], data: Float32Array.of(5, -1, 2, 2, -2, 2, 0, 7, 8, -9) }],
    ['a/bias', { shape: [5], data: Float32Array.of(0.1, 0, 0, 0, 0) }],
    ['b/weights', { shape: [5, 2], data: Float32Array.from({ length: 10 }, (_, i) => 10 + i) }],
  ]);
  const data = (found: Weights, name: string) => [...(found.get(name)?.data ?? [])];

  test('takes the least of each tensor, equal ones in their order, and no biases', () => {
    const found = prune(weights, { sparsity: 0.4 });
    expect(data(found, 'a/filter')).toEqual([5, 0, 0, 0, -2, 2, 0, 7, 8, -9]);
    expect(data(found, 'b/weights')).toEqual([0, 0, 0, 0, 14, 15, 16, 17, 18, 19]);
    expect(found.get('a/bias')).toBe(weights.get('a/bias'));
    expect([...found.keys()]).toEqual([...weights.keys()]);
  });

  test('takes the least of all together', () => {
    const found = prune(weights, { sparsity: 0.5, scope: 'network' });
    expect([zerosOf(found, 'a/filter'), zerosOf(found, 'b/weights')]).toEqual([10, 0]);
  });

  test('takes what is below a threshold, by name', () => {
    const found = prune(weights, { threshold: { 'a/filter': 2, 'a/bias': 1 } });
    expect(data(found, 'a/filter')).toEqual([5, 0, 2, 2, -2, 2, 0, 7, 8, -9]);
    expect(data(found, 'a/bias')).toEqual([0, 0, 0, 0, 0]);
    expect(zerosOf(found, 'b/weights')).toBe(0);
  });

  test('leaves at least one, and everything at 0', () => {
    expect(zerosOf(prune(weights, { sparsity: 0.99 }), 'a/filter')).toBe(9);
    expect(data(prune(weights, { sparsity: 0 }), 'a/filter')).toEqual(data(weights, 'a/filter'));
  });

  test.each<[object, RegExp]>([
    [{}, /either sparsity or threshold/],
    [{ sparsity: 0.5, threshold: 1 }, /either sparsity or threshold/],
    [{ sparsity: 1 }, /from 0 to below 1, got 1/],
    [{ sparsity: { 'c/filter': 0.5 } }, /there is no 'c\/filter'; filters and matrices are a\/filter, b\/weights/],
    [{ sparsity: { 'a/filter': 0.5 }, scope: 'network' }, /one number is for all/],
    [{ sparsity: 0.5, scope: 'layer' }, /scope must be/],
  ])('refuses %o', (options, message) => {
    expect(() => prune(weights, options)).toThrow(OptionError);
    expect(() => prune(weights, options)).toThrow(message);
  });
});

test('the schedule is cubic, and ends at its last step', () => {
  const settings = { sparsity: 0.8, scope: 'tensor' as const, begin: 10, steps: 25, every: 10 };
  expect([0, 10, 11, 20, 31, 35, 36].map((step) => nextPruning(settings, step))).toEqual([10, 10, 20, 20, 35, 35, undefined]);
  expect([9, 10, 19, 34, 35, 99].map((step) => latestPruning(settings, step))).toEqual([undefined, 10, 10, 30, 35, 35]);
  expect([10, 20, 35].map((step) => pruningShare(settings, step))).toEqual([0, 1 - 0.6 ** 3, 1]);
});

const m = model([3], [dense(5, { activation: 'tanh', weightDecay: 0.01 }), dense(4)]);
const data = noise(10, [3], 4);

async function trained(network: Model, set: Dataset, options: Partial<TrainerOptions>, run: { steps: number }, start?: Weights) {
  const training = await trainer(gpu, network, { batch: 4, optimizer: adam({ learningRate: 0.02 }), seed: 9, ...options });
  if (start) training.setWeights(start);
  await training.fit(set, run);
  const { replicas = 1 } = options;
  const weights = await Promise.all(Array.from({ length: replicas }, (_, replica) => training.weights(replica)));
  const checkpoint = await training.checkpoint();
  await training.destroy();
  return { weights, checkpoint };
}

describe('what is 0 stays 0', () => {
  for (const optimizer of someOptimizers)
    test(`with ${JSON.stringify(optimizer)}, decay and averages, and all else moves as in float64`, async () => {
      const [start] = (await trained(m, data, {}, { steps: 1 })).weights;
      if (!start) throw new Error('no weights');
      const begun = prune(start, { sparsity: 0.5 });
      const pruned = ['dense_1/weights', 'dense_2/weights'];
      const expected = new ReferenceTraining(m, data, begun, { batch: 4, optimizer, seed: 9, averaging: { decay: 0.9 }, pruned });
      for (let step = 0; step < 40; step++) expected.run();
      const options = { optimizer, averaging: { decay: 0.9 }, pruning: {} };
      const [found] = (await trained(m, data, options, { steps: 40 }, begun)).weights;
      for (const name of pruned) expect(zeros(found?.get(name)?.data)).toBe(zerosOf(begun, name));
      expect(zerosOf(begun, 'dense_1/weights')).toBe(7);
      const off = [...expected.averages].flatMap(([name, average]) =>
        [...average.data].map((value, i) => Math.abs(value - (found?.get(name)?.data[i] ?? Number.NaN))),
      );
      // As in optimizers.test.ts: ten times 40 steps of a learning rate of 0.02, each wrong by what float32 loses of 1 - beta, 2e-5.
      expect(Math.max(...off)).toBeLessThan(2e-4);
    });

  test('also in mixed precision', async () => {
    if (!gpu.features.has('shader-f16')) return;
    const { weights } = await trained(m, data, { precision: 'mixed', pruning: { sparsity: 0.5 } }, { steps: 20 });
    expect(zeros(weights[0]?.get('dense_1/weights')?.data)).toBe(7);
  });
});

describe('a training that prunes', () => {
  const image = model([6, 6, 1], [conv2d(4, 3, { activation: 'relu' }), flatten(), dense(3)]);
  const images = noise(30, [6, 6, 1], 3);
  const pruning: PruningOptions = { sparsity: 0.75, begin: 5, steps: 20, every: 6 };

  test('is as sparse as its schedule says, step by step', async () => {
    const training = await trainer(gpu, image, { batch: 4, optimizer: adam(), pruning });
    const found: (number | undefined)[] = [];
    for await (const { step } of training.fit(images, { steps: 30, reportEvery: 1 }))
      if ([4, 5, 11, 17, 25, 30].includes(step)) found.push(zerosOf(await training.weights(), 'dense_1/weights'));
    await training.destroy();
    const share = (t: number) => Math.floor(192 * 0.75 * (1 - (1 - t) ** 3) + 1e-9);
    expect(found).toEqual([0, 0, share(6 / 20), share(12 / 20), 144, 144]);
  });

  test('goes on bit for bit where it was broken off, wherever that was', async () => {
    const options = { pruning, averaging: { decay: 0.9 } };
    const { weights } = await trained(image, images, options, { steps: 30 });
    for (const broken of [3, 11, 14, 25]) {
      const { checkpoint } = await trained(image, images, options, { steps: broken });
      const training = await trainer(gpu, image, { batch: 4, optimizer: adam({ learningRate: 0.02 }), seed: 9, ...options });
      training.restore(checkpoint);
      await training.fit(images, { steps: 30 - broken });
      expect(await training.weights()).toEqual(weights[0]);
      await training.destroy();
    }
  });

  test('gives each replica what it would get alone', async () => {
    const both = await trained(image, images, { pruning, replicas: 2, seed: [9, 4] }, { steps: 30 });
    for (const [replica, seed] of [9, 4].entries())
      expect((await trained(image, images, { pruning, seed }, { steps: 30 })).weights[0]).toEqual(both.weights[replica]);
  });

  test('counts no evaluation of a network that is less sparse than it will be', async () => {
    const training = await trainer(gpu, image, { batch: 4, optimizer: adam(), pruning: { sparsity: 0.9, steps: 12, every: 4 } });
    const stop = { metric: 'loss' as const, patience: 100 };
    const { stop: known } = await training.fit(images, { steps: 20, validate: images, evaluateEvery: 4, stop });
    expect(known?.step).toBeGreaterThanOrEqual(12);
    expect(zerosOf(await training.weights(), 'dense_1/weights')).toBe(Math.floor(192 * 0.9));
    await training.destroy();
  });

  test.each<[object, RegExp]>([
    [{ sparsity: 1 }, /from 0 to below 1/],
    [{ sparsity: { 'dense_9/weights': 0.5 } }, /there is no 'dense_9\/weights'/],
    [{ sparsity: 0.5, every: 0 }, /every/],
    [{ sparsity: 0.5, steps: -1 }, /steps/],
    [{ share: 0.5 }, /unknown option 'share'/],
  ])('refuses %o', async (wrong, message) => {
    await expect(trainer(gpu, image, { batch: 4, optimizer: adam(), pruning: wrong })).rejects.toThrow(message);
  });
});
