import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elements } from '../src/core/value.ts';
import { Workspace } from '../src/gpu/workspace.ts';
import { parameterNode } from '../src/graph/sources.ts';
import { compile, input, parameter, zeros } from '../src/graph.ts';
import { segmentTable } from '../src/kernels/segment-table.ts';
import { parametersOf } from '../src/model/resolve.ts';
import {
  adam,
  conv2d,
  type Dataset,
  dataset,
  dense,
  flatten,
  type Gpu,
  model,
  predictor,
  runOp,
  type Trainer,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { ParameterStore } from '../src/plan/parameters.ts';
import { segmentsOf } from '../src/plan/segments.ts';
import { ResidentData } from '../src/train/resident.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { withGrids } from './support/grids.ts';
import { refusal, smaller } from './support/limits.ts';
import { mixed } from './support/models.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

describe('on an adapter with small buffers', () => {
  const MODEL = mixed();
  const DATA = noise(23, MODEL.input, 5);
  const OPTIONS: TrainerOptions = { batch: 4, optimizer: adam({ learningRate: 0.01 }), seed: 3 };

  async function trained(on: Gpu, use: (training: Trainer) => void) {
    const training = await trainer(on, MODEL, OPTIONS);
    for await (const _ of training.fit(DATA, { steps: 8 }));
    use(training);
    const { tensors } = await training.checkpoint();
    const result = { tensors, weights: await training.weights(), evaluation: await training.evaluate(DATA) };
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
    const got = await trained(smaller(gpu, limit), ({ plan }) => {
      expect(Math.max(...plan.arenas)).toBeLessThanOrEqual(limit);
      expect(plan.arenas.length).toBeGreaterThan(arenas);
    });
    // A checkpoint is read back through more than one buffer.
    expect([...got.tensors.values()].reduce((bytes, { data }) => bytes + data.byteLength, 0)).toBeGreaterThan(limit);
    expect(got).toEqual(expected);
  });

  async function evaluated(on: Gpu, data: Dataset, batch: number) {
    const training = await trainer(on, model(data.inputShape as [number], [dense(2)]), { batch, optimizer: adam(), seed: 1 });
    const evaluation = await training.evaluate(data);
    await training.destroy();
    return evaluation;
  }

  test('bytes are cut where a buffer is full, within a word too', async () => {
    // 5 bytes a sample: parts of 819 samples in 4,095 bytes.
    const x = Uint8Array.from({ length: 5 * 2730 }, (_, i) => (i * 7) % 256);
    const data = dataset({ inputShape: [5], classes: 2, x, y: new Uint8Array(2730).map((_, i) => i % 2) });
    expect(await evaluated(smaller(gpu, 4096), data, 8)).toEqual(await evaluated(gpu, data, 8));
  });

  test('one sample is enough for a part', async () => {
    const x = Float32Array.from({ length: 3 * 500 }, (_, i) => Math.sin(i));
    const data = dataset({ inputShape: [500], classes: 2, x, y: new Uint8Array([0, 1, 1]) });
    expect(await evaluated(smaller(gpu, 4096), data, 1)).toEqual(await evaluated(gpu, data, 1));
  });

  test("parameters are in groups of which the optimizer's table fits too", () => {
    const workspace = new Workspace(smaller(gpu, 65_536), 'test');
    const values = Array.from({ length: 110 }, (_, index) =>
      parameterNode({ name: `p${index}`, shape: [4], initial: () => new Float32Array(4), trainable: true, weightDecay: 0 }),
    );
    // 16 replicas: 28,160 bytes of values, 70,400 of the table.
    const splits = new Map(values.map((one) => [one, 1]));
    try {
      const store = new ParameterStore(workspace, values, { replicas: 16, splits, moments: 0 });
      const bytes = store.groups.map(
        ({ members }) => segmentTable(segmentsOf(members, store.options), { type: 'constant' }).words.byteLength,
      );
      expect(bytes.length).toBe(2);
      expect(Math.max(...bytes)).toBeLessThanOrEqual(65_536);
    } finally {
      workspace.destroy();
    }
  });
});

