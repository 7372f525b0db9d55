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
  NoAdapterError,
  OptionError,
  openGpu,
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

async function fit(on: Trainer, data = DATA, options: object = { steps: 1 }): Promise<void> {
  for await (const _ of on.fit(data, options));
}

/** What a caller without types may hand over. */
function wrong<T>(value: unknown): T {
  return value as T;
}

describe('a model', () => {
  test('whose layer does not fit its input names the layer, at once', () => {
    expect(() => model([8, 8, 1], [conv2d(2, 3), dense(3)])).toThrow(ShapeError);
    expect(() => model([8, 8, 1], [conv2d(2, 3), dense(3)])).toThrow(/layers\[1\] \(dense_1\): needs a vector.*\[6, 6, 2\].*flatten/);
    expect(() => model([4, 4, 1], [conv2d(2, 5)])).toThrow(/conv2d_1.*window of height 5 does not fit.*4/);
  });

  test('that ends with a softmax is refused by softmaxCrossEntropy, with the reason', async () => {
    for (const layers of [[dense(3), activation('softmax')], [dense(3, { activation: 'softmax' })]])
      await expect(trainer(gpu, model([4], layers), OPTIONS)).rejects.toThrow(/ends with a softmax, but softmaxCrossEntropy contains it; leave/);
    const probabilities = await trainer(gpu, model([4], [dense(3, { activation: 'softmax' })]), { ...OPTIONS, loss: 'meanSquaredError' });
    await probabilities.destroy();
  });

  test('that makes no vector, or has nothing to train, is refused', async () => {
    await expect(trainer(gpu, model([8, 8, 1], [conv2d(2, 3)]), OPTIONS)).rejects.toThrow(/vector of logits, but it is \[6, 6, 2\].*dense/);
    await expect(trainer(gpu, model([8, 8, 1], [maxPool2d(2), flatten()]), OPTIONS)).rejects.toThrow(/no parameters to train/);
  });
});

describe('data', () => {
  test('smaller than a batch are refused with both numbers', async () => {
    const few = noise(4, [4], 3);
    await expect(fit(training, few)).rejects.toThrow(DataError);
    await expect(fit(training, few)).rejects.toThrow(/"noise".*4 samples, fewer than one batch of 5; use a batch of at most 4/);
  });

  test('with NaN or infinity are refused with the sample', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => dataset({ inputShape: [2], classes: 2, x: Float32Array.of(1, 2, 3, bad), y: Uint8Array.of(0, 1) })).toThrow(/x\[3\].*sample 1/);
    expect(() => dataset({ inputShape: [1], targetShape: [1], x: Float32Array.of(1), y: Float32Array.of(Number.NaN) })).toThrow(DataError);
  });

  test('that do not fit the model or the loss are refused with both shapes', async () => {
    await expect(fit(training, noise(10, [5], 3))).rejects.toThrow(/its samples are \[5\], but the model takes \[4\]/);
    await expect(fit(training, noise(10, [4], 2))).rejects.toThrow(/has 2 classes, but the model's output is \[3\]/);
    await expect(fit(training, regression(10, 4, 3))).rejects.toThrow(/softmaxCrossEntropy needs labels/);
    await expect(fit(training, DATA, { steps: 1, validate: noise(10, [5], 3) })).rejects.toThrow(/samples are \[5\]/);
    await expect(training.evaluate(noise(10, [5], 3))).rejects.toThrow(ShapeError);
    const line = await trainer(gpu, MODEL, { ...OPTIONS, loss: 'meanSquaredError' });
    await expect(fit(line)).rejects.toThrow(/meanSquaredError needs targets/);
    await expect(fit(line, regression(10, 4, 2))).rejects.toThrow(/targets are \[2\], but the model's output is \[3\]/);
    await line.destroy();
  });
});

