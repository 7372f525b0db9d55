import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  dense,
  type Gpu,
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
} from '../src/node.ts';
import { lossNames } from '../src/train/losses/registry.ts';
import { optimizerTypes } from '../src/train/optimizers/registry.ts';
import { noise } from './support/datasets.ts';
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

/** What a caller without types may hand over. */
function wrong<T>(value: unknown): T {
  return value as T;
}

describe('an option that is unknown or of the wrong kind is refused by its name', () => {
  const refused: readonly [string, () => unknown, RegExp][] = [
    ['openGpu, unknown', () => openGpu(wrong({ backend: 'null' })), /openGpu: unknown option 'backend'; it takes adapter/],
    [
      'openGpu, wrong kind',
      () => openGpu(wrong({ validation: 'yes' })),
      /openGpu: option 'validation' must be a boolean, got "yes"/,
    ],
    [
      'trainer, unknown',
      () => trainer(gpu, MODEL, wrong({ ...OPTIONS, epochs: 3 })),
      /trainer: unknown option 'epochs'; it takes batch/,
    ],
    [
      'trainer, batch',
      () => trainer(gpu, MODEL, { ...OPTIONS, batch: 2.5 }),
      /trainer: batch must be a positive integer, got 2.5/,
    ],
    [
      'trainer, optimizer',
      () => trainer(gpu, MODEL, wrong({ batch: 5, optimizer: 'adam' })),
      new RegExp(`optimizer must be made with ${optimizerTypes.map((type) => `${type}\\(\\)`).join('(?:, | or )')}, got "adam"`),
    ],
    [
      'trainer, loss',
      () => trainer(gpu, MODEL, wrong({ ...OPTIONS, loss: 'hinge' })),
      new RegExp(`loss must be ${lossNames.map((name) => `'${name}'`).join(', ')} or { type, reduction } of one, got "hinge"`),
    ],
    [
      'trainer, labelSmoothing',
      () => trainer(gpu, MODEL, { ...OPTIONS, labelSmoothing: 1 }),
      /labelSmoothing must be at least 0 and below 1, got 1/,
    ],
    ['trainer, clipNorm', () => trainer(gpu, MODEL, { ...OPTIONS, clipNorm: 0 }), /trainer: clipNorm must be positive, got 0/],
    [
      'trainer, averaging',
      () => trainer(gpu, MODEL, { ...OPTIONS, averaging: { decay: 1 } }),
      /trainer: averaging: decay must be at least 0 and below 1, got 1/,
    ],
    [
      'trainer, classWeights of other classes',
      () => trainer(gpu, MODEL, { ...OPTIONS, classWeights: [1, 2] }),
      /classWeights has 2 weights, but the model tells 3 classes apart/,
    ],
    [
      'trainer, classWeights below 0',
      () => trainer(gpu, MODEL, { ...OPTIONS, classWeights: [1, -2, 1] }),
      /classWeights\[1\] must be at least 0, got -2/,
    ],
    [
      'trainer, classWeights that are all 0',
      () => trainer(gpu, MODEL, { ...OPTIONS, classWeights: [0, 0, 0] }),
      /one of classWeights at least must be above 0/,
    ],
    [
      'trainer, classWeights of targets',
      () => trainer(gpu, MODEL, { ...OPTIONS, loss: 'huber', classWeights: [1, 2, 3] }),
      /classWeights belong to losses with labels, and huber has none/,
    ],
    [
      'trainer, a loss without its options',
      () => trainer(gpu, MODEL, wrong({ ...OPTIONS, loss: 'distillation' })),
      /the temperature of distillation must be positive, such as 4, got undefined/,
    ],
    [
      "trainer, a loss with another's options",
      () => trainer(gpu, MODEL, wrong({ ...OPTIONS, loss: { type: 'huber', temperature: 4 } })),
      /trainer: loss: unknown option 'temperature'; it takes type, delta, reduction/,
    ],
    ['sgd, nesterov without momentum', () => sgd({ learningRate: 1, nesterov: true }), /sgd: nesterov needs a momentum above 0/],
    ['trainer, seed', () => trainer(gpu, MODEL, { ...OPTIONS, seed: -1 }), /seed must be an integer from 0.*got -1/],
    [
      'trainer, seed of the wrong kind',
      () => trainer(gpu, MODEL, wrong({ ...OPTIONS, seed: 'x' })),
      /trainer: seed must be .*got "x"/,
    ],
    ['trainer, seeds', () => trainer(gpu, MODEL, { ...OPTIONS, replicas: 2, seed: [1] }), /1 seeds for 2 replicas/],
    [
      'trainer, learningRates',
      () => trainer(gpu, MODEL, wrong({ ...OPTIONS, learningRates: 0.1 })),
      /learningRates must be a list.*got 0.1/,
    ],
    [
      'trainer, schedule',
      () => trainer(gpu, MODEL, wrong({ ...OPTIONS, schedule: { type: 'linear' } })),
      /schedule: type must be .*"linear"/,
    ],
    [
      'trainer, schedule of the wrong kind',
      () => trainer(gpu, MODEL, { ...OPTIONS, schedule: { type: 'step', every: 0, factor: 1 } }),
      /every must be a positive integer, got 0/,
    ],
    [
      'trainer, tune',
      () => trainer(gpu, MODEL, wrong({ ...OPTIONS, tune: 'fast' })),
      /tune must be 'off', 'quick' or 'full', got "fast"/,
    ],
    [
      'trainer, precision',
      () => trainer(gpu, MODEL, wrong({ ...OPTIONS, precision: 'f16' })),
      /precision must be 'f32' or 'mixed'/,
    ],
    [
      'trainer, signal',
      () => trainer(gpu, MODEL, wrong({ ...OPTIONS, signal: 'stop' })),
      /trainer: signal must be an AbortSignal/,
    ],
    ['adam, unknown', () => adam(wrong({ rate: 1 })), /adam: unknown option 'rate'; it takes learningRate/],
    ['adam, beta1', () => adam({ beta1: 1 }), /adam: beta1 must be at least 0 and below 1, got 1/],
    ['sgd, learningRate', () => sgd(wrong({ learningRate: '0.1' })), /sgd: learningRate must be a positive number, got "0.1"/],
    ['fit, unknown', () => train(training, DATA, { steps: 1, shuffle: false }), /fit: unknown option 'shuffle'; it takes steps/],
    ['fit, neither steps nor epochs', () => train(training, DATA, {}), /fit: give either steps or epochs/],
    ['fit, both', () => train(training, DATA, { steps: 1, epochs: 1 }), /fit: give either steps or epochs/],
    ['fit, steps', () => train(training, DATA, { steps: 0 }), /fit: steps must be a positive integer, got 0/],
    [
      'fit, reportEvery',
      () => train(training, DATA, { steps: 1, reportEvery: '5' }),
      /fit: reportEvery must be a positive integer, got "5"/,
    ],
    [
      'fit, evaluateEvery alone',
      () => train(training, DATA, { steps: 1, evaluateEvery: 1 }),
      /evaluateEvery needs a data set.*validate/,
    ],
    ['fit, signal', () => train(training, DATA, { steps: 1, signal: true }), /fit: signal must be an AbortSignal/],
    ['weights, replica', () => training.weights(1), /no replica 1; this trainer has 1/],
    [
      'predictor, unknown',
      async () => predictor(gpu, MODEL, await training.weights(), wrong({ size: 3 })),
      /predictor: unknown option 'size'; it takes batch/,
    ],
    [
      'predictor, batch',
      async () => predictor(gpu, MODEL, await training.weights(), { batch: 0 }),
      /predictor: batch must be a positive integer, got 0/,
    ],
  ];
  for (const [name, call, message] of refused)
    test(name, async () => {
      const attempt = async () => call();
      await expect(attempt()).rejects.toThrow(OptionError);
      await expect(attempt()).rejects.toThrow(message);
    });

  test('and leaves the trainer as it was', async () => {
    const { step } = training;
    await train(training);
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
    await expect(train(training, DATA, { steps: 1, signal })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('a single operation names itself, the argument, what it got and what it needs', () => {
  const value = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((product, size) => product * size, 1)) });
  const refused: readonly [string, () => Promise<unknown>, RegExp][] = [
    [
      'conv2d, channels',
      () => runOp(gpu, 'conv2d', { x: value(1, 5, 5, 3), filter: value(3, 3, 2, 4) }),
      /conv2d: 'filter' \[3, 3, 2, 4\].*'x' \[1, 5, 5, 3\].*3/,
    ],
    [
      'conv2d, axes',
      () => runOp(gpu, 'conv2d', { x: value(5, 5), filter: value(3, 3, 2, 4) }),
      /conv2d: 'x' must be \[N, H, W, C\], got \[5, 5\]/,
    ],
    [
      'dense',
      () => runOp(gpu, 'dense', { x: value(2, 3), weights: value(4, 5) }),
      /dense: 'weights' must be \[3, OUT\].*got \[4, 5\]/,
    ],
    [
      'dense, bias',
      () => runOp(gpu, 'dense', { x: value(2, 3), weights: value(3, 5), bias: value(4) }),
      /dense: 'bias' must be \[5\], got \[4\]/,
    ],
    ['add', () => runOp(gpu, 'add', { a: value(2), b: value(3) }), /add: 'a' has shape \[2\] and 'b' has shape \[3\]/],
    [
      'batchNorm',
      () => runOp(gpu, 'batchNorm', { x: value(2, 3), scale: value(2), offset: value(3) }),
      /batchNorm: 'scale' must be \[3\].*got \[2\]/,
    ],
    ['maxPool2d', () => runOp(gpu, 'maxPool2d', { x: value(1, 2, 2, 1) }, { size: [3, 3] }), /maxPool2d.*3 does not fit.*2/],
    ['concat', () => runOp(gpu, 'concat', { a: value(2, 3), b: value(3, 3) }), /concat: 'b' is \[3, 3\] and 'a' \[2, 3\]/],
    ['a missing input', () => runOp(gpu, 'dense', wrong({ x: value(2, 3) })), /dense: input 'weights' is missing/],
    [
      'data of another length',
      () => runOp(gpu, 'relu', { x: { shape: [3], data: new Float32Array(2) } }),
      /relu: 'x' has shape \[3\].*3 elements, but its data has 2/,
    ],
  ];
  for (const [name, call, message] of refused)
    test(name, async () => {
      await expect(call()).rejects.toThrow(ShapeError);
      await expect(call()).rejects.toThrow(message);
    });

  test('also for attributes, labels and names', async () => {
    const logits = value(1, 3);
    await expect(runOp(gpu, 'softmaxCrossEntropy', { logits, labels: { shape: [1], data: Float32Array.of(3) } })).rejects.toThrow(
      /label 0 is 3.*0 to 2/,
    );
    await expect(runOp(gpu, 'dropout', { x: logits }, { rate: 1, seed: 0, step: 0 })).rejects.toThrow(
      /dropout: rate must be.*got 1/,
    );
    await expect(runOp(gpu, 'relu', { x: logits }, wrong({ slope: 1 }))).rejects.toThrow(/relu: unknown attribute 'slope'/);
    await expect(runOp(gpu, wrong<'relu'>('mish'), { x: logits })).rejects.toThrow(/no operation 'mish'; there are conv2d/);
  });
});