describe('what exceeds a limit is refused with limit, need and value, before anything is allocated', () => {
  const binding = () => gpu.limits.maxStorageBufferBindingSize;

  test('a dense layer with too many weights', async () => {
    const units = Math.ceil(binding() / 64) + 64;
    const m = model([16], [dense(units), dense(2)]);
    const { error, buffers } = await refusal(gpu, () => trainer(gpu, m, { batch: 1, optimizer: adam() }));
    expect(buffers).toBe(0);
    expect(error).toMatchObject({ limit: 'maxStorageBufferBindingSize', available: binding() });
    expect(error.requested).toBeGreaterThan(binding());
    expect(error.message).toMatch(/dense_1\/weights.*\d+.*maxStorageBufferBindingSize is \d+.*smaller layer/);
  });

  test('a batch whose activations are too large', async () => {
    const m = model([64, 64, 1], [conv2d(64, 1)]);
    const batch = Math.ceil(binding() / (64 * 64 * 64 * 4)) + 1;
    const { error, buffers } = await refusal(gpu, () => trainer(gpu, m, { batch, optimizer: adam(), loss: 'meanSquaredError' }));
    expect(buffers).toBe(0);
    expect(error).toMatchObject({ limit: 'maxStorageBufferBindingSize', available: binding() });
    expect(error.message).toMatch(/\d\d% of these would fit.*batch/);
  });

  test('in a predictor, a program and a single operation too', async () => {
    const small = smaller(gpu, 4096);
    const m = model([32], [dense(64)]);
    const weights = new Map([
      ['dense_1/weights', { shape: [32, 64], data: new Float32Array(32 * 64) }],
      ['dense_1/bias', { shape: [64], data: new Float32Array(64) }],
    ]);
    expect(await refusal(gpu, () => predictor(small, m, weights))).toMatchObject({ buffers: 0 });
    const x = { shape: [1025], data: new Float32Array(1025) };
    expect((await refusal(gpu, () => runOp(small, 'relu', { x }))).error.requested).toBe(4100);
    const wide = parameter('wide', [2000], zeros());
    expect(await refusal(gpu, () => compile(small, { outputs: { wide } }))).toMatchObject({ buffers: 0 });
    expect((await refusal(gpu, () => compile(small, { outputs: { x: input('x', [2000]) } }))).error.limit).toBe(
      'maxStorageBufferBindingSize',
    );
  });

  test('a dispatch of too many replicas, groups and partial sums', async () => {
    const { error, buffers } = await refusal(gpu, () =>
      trainer(withGrids(gpu, 4), model([4], [dense(2)]), { batch: 3, replicas: 6, optimizer: adam() }),
    );
    expect(buffers).toBe(0);
    expect(error).toMatchObject({ limit: 'maxComputeWorkgroupsPerDimension', available: 4, requested: 6 });
    expect(error.message).toMatch(/third dimension.*This would fit: a batch of 3 in 4 replicas\./);
  });

  test('one of more work than two dimensions hold', async () => {
    const { error, buffers } = await refusal(gpu, () =>
      trainer(withGrids(gpu, 8), model([4, 4, 1], [conv2d(8, 3, { padding: 'same' }), flatten(), dense(2)]), {
        batch: 2000,
        optimizer: adam(),
      }),
    );
    expect(buffers).toBe(0);
    expect(error).toMatchObject({ limit: 'maxComputeWorkgroupsPerDimension', available: 8 });
    expect(error.message).toMatch(/second dimension.*% of the work would fit.*This would fit: a batch of \d+\./);
  });

  test('more than 32-bit indices reach, on an adapter that has more', async () => {
    const { error, buffers } = await refusal(gpu, () =>
      compile(smaller(gpu, 2 ** 40), { outputs: { x: input('x', [2 ** 30]) } }),
    );
    expect(buffers).toBe(0);
    expect(error).toMatchObject({ limit: 'maxIndexedBytes', available: 2 ** 32 - 4, requested: 2 ** 32 });
    expect(error.message).toMatch(/needs 4294967296, but the engine's maxIndexedBytes is 4294967292/);
  });

  test('a sample that no buffer holds', async () => {
    const data = dataset({ inputShape: [500], classes: 2, x: new Float32Array(500), y: new Uint8Array(1) });
    const { error } = await refusal(gpu, () => ResidentData.create(smaller(gpu, 1024), data));
    expect(error).toMatchObject({ available: 1024, requested: 2000 });
    expect(error.message).toMatch(/A sample of data set.*51% of these would fit/);
  });

  test('a training of a batch or of replicas, and what is said to fit does, and no more', async () => {
    const small = smaller(gpu, 65_536);
    const m = model([8, 8, 1], [conv2d(4, 3, { activation: 'relu' }), flatten(), dense(2)]);
    const begin = async (batch: number, replicas: number) => {
      const training = await trainer(small, m, { batch, replicas, optimizer: adam() });
      await training.destroy();
    };
    const { error, buffers } = await refusal(gpu, () => begin(100, 3));
    expect(buffers).toBe(0);
    const [, batch, replicas] = /This would fit: a batch of (\d+) in 3 replicas, or a batch of 100 in (one|\d) replicas?/.exec(
      error.message,
    ) ?? [error.message];
    expect(replicas).toBe('one');
    await begin(Number(batch), 3);
    await refusal(gpu, () => begin(Number(batch) + 1, 3));
    await begin(100, 1);
    await refusal(gpu, () => begin(100, 2));
  });

  test('an evaluation, with the batch that would fit', async () => {
    const m = model([32], [dense(64), dense(2)]);
    const weights = new Map(parametersOf(m).map(({ name, shape }) => [name, { shape, data: new Float32Array(elements(shape)) }]));
    const network = await predictor(smaller(gpu, 8192), m, weights, { batch: 100 });
    const x = { shape: [1, 32], data: new Float32Array(32) };
    // 64 floats a sample, behind the first layer.
    expect((await refusal(gpu, () => network.predict(x))).error.message).toMatch(/This would fit: a batch of 32\./);
    await network.destroy();
  });
});
