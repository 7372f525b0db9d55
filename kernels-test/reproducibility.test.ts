import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adam, decodeCheckpoint, encodeCheckpoint, type Gpu, type Trainer, type TrainerOptions, trainer } from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { mixed } from './support/models.ts';

// Dropout, batch normalisation, branches; an epoch is 4 steps, the last of 2 samples.
const MODEL = mixed();
const DATA = noise(14, MODEL.input, 5);
const OPTIONS: TrainerOptions = {
  batch: 4,
  optimizer: adam({ learningRate: 0.01 }),
  seed: 21,
  schedule: { type: 'cosine', steps: 20, warmup: 2 },
};

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

async function train(training: Trainer, steps: number): Promise<void> {
  for await (const _ of training.fit(DATA, { steps }));
}

/** The weights after some steps of a training of its own. */
async function trained(steps: number, options: Partial<TrainerOptions> = {}) {
  const training = await trainer(gpu, MODEL, { ...OPTIONS, ...options });
  await train(training, steps);
  const weights = await training.weights();
  await training.destroy();
  return weights;
}

describe('the seed decides everything', () => {
  test('the same seed gives the same weights, bit for bit', async () => {
    expect(await trained(6)).toEqual(await trained(6));
  });

  test('another seed gives others, and a seed alone draws other first weights', async () => {
    expect(await trained(6, { seed: 22 })).not.toEqual(await trained(6));
    const [first, second] = [await trainer(gpu, MODEL, OPTIONS), await trainer(gpu, MODEL, { ...OPTIONS, seed: 22 })];
    expect(await first.weights()).not.toEqual(await second.weights());
    second.setWeights(await first.weights());
    await train(first, 1);
    await train(second, 1);
    expect(await first.weights(), 'order of the samples and dropout').not.toEqual(await second.weights());
    await first.destroy();
    await second.destroy();
  });

  test('it does not matter into how many calls of fit the steps are cut', async () => {
    const training = await trainer(gpu, MODEL, OPTIONS);
    for (const steps of [1, 4, 1]) await train(training, steps);
    expect(await training.weights()).toEqual(await trained(6));
    await training.destroy();
  });
});

describe('a checkpoint', () => {
  for (const [when, before] of [
    ['in the middle of an epoch', 6],
    ['at the end of an epoch', 4],
    ['before the first step', 0],
  ] as const)
    test(`made ${when}, restored in a new trainer, goes on bit for bit`, async () => {
      const first = await trainer(gpu, MODEL, OPTIONS);
      if (before > 0) await train(first, before);
      const bytes = encodeCheckpoint(await first.checkpoint());
      await train(first, 5);
      const second = await trainer(gpu, MODEL, OPTIONS);
      second.restore(decodeCheckpoint(bytes));
      expect(second.step).toBe(before);
      await train(second, 5);
      expect(second.step).toBe(before + 5);
      expect(await second.checkpoint()).toEqual(await first.checkpoint());
      expect(await second.evaluate(DATA)).toEqual(await first.evaluate(DATA));
      await first.destroy();
      await second.destroy();
    });

  test('restored in the trainer that made it takes it back', async () => {
    const training = await trainer(gpu, MODEL, OPTIONS);
    await train(training, 2);
    const checkpoint = await training.checkpoint();
    await train(training, 4);
    const ahead = await training.weights();
    training.restore(checkpoint);
    expect(training.step).toBe(2);
    await train(training, 4);
    expect(await training.weights()).toEqual(ahead);
    await training.destroy();
  });

  test('can be made at a report while the training goes on', async () => {
    const training = await trainer(gpu, MODEL, OPTIONS);
    const second = await trainer(gpu, MODEL, OPTIONS);
    for await (const { step } of training.fit(DATA, { steps: 7, reportEvery: 3 }))
      if (step === 3) second.restore(await training.checkpoint());
    await train(second, 4);
    expect(await second.weights()).toEqual(await training.weights());
    await training.destroy();
    await second.destroy();
  });
});

describe('each replica gets exactly the weights that it would get alone', () => {
  const seeds = [21, 5, 900];
  const learningRates = [0.01, 0.003, 0.02];

  test('with seeds and learning rates of its own', async () => {
    const together = await trainer(gpu, MODEL, { ...OPTIONS, replicas: 3, seed: seeds, learningRates });
    await train(together, 6);
    const evaluation = await together.evaluate(DATA);
    for (const [replica, seed] of seeds.entries()) {
      const alone = await trainer(gpu, MODEL, { ...OPTIONS, seed, learningRates: [learningRates[replica] as number] });
      await train(alone, 6);
      expect(await together.weights(replica), `replica ${replica}`).toEqual(await alone.weights());
      const { replicas, ...own } = await alone.evaluate(DATA);
      expect(evaluation.replicas[replica], `replica ${replica}`).toEqual(own);
      await alone.destroy();
    }
    expect({ ...evaluation, replicas: undefined }).toEqual({ ...evaluation.replicas[0], replicas: undefined });
    await together.destroy();
  });

  test('also after a checkpoint', async () => {
    const options = { ...OPTIONS, replicas: 3, seed: seeds };
    const first = await trainer(gpu, MODEL, options);
    await train(first, 3);
    const second = await trainer(gpu, MODEL, options);
    second.restore(decodeCheckpoint(encodeCheckpoint(await first.checkpoint())));
    await train(first, 3);
    await train(second, 3);
    for (const replica of [0, 1, 2]) expect(await second.weights(replica)).toEqual(await first.weights(replica));
    expect(await second.weights(1)).toEqual(await trained(6, { seed: 5 }));
    await first.destroy();
    await second.destroy();
  });

  test('seeds count up from one number, and reports tell each replica', async () => {
    const together = await trainer(gpu, MODEL, { ...OPTIONS, replicas: 3 });
    for await (const { loss, accuracy, replicas } of together.fit(DATA, { steps: 4, reportEvery: 4 })) {
      expect(replicas).toHaveLength(3);
      expect(replicas[0]).toEqual({ loss, accuracy });
      expect(replicas[1]?.loss).not.toBe(loss);
    }
    expect(await together.weights(1)).toEqual(await trained(4, { seed: 22 }));
    await together.destroy();
  });
});
