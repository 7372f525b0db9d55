import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, input, parameter, zeros } from '../src/graph.ts';
import {
  adam,
  conv2d,
  dataset,
  dense,
  type Gpu,
  LimitError,
  model,
  predictor,
  runOp,
  type Trainer,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { mixed } from './support/models.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** The same device, as if its buffers and bindings could hold no more than this. */
function smaller(bytes: number): Gpu {
  const limits = { maxBufferSize: bytes, maxStorageBufferBindingSize: bytes, minStorageBufferOffsetAlignment: 256 };
  return Object.create(gpu, { limits: { value: limits } });
}

describe('on an adapter with small buffers', () => {
  const MODEL = mixed();
  const DATA = noise(23, MODEL.input, 5);
  const OPTIONS: TrainerOptions = { batch: 4, optimizer: adam({ learningRate: 0.01 }), seed: 3 };

  async function trained(on: Gpu, use: (training: Trainer) => void) {
    const training = await trainer(on, MODEL, OPTIONS);
    for await (const _ of training.fit(DATA, { steps: 8 }));
    use(training);
    const result = { weights: await training.weights(), evaluation: await training.evaluate(DATA) };
    await training.destroy();
    return result;
  }

  test('a training over several arenas, groups of parameters and parts of the data set gives the same bits', async () => {
    // 11,776 bytes of data, and tensors of up to 10,240 bytes.
    const limit = 10_240;
    let arenas = 0;
    const expected = await trained(gpu, ({ plan }) => {
      arenas = plan.arenas.length;
      expect(Math.max(...plan.arenas)).toBeGreaterThan(limit);
    });
    const got = await trained(smaller(limit), ({ plan }) => {
      expect(Math.max(...plan.arenas)).toBeLessThanOrEqual(limit);
      expect(plan.arenas.length).toBeGreaterThan(arenas);
    });
    expect(got).toEqual(expected);
  });

  test('bytes are cut at whole words', async () => {
    // 3 bytes a sample: parts of 1,364 samples, the last of 2 samples and 6 bytes.
    const x = Uint8Array.from({ length: 3 * 2730 }, (_, i) => (i * 7) % 256);
    const data = dataset({ inputShape: [3], classes: 2, x, y: new Uint8Array(2730).map((_, i) => i % 2) });
    const evaluate = async (on: Gpu) => {
      const training = await trainer(on, model([3], [dense(2)]), { batch: 8, optimizer: adam(), seed: 1 });
      const evaluation = await training.evaluate(data);
      await training.destroy();
      return evaluation;
    };
    expect(await evaluate(smaller(4096))).toEqual(await evaluate(gpu));
  });
});

describe('what exceeds a limit is refused with limit, need and value, before anything is allocated', () => {
  /** The LimitError of a request, and how many buffers it made. */
  async function refusal(request: () => Promise<unknown>): Promise<{ error: LimitError; buffers: number }> {
    const prototype = Object.getPrototypeOf(gpu.device);
    const original = Object.getOwnPropertyDescriptor(prototype, 'createBuffer') as PropertyDescriptor;
    let buffers = 0;
    Object.defineProperty(prototype, 'createBuffer', {
      ...original,
      value(this: GPUDevice, descriptor: GPUBufferDescriptor) {
        buffers++;
        return original.value.call(this, descriptor);
      },
    });
    try {
      await request();
    } catch (error) {
      expect(error).toBeInstanceOf(LimitError);
      return { error: error as LimitError, buffers };
    } finally {
      Object.defineProperty(prototype, 'createBuffer', original);
    }
    throw new Error('Nothing was refused');
  }

  const binding = () => gpu.limits.maxStorageBufferBindingSize;

  test('a dense layer with too many weights', async () => {
    const units = Math.ceil(binding() / 64) + 64;
    const m = model([16], [dense(units), dense(2)]);
    const { error, buffers } = await refusal(() => trainer(gpu, m, { batch: 1, optimizer: adam() }));
    expect(buffers).toBe(0);
    expect(error).toMatchObject({ limit: 'maxStorageBufferBindingSize', available: binding() });
    expect(error.requested).toBeGreaterThan(binding());
    expect(error.message).toMatch(/dense_1\/weights.*\d+.*maxStorageBufferBindingSize is \d+.*smaller layer/);
  });

  test('a batch whose activations are too large', async () => {
    const m = model([64, 64, 1], [conv2d(64, 1)]);
    const batch = Math.ceil(binding() / (64 * 64 * 64 * 4)) + 1;
    const { error, buffers } = await refusal(() => trainer(gpu, m, { batch, optimizer: adam(), loss: 'meanSquaredError' }));
    expect(buffers).toBe(0);
    expect(error).toMatchObject({ limit: 'maxStorageBufferBindingSize', available: binding() });
    expect(error.message).toMatch(/\d\d% of these would fit.*batch/);
  });

  test('in a predictor, a program and a single operation too', async () => {
    const small = smaller(4096);
    const m = model([32], [dense(64)]);
    const weights = new Map([
      ['dense_1/weights', { shape: [32, 64], data: new Float32Array(32 * 64) }],
      ['dense_1/bias', { shape: [64], data: new Float32Array(64) }],
    ]);
    expect(await refusal(() => predictor(small, m, weights))).toMatchObject({ buffers: 0 });
    const x = { shape: [1025], data: new Float32Array(1025) };
    expect((await refusal(() => runOp(small, 'relu', { x }))).error.requested).toBe(4100);
    const wide = parameter('wide', [2000], zeros());
    expect(await refusal(() => compile(small, { outputs: { wide } }))).toMatchObject({ buffers: 0 });
    expect((await refusal(() => compile(small, { outputs: { x: input('x', [2000]) } }))).error.limit).toBe(
      'maxStorageBufferBindingSize',
    );
  });
});
