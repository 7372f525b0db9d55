import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { layerKernels } from '../bench/kernels/layers.ts';
import { trainingKernels } from '../bench/kernels/training.ts';
import { countedFamilies, operationsOf } from '../src/kernels/operations.ts';
import {
  adam,
  conv2d,
  dense,
  digits,
  flatten,
  type Gpu,
  LimitError,
  maxPool2d,
  model,
  OptionError,
  type Trainer,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { mixed } from './support/models.ts';

// Dropout, batch normalisation, branches; an epoch is 4 steps, the last of 2 samples.
const MODEL = mixed();
/** Of layers that have integers. */
const PLAIN = model(MODEL.input, [conv2d(4, 3, { activation: 'relu' }), flatten(), dense(5)]);
const DATA = noise(14, MODEL.input, 5);
const OPTIONS: TrainerOptions = { batch: 4, optimizer: adam({ learningRate: 0.01 }), seed: 21 };

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const timed = () => gpu.features.has('timestamp-query');

/** What a training of six steps ends with, timed before, in between and after, or not. */
async function trained(withTimes: boolean, options: Partial<TrainerOptions>) {
  await using training = await trainer(gpu, options.quantization ? PLAIN : MODEL, { ...OPTIONS, ...options });
  const time = async () => withTimes && (await training.kernelTimes(DATA, { budgetMs: 20 }));
  await time();
  const first = await training.fit(DATA, { steps: 3, validate: DATA });
  await time();
  const second = await training.fit(DATA, { steps: 3, validate: DATA });
  await time();
  const last = { ...(await training.checkpoint()), weights: await training.weights(), losses: [first.loss, second.loss] };
  return { ...last, validation: second.validation };
}

describe('kernelTimes', () => {
  test.each<[string, Partial<TrainerOptions>]>([
    ['a training', {}],
    ['replicas with averages and clipped gradients', { replicas: 2, averaging: { decay: 0.9 }, clipNorm: 1 }],
    ['mixed precision', { precision: 'mixed' }],
    ['weights of four bits', { quantization: { weights: 4 } }],
  ])('changes no bit of what %s ends with', async (_, options) => {
    if (!timed() || (options.precision === 'mixed' && !gpu.features.has('shader-f16'))) return;
    expect(await trained(true, options)).toEqual(await trained(false, options));
  });

  test('names each dispatch of the step in its order, with its time, its work and the bytes it binds', async ({ skip }) => {
    if (!timed()) return skip();
    const { train } = digits({ train: 1000, test: 1 });
    const network = model([28, 28, 1], [conv2d(4, 5), maxPool2d(2), flatten(), dense(10)]);
    await using training = await trainer(gpu, network, { batch: 50, optimizer: adam(), seed: 1 });
    const { kernels, repeats } = await training.kernelTimes(train, { budgetMs: 50 });
    expect(repeats).toBeGreaterThanOrEqual(1);
    expect(kernels).toHaveLength(training.plan.dispatches);
    const names = kernels.map(({ name }) => name);
    expect(names[0]).toBe('batch/gather');
    expect(names.slice(1, -1)).toEqual(training.plan.kernels.map(({ name }) => name));
    expect(names.at(-1)).toBe('batch/finish');
    for (const { ms, bytes } of kernels) {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(bytes).toBeGreaterThan(0);
    }
    expect(kernels.reduce((sum, { ms }) => sum + ms, 0)).toBeGreaterThan(0);
    // A batch of bytes is read as floats: 50 images of 784 pixels and their labels, in and out.
    expect(kernels[0]?.bytes).toBe(2 * 4 * 50 * (784 + 1));
    // The convolution forwards and by its filter, the dense layer forwards and by weights (with a row of ones, for the bias) and input.
    const counted = kernels.flatMap(({ operations = 0 }) => operations);
    const convolution = 2 * 50 * 24 * 24 * 25 * 4;
    const product = 2 * 50 * 576 * 10;
    const sum = counted.reduce((total, one) => total + one, 0);
    expect(sum).toBeGreaterThanOrEqual(convolution + 3 * product);
    expect(sum).toBeLessThanOrEqual(2 * convolution + 3 * product + 2 * 50 * 10);
  });

  test('counts the operations of each family of convolutions and products as the benchmark does', () => {
    const seen = new Set<string>();
    for (const kind of ['cpu', 'gpu'] as const) {
      const capabilities = { ...gpu.capabilities, kind };
      const networks = (['W1', 'W2', 'W3', 'W4'] as const).flatMap((name) => trainingKernels(name, capabilities));
      for (const { family, key, case: counted } of [...networks, ...layerKernels(capabilities, true)]) {
        if (!countedFamilies.includes(family)) continue;
        seen.add(family);
        const problem = JSON.parse(key.slice(family.length).replaceAll('"layer"', '"layer":0')) as object;
        expect([key, operationsOf({ family, problem })]).toEqual([key, counted.operations]);
      }
    }
    expect([...seen].sort()).toEqual([...countedFamilies].sort());
  });

  test('is refused where a fit runs, and a fit while it runs', async ({ skip }) => {
    if (!timed()) return skip();
    await using training = await trainer(gpu, MODEL, OPTIONS);
    for await (const _ of training.fit(DATA, { steps: 2, reportEvery: 1 })) {
      await expect(training.kernelTimes(DATA)).rejects.toThrow(OptionError);
      await expect(training.kernelTimes(DATA)).rejects.toThrow('a fit of this trainer is under way');
    }
    const times = training.kernelTimes(DATA, { budgetMs: 5 });
    await expect(training.fit(DATA, { steps: 1 })).rejects.toThrow('are being timed');
    await expect(training.kernelTimes(DATA)).rejects.toThrow('are being timed already');
    await times;
    await training.fit(DATA, { steps: 1 });
    expect(training.step).toBe(3);
  });

  test('says what a device without timestamps tells instead', async () => {
    const before = process.env.PAREDOWN_DEFAULT_LIMITS;
    process.env.PAREDOWN_DEFAULT_LIMITS = '1';
    try {
      await using plain = await openTestGpu();
      await using training = await trainer(plain, MODEL, OPTIONS);
      await expect(training.kernelTimes(DATA)).rejects.toThrow(LimitError);
      await expect(training.kernelTimes(DATA)).rejects.toThrow('stepMs');
    } finally {
      if (before === undefined) delete process.env.PAREDOWN_DEFAULT_LIMITS;
      else process.env.PAREDOWN_DEFAULT_LIMITS = before;
    }
  });

  test.each<[string, (training: Trainer) => Promise<unknown>, string]>([
    ['a budget of nothing', (training) => training.kernelTimes(DATA, { budgetMs: 0 }), 'budgetMs must be'],
    ['an unknown option', (training) => training.kernelTimes(DATA, { budget: 1 } as object), "'budget'"],
    ['other data', (training) => training.kernelTimes(noise(14, [3], 5)), 'the model takes'],
    ['an aborted signal', (training) => training.kernelTimes(DATA, { signal: AbortSignal.abort() }), 'abort'],
  ])('refuses %s', async (_, call, message) => {
    await using training = await trainer(gpu, MODEL, OPTIONS);
    await expect(call(training)).rejects.toThrow(message);
    await training.fit(DATA, { steps: 1 });
  });
});