describe('weights of another model are refused with what is wrong', () => {
  test('by the trainer, which keeps its own', async () => {
    const before = await training.weights();
    const other = await trainer(gpu, model([4], [dense(2)]), OPTIONS);
    const foreign = await other.weights();
    await other.destroy();
    expect(() => training.setWeights(foreign)).toThrow(/'dense_1\/weights' must have shape \[4, 3\], got \[4, 2\].*another model/);
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
    expect(() => training.restore({ ...checkpoint, tensors: new Map() })).toThrow(/'0\/value\/dense_1\/weights' must be \[4, 3\], the checkpoint has none/);
    expect(() => training.restore({ ...checkpoint, training: {} })).toThrow(OptionError);
  });
});

describe('an option that is unknown or of the wrong kind is refused by its name', () => {
  const refused: readonly [string, () => unknown, RegExp][] = [
    ['openGpu, unknown', () => openGpu(wrong({ backend: 'null' })), /openGpu: unknown option 'backend'; known are adapter/],
    ['openGpu, wrong kind', () => openGpu(wrong({ validation: 'yes' })), /openGpu: option 'validation' must be a boolean, got yes/],
    ['trainer, unknown', () => trainer(gpu, MODEL, wrong({ ...OPTIONS, epochs: 3 })), /trainer: unknown option 'epochs'; it takes batch/],
    ['trainer, batch', () => trainer(gpu, MODEL, { ...OPTIONS, batch: 2.5 }), /trainer: batch must be a positive integer, got 2.5/],
    ['trainer, optimizer', () => trainer(gpu, MODEL, wrong({ batch: 5, optimizer: 'adam' })), /optimizer must be made with adam\(\) or sgd\(\), got "adam"/],
    ['trainer, loss', () => trainer(gpu, MODEL, wrong({ ...OPTIONS, loss: 'hinge' })), /loss must be 'softmaxCrossEntropy' or 'meanSquaredError', got hinge/],
    ['trainer, labelSmoothing', () => trainer(gpu, MODEL, { ...OPTIONS, labelSmoothing: 1 }), /labelSmoothing must be at least 0 and below 1, got 1/],
    ['trainer, seed', () => trainer(gpu, MODEL, { ...OPTIONS, seed: -1 }), /seed must be an integer from 0.*got -1/],
    ['trainer, seed of the wrong kind', () => trainer(gpu, MODEL, wrong({ ...OPTIONS, seed: 'x' })), /trainer: seed must be .*got x/],
    ['trainer, seeds', () => trainer(gpu, MODEL, { ...OPTIONS, replicas: 2, seed: [1] }), /1 seeds for 2 replicas/],
    ['trainer, learningRates', () => trainer(gpu, MODEL, wrong({ ...OPTIONS, learningRates: 0.1 })), /learningRates must be a list.*got 0.1/],
    ['trainer, schedule', () => trainer(gpu, MODEL, wrong({ ...OPTIONS, schedule: { type: 'linear' } })), /schedule: type must be .*"linear"/],
    ['trainer, schedule of the wrong kind', () => trainer(gpu, MODEL, { ...OPTIONS, schedule: { type: 'step', every: 0, factor: 1 } }), /every must be a positive integer, got 0/],
    ['trainer, tune', () => trainer(gpu, MODEL, { ...OPTIONS, tune: 'quick' }), /tune 'quick' is not there yet/],
    ['trainer, precision', () => trainer(gpu, MODEL, { ...OPTIONS, precision: 'mixed' }), /precision 'mixed' is not there yet/],
    ['trainer, signal', () => trainer(gpu, MODEL, wrong({ ...OPTIONS, signal: 'stop' })), /trainer: signal must be an AbortSignal/],
    ['adam, unknown', () => adam(wrong({ rate: 1 })), /adam: unknown option 'rate'; it takes learningRate/],
    ['adam, beta1', () => adam({ beta1: 1 }), /adam: beta1 must be at least 0 and below 1, got 1/],
    ['sgd, learningRate', () => sgd(wrong({ learningRate: '0.1' })), /sgd: learningRate must be a positive number, got 0.1/],
    ['fit, unknown', () => fit(training, DATA, { steps: 1, shuffle: false }), /fit: unknown option 'shuffle'; it takes steps/],
    ['fit, neither steps nor epochs', () => fit(training, DATA, {}), /fit: give either steps or epochs/],
    ['fit, both', () => fit(training, DATA, { steps: 1, epochs: 1 }), /fit: give either steps or epochs/],
    ['fit, steps', () => fit(training, DATA, { steps: 0 }), /fit: steps must be a positive integer, got 0/],
    ['fit, reportEvery', () => fit(training, DATA, { steps: 1, reportEvery: '5' }), /fit: reportEvery must be a positive integer, got 5/],
    ['fit, evaluateEvery alone', () => fit(training, DATA, { steps: 1, evaluateEvery: 1 }), /evaluateEvery needs a data set.*validate/],
    ['fit, signal', () => fit(training, DATA, { steps: 1, signal: true }), /fit: signal must be an AbortSignal/],
    ['weights, replica', () => training.weights(1), /no replica 1; this trainer has 1/],
    ['predictor, unknown', async () => predictor(gpu, MODEL, await training.weights(), wrong({ size: 3 })), /predictor: unknown option 'size'; it takes batch/],
    ['predictor, batch', async () => predictor(gpu, MODEL, await training.weights(), { batch: 0 }), /predictor: batch must be a positive integer, got 0/],
  ];
  for (const [name, call, message] of refused)
    test(name, async () => {
      const attempt = async () => call();
      await expect(attempt()).rejects.toThrow(OptionError);
      await expect(attempt()).rejects.toThrow(message);
    });

  test('and leaves the trainer as it was', async () => {
    const { step } = training;
    await fit(training);
    expect(training.step).toBe(step + 1);
  });

  test('an adapter that does not exist', async () => {
    await expect(openGpu({ adapter: 'no such thing' })).rejects.toThrow(NoAdapterError);
    await expect(openGpu({ adapter: 'no such thing' })).rejects.toThrow(/No WebGPU adapter.*'no such thing'/);
  });

  test('a signal that has fired', async () => {
    const signal = AbortSignal.abort();
    await expect(openGpu({ signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(trainer(gpu, MODEL, { ...OPTIONS, signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(fit(training, DATA, { steps: 1, signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a single operation names itself, the argument, what it got and what it needs', () => {
  const value = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) });
  const refused: readonly [string, () => Promise<unknown>, RegExp][] = [
    ['conv2d, channels', () => runOp(gpu, 'conv2d', { x: value(1, 5, 5, 3), filter: value(3, 3, 2, 4) }), /conv2d: 'filter' \[3, 3, 2, 4\].*'x' \[1, 5, 5, 3\].*3/],
    ['conv2d, axes', () => runOp(gpu, 'conv2d', { x: value(5, 5), filter: value(3, 3, 2, 4) }), /conv2d: 'x' must be \[N, H, W, C\], got \[5, 5\]/],
    ['dense', () => runOp(gpu, 'dense', { x: value(2, 3), weights: value(4, 5) }), /dense: 'weights' must be \[3, OUT\].*got \[4, 5\]/],
    ['dense, bias', () => runOp(gpu, 'dense', { x: value(2, 3), weights: value(3, 5), bias: value(4) }), /dense: 'bias' must be \[5\], got \[4\]/],
    ['add', () => runOp(gpu, 'add', { a: value(2), b: value(3) }), /add: 'a' has shape \[2\] and 'b' \[3\]/],
    ['batchNorm', () => runOp(gpu, 'batchNorm', { x: value(2, 3), scale: value(2), offset: value(3) }), /batchNorm: 'scale' must be \[3\].*got \[2\]/],
    ['maxPool2d', () => runOp(gpu, 'maxPool2d', { x: value(1, 2, 2, 1) }, { size: [3, 3] }), /maxPool2d.*3 does not fit.*2/],
    ['concat', () => runOp(gpu, 'concat', { a: value(2, 3), b: value(3, 3) }), /concat: 'b' is \[3, 3\] and 'a' \[2, 3\]/],
    ['a missing input', () => runOp(gpu, 'dense', wrong({ x: value(2, 3) })), /dense: input 'weights' is missing/],
    ['data of another length', () => runOp(gpu, 'relu', { x: { shape: [3], data: new Float32Array(2) } }), /relu: 'x' has shape \[3\].*3 elements, but its data has 2/],
  ];
  for (const [name, call, message] of refused)
    test(name, async () => {
      await expect(call()).rejects.toThrow(ShapeError);
      await expect(call()).rejects.toThrow(message);
    });

  test('also for attributes, labels and names', async () => {
    const logits = value(1, 3);
    await expect(runOp(gpu, 'softmaxCrossEntropy', { logits, labels: { shape: [1], data: Float32Array.of(3) } })).rejects.toThrow(/label 0 is 3.*0 to 2/);
    await expect(runOp(gpu, 'dropout', { x: logits }, { rate: 1, seed: 0, step: 0 })).rejects.toThrow(/dropout: rate must be.*got 1/);
    await expect(runOp(gpu, 'relu', { x: logits }, wrong({ slope: 1 }))).rejects.toThrow(/relu: unknown attribute 'slope'/);
    await expect(runOp(gpu, wrong<'relu'>('gelu'), { x: logits })).rejects.toThrow(/no operation 'gelu'; there are conv2d/);
  });
});

describe('a loss that is no longer finite', () => {
  // The first step takes the weight from 0 to 2e20, whose square is beyond float32.
  const steep = model([1], [dense(1, { bias: false, init: zeros() })]);
  const one = dataset({ inputShape: [1], targetShape: [1], x: Float32Array.of(1, 1), y: Float32Array.of(1, 1) });

  test('stops the training, names the step and refuses to be kept', async () => {
    const diverging = await trainer(gpu, steep, { batch: 2, optimizer: sgd({ learningRate: 1e20 }), loss: 'meanSquaredError' });
    const good = await diverging.checkpoint();
    await expect(fit(diverging, one, { steps: 50 })).rejects.toThrow(DivergedError);
    await expect(diverging.checkpoint()).rejects.toMatchObject({ name: 'DivergedError', step: 2 });
    await expect(diverging.checkpoint()).rejects.toThrow(/NaN or infinite at step 2\. Lower the learning rate/);
    diverging.restore(good);
    await fit(diverging, one, { steps: 1 });
    expect(diverging.step).toBe(1);
    await diverging.destroy();
  });

  test('names the replica', async () => {
    const options = { batch: 2, optimizer: sgd({ learningRate: 1 }), learningRates: [0.1, 1e20], replicas: 2, loss: 'meanSquaredError' } as const;
    const diverging = await trainer(gpu, steep, options);
    await expect(fit(diverging, one, { steps: 5 })).rejects.toMatchObject({ step: 2, replica: 1 });
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
    await expect(fit(gone)).rejects.toThrow(/destroyed/);
    // The device is none the worse for it.
    await fit(training);
  });

  test('a predictor', async () => {
    const gone = await predictor(gpu, MODEL, await training.weights());
    await gone.destroy();
    await gone.destroy();
    await expect(gone.predict({ shape: [1, 4], data: new Float32Array(4) })).rejects.toThrow(/This predictor was destroyed/);
    await expect(gone.evaluate(DATA)).rejects.toThrow(OptionError);
    await fit(training);
  });
});

// Last, since it takes the device of this file with it.
test('a device lost in the middle stops the training with the reason, and nothing hangs', async () => {
  const checkpoint = await training.checkpoint();
  const lost = async () => {
    setTimeout(() => gpu.device.destroy(), 50);
    await fit(training, DATA, { steps: 1_000_000_000 });
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
  await fit(resumed);
});
