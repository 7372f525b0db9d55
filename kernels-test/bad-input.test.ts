import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  activation,
  adam,
  conv2d,
  DataError,
  DeviceLostError,
  DivergedError,
  dataset,
  dense,
  flatten,
  type Gpu,
  maxPool2d,
  model,
  OptionError,
  predictor,
  runOp,
  ShapeError,
  sgd,
  type Trainer,
  type TrainerOptions,
  trainer,
  zeros,
} from '../src/node.ts';
import { noise, regression } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';

const MODEL = model([4], [dense(3)]);
const DATA = noise(10, [4], 3);
const OPTIONS: TrainerOptions = { batch: 5, optimizer: sgd({ learningRate: 0.1 }) };

let gpu: Gpu;
let training: Trainer;
beforeAll(async () => {
  gpu = await openTestGpu();
  training = await trainer(gpu, MODEL, OPTIONS);
});
afterAll(() => gpu?.destroy());

async function train(on: Trainer, data = DATA, options: object = { steps: 1 }): Promise<void> {
  for await (const _ of on.fit(data, options));
}

describe('a model', () => {
  test('whose layer does not fit its input names the layer, at once', () => {
    expect(() => model([8, 8, 1], [conv2d(2, 3), dense(3)])).toThrow(ShapeError);
    expect(() => model([8, 8, 1], [conv2d(2, 3), dense(3)])).toThrow(
      /layers\[1\] \(dense_1\): needs a vector.*\[6, 6, 2\].*flatten/,
    );
    expect(() => model([4, 4, 1], [conv2d(2, 5)])).toThrow(/conv2d_1.*window of height 5 does not fit.*4/);
  });

  test('that ends with a softmax is refused by softmaxCrossEntropy, with the reason', async () => {
    for (const layers of [[dense(3), activation('softmax')], [dense(3, { activation: 'softmax' })]])
      await expect(trainer(gpu, model([4], layers), OPTIONS)).rejects.toThrow(
        /ends with a softmax, but softmaxCrossEntropy contains it; leave/,
      );
    const probabilities = await trainer(gpu, model([4], [dense(3, { activation: 'softmax' })]), {
      ...OPTIONS,
      loss: 'meanSquaredError',
    });
    await probabilities.destroy();
  });

  test('that makes no vector, or has nothing to train, is refused', async () => {
    await expect(trainer(gpu, model([8, 8, 1], [conv2d(2, 3)]), OPTIONS)).rejects.toThrow(
      /vector of logits, but it is \[6, 6, 2\].*dense/,
    );
    await expect(trainer(gpu, model([8, 8, 1], [maxPool2d(2), flatten()]), OPTIONS)).rejects.toThrow(/no parameters to train/);
  });
});

describe('data', () => {
  test('smaller than a batch are refused with both numbers', async () => {
    const few = noise(4, [4], 3);
    await expect(train(training, few)).rejects.toThrow(DataError);
    await expect(train(training, few)).rejects.toThrow(/"noise".*4 samples, fewer than one batch of 5; use a batch of at most 4/);
  });

  test('with NaN or infinity are refused with the sample', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => dataset({ inputShape: [2], classes: 2, x: Float32Array.of(1, 2, 3, bad), y: Uint8Array.of(0, 1) })).toThrow(
        /x\[3\].*sample 1/,
      );
    expect(() => dataset({ inputShape: [1], targetShape: [1], x: Float32Array.of(1), y: Float32Array.of(Number.NaN) })).toThrow(
      DataError,
    );
  });

  test('that do not fit the model or the loss are refused with both shapes', async () => {
    await expect(train(training, noise(10, [5], 3))).rejects.toThrow(/its samples are \[5\], but the model takes \[4\]/);
    await expect(train(training, noise(10, [4], 2))).rejects.toThrow(/has 2 classes, but the model's output is \[3\]/);
    await expect(train(training, regression(10, 4, 3))).rejects.toThrow(/softmaxCrossEntropy needs labels/);
    await expect(train(training, DATA, { steps: 1, validate: noise(10, [5], 3) })).rejects.toThrow(/samples are \[5\]/);
    await expect(training.evaluate(noise(10, [5], 3))).rejects.toThrow(ShapeError);
    const line = await trainer(gpu, MODEL, { ...OPTIONS, loss: 'meanSquaredError' });
    await expect(train(line)).rejects.toThrow(/meanSquaredError needs targets/);
    await expect(train(line, regression(10, 4, 2))).rejects.toThrow(/targets are \[2\], but the model's output is \[3\]/);
    await line.destroy();
  });
});

