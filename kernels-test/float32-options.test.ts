import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parameter } from '../src/graph.ts';
import {
  adam,
  batchNorm,
  constant,
  conv2d,
  dataset,
  dense,
  dropout,
  type Gpu,
  model,
  normal,
  OptionError,
  runOp,
  sgd,
  type TrainerOptions,
  trainer,
  truncatedNormal,
} from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const MODEL = model([4], [dense(3)]);
const x = { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) };
const ones = { shape: [2], data: Float32Array.of(1, 1) };
const train = (options: Partial<TrainerOptions>) =>
  trainer(gpu, MODEL, { batch: 2, optimizer: sgd({ learningRate: 0.1 }), ...options });
const data = { inputShape: [1], classes: 2, x: Uint8Array.of(1, 2), y: Uint8Array.of(0, 1) };
const leaky = (slope: number) => ({ type: 'leakyRelu', slope }) as const;

type Use = (value: number) => unknown;

/** Every option that becomes a float32; `large` where one above 3.4e38 is in its range. */
const OPTIONS: readonly { name: RegExp; use: Use; large?: boolean }[] = [
  { name: /adam: learningRate/, use: (learningRate) => adam({ learningRate }), large: true },
  { name: /adam: beta1/, use: (beta1) => adam({ beta1 }) },
  { name: /adam: beta2/, use: (beta2) => adam({ beta2 }) },
  { name: /adam: epsilon/, use: (epsilon) => adam({ epsilon }), large: true },
  { name: /sgd: learningRate/, use: (learningRate) => sgd({ learningRate }), large: true },
  { name: /sgd: momentum/, use: (momentum) => sgd({ learningRate: 1, momentum }) },
  { name: /trainer: learningRates/, use: (rate) => train({ learningRates: [rate] }), large: true },
  { name: /trainer: labelSmoothing/, use: (labelSmoothing) => train({ labelSmoothing }) },
  { name: /schedule: factor/, use: (factor) => train({ schedule: { type: 'step', every: 1, factor } }), large: true },
  { name: /schedule: rate/, use: (rate) => train({ schedule: { type: 'exponential', every: 1, rate } }), large: true },
  { name: /schedule: floor/, use: (floor) => train({ schedule: { type: 'exponential', every: 1, rate: 1, floor } }) },
  { name: /schedule: floor/, use: (floor) => train({ schedule: { type: 'cosine', steps: 9, floor } }) },
  { name: /rotation/, use: (rotation) => train({ augment: { rotation } }) },
  { name: /fill/, use: (fill) => train({ augment: { shift: 1, fill } }) },
  { name: /erase: probability/, use: (probability) => train({ augment: { erase: { size: 1, probability } } }) },
  { name: /dropout: rate/, use: (rate) => dropout(rate) },
  { name: /batchNorm: momentum/, use: (momentum) => batchNorm({ momentum }) },
  { name: /batchNorm: epsilon/, use: (epsilon) => batchNorm({ epsilon }), large: true },
  { name: /dense: weightDecay/, use: (weightDecay) => dense(1, { weightDecay }), large: true },
  { name: /conv2d: the slope of leakyRelu/, use: (slope) => conv2d(1, 1, { activation: leaky(slope) }), large: true },
  { name: /dense: the stddev of init/, use: (stddev) => dense(1, { init: normal(stddev) }), large: true },
  { name: /dense: the stddev of biasInit/, use: (stddev) => dense(1, { biasInit: truncatedNormal(stddev) }), large: true },
  { name: /dense: the value of init/, use: (number) => dense(1, { init: constant(number) }), large: true },
  { name: /parameter 'w': weightDecay/, use: (weightDecay) => parameter('w', [1], normal(1), { weightDecay }), large: true },
  { name: /parameter 'w': the stddev/, use: (stddev) => parameter('w', [1], normal(stddev)), large: true },
  {
    name: /batchNorm: epsilon/,
    use: (epsilon) => runOp(gpu, 'batchNorm', { x, scale: ones, offset: ones }, { epsilon }),
    large: true,
  },
  { name: /the slope of leakyRelu/, use: (slope) => runOp(gpu, 'leakyRelu', { x }, { slope }), large: true },
  { name: /dropout: rate/, use: (rate) => runOp(gpu, 'dropout', { x }, { rate, seed: 1, step: 0 }) },
  {
    name: /softmaxCrossEntropy: labelSmoothing/,
    use: (labelSmoothing) => runOp(gpu, 'softmaxCrossEntropy', { logits: x, labels: ones }, { labelSmoothing }),
  },
  { name: /scale/, use: (scale) => dataset({ ...data, scale }), large: true },
  { name: /offset/, use: (offset) => dataset({ ...data, offset }), large: true },
];

describe('an option that float32 cannot hold is refused by its name', () => {
  OPTIONS.forEach(({ name, use, large }, index) => {
    const attempt = async (value: number) => use(value);
    test(`${index} ${name.source}`, async () => {
      await expect(attempt(1e-50)).rejects.toThrow(OptionError);
      await expect(attempt(1e-50)).rejects.toThrow(name);
      await expect(attempt(1e-50)).rejects.toThrow(/1e-50, which vanishes in float32; it holds 0 and magnitudes from 1\.18e-38/);
      // Below the smallest normal number a GPU may take it for 0.
      await expect(attempt(1e-40)).rejects.toThrow(/1e-40, which vanishes/);
      if (!large) return;
      await expect(attempt(1e39)).rejects.toThrow(name);
      await expect(attempt(1e39)).rejects.toThrow(/1e\+39, which overflows in float32/);
    });
  });

  test('and one that must be below 1 and is 1 in float32', () => {
    expect(() => adam({ beta2: 1 - 1e-9 })).toThrow(
      /adam: beta2 must be at least 0 and below 1, got 0\.999999999, which is 1 in float32/,
    );
    expect(() => sgd({ learningRate: 1, momentum: 1 - 1e-9 })).toThrow(/sgd: momentum .*1 in float32/);
  });

  test('0 and the smallest and largest of float32 are taken', () => {
    expect(sgd({ learningRate: 2 ** -126, momentum: 0 })).toMatchObject({ learningRate: 2 ** -126 });
    expect(sgd({ learningRate: 3.4e38 })).toMatchObject({ learningRate: 3.4e38 });
  });
});