describe('weights of another model are refused with what is wrong', () => {
  test('by the trainer, which keeps its own', async () => {
    const before = await training.weights();
    const other = await trainer(gpu, model([4], [dense(2)]), OPTIONS);
    const foreign = await other.weights();
    await other.destroy();
    expect(() => training.setWeights(foreign)).toThrow(
      /'dense_1\/weights' must have shape \[4, 3\], got \[4, 2\].*another model/,
    );
    expect(() => training.setWeights(new Map())).toThrow(/'dense_1\/weights' \[4, 3\] is missing/);
    expect(await training.weights()).toEqual(before);
    await expect(predictor(gpu, MODEL, foreign)).rejects.toThrow(ShapeError);
  });

  test('also those of a checkpoint, and a checkpoint of another training', async () => {
    const checkpoint = await training.checkpoint();
    const restore = async (m = MODEL, options: Partial<TrainerOptions> = {}) => {
      const other = await trainer(gpu, m, { ...OPTIONS, ...options });
      try {
        other.restore(checkpoint);
      } finally {
        await other.destroy();
      }
    };
    await restore();
    await expect(restore(model([4], [dense(3), activation('relu')]))).rejects.toThrow(/checkpoint is of another model/);
    await expect(restore(MODEL, { batch: 4 })).rejects.toThrow(/made with batch 5, this trainer with 4/);
    await expect(restore(MODEL, { seed: 8 })).rejects.toThrow(/made with seed 0, this trainer with 8/);
    await expect(restore(MODEL, { optimizer: adam() })).rejects.toThrow(/made with sgd, this trainer with adam/);
    expect(() => training.restore({ ...checkpoint, tensors: new Map() })).toThrow(
      /'0\/value\/dense_1\/weights' must be \[4, 3\], the checkpoint has none/,
    );
    expect(() => training.restore({ ...checkpoint, training: {} })).toThrow(OptionError);
  });
});

describe('a loss that is no longer finite', () => {
  // The first step takes the weight from 0 to 2e20, whose square is beyond float32.
  const steep = model([1], [dense(1, { bias: false, init: zeros() })]);
  const one = dataset({ inputShape: [1], targetShape: [1], x: Float32Array.of(1, 1), y: Float32Array.of(1, 1) });

  test('stops the training, names the step and refuses to be kept', async () => {
    const diverging = await trainer(gpu, steep, { batch: 2, optimizer: sgd({ learningRate: 1e20 }), loss: 'meanSquaredError' });
    const good = await diverging.checkpoint();
    await expect(train(diverging, one, { steps: 50 })).rejects.toThrow(DivergedError);
    await expect(diverging.checkpoint()).rejects.toMatchObject({ name: 'DivergedError', step: 2 });
    await expect(diverging.checkpoint()).rejects.toThrow(/NaN or infinite at step 2\. Lower the learning rate/);
    diverging.restore(good);
    await train(diverging, one, { steps: 1 });
    expect(diverging.step).toBe(1);
    await diverging.destroy();
  });

  test('names the replica', async () => {
    const options = {
      batch: 2,
      optimizer: sgd({ learningRate: 1 }),
      learningRates: [0.1, 1e20],
      replicas: 2,
      loss: 'meanSquaredError',
    } as const;
    const diverging = await trainer(gpu, steep, options);
    await expect(train(diverging, one, { steps: 5 })).rejects.toMatchObject({ step: 2, replica: 1 });
    await diverging.destroy();
  });
});

describe('what was destroyed says so', () => {
  test('a trainer, also in the middle of fit', async () => {
    const gone = await trainer(gpu, MODEL, OPTIONS);
    const interrupted = async () => {
      for await (const _ of gone.fit(DATA, { steps: 100, reportEvery: 1 })) await gone.destroy();
    };
    await expect(interrupted()).rejects.toThrow(/This trainer was destroyed/);
    await gone.destroy();
    await expect(gone.weights()).rejects.toThrow(/This trainer was destroyed/);
    await expect(gone.evaluate(DATA)).rejects.toThrow(OptionError);
    await expect(train(gone)).rejects.toThrow(/destroyed/);
    // The device is none the worse for it.
    await train(training);
  });

  test('a predictor', async () => {
    const gone = await predictor(gpu, MODEL, await training.weights());
    await gone.destroy();
    await gone.destroy();
    await expect(gone.predict({ shape: [1, 4], data: new Float32Array(4) })).rejects.toThrow(/This predictor was destroyed/);
    await expect(gone.evaluate(DATA)).rejects.toThrow(OptionError);
    await train(training);
  });
});

// Last, since it takes the device of this file with it.
test('a device lost in the middle stops the training with the reason, and nothing hangs', async () => {
  const checkpoint = await training.checkpoint();
  const lost = async () => {
    setTimeout(() => gpu.device.destroy(), 50);
    await train(training, DATA, { steps: 1_000_000_000 });
  };
  await expect(lost()).rejects.toThrow(DeviceLostError);
  await expect(gpu.lost).resolves.toMatchObject({ name: 'DeviceLostError', reason: 'destroyed' });
  await expect(training.checkpoint()).rejects.toThrow(/GPU device was lost/);
  await expect(runOp(gpu, 'relu', { x: { shape: [1], data: new Float32Array(1) } })).rejects.toThrow(DeviceLostError);
  await expect(trainer(gpu, MODEL, OPTIONS)).rejects.toThrow(DeviceLostError);
  await training.destroy();
  await gpu.destroy();
  // The checkpoint is whole: another device goes on from it.
  await using another = await openTestGpu();
  await using resumed = await trainer(another, MODEL, OPTIONS);
  resumed.restore(checkpoint);
  await train(resumed);
});
