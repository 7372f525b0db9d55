import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Workspace } from '../src/gpu/workspace.ts';
import { compile, input, relu } from '../src/graph.ts';
import {
  adam,
  conv2d,
  dataset,
  dense,
  flatten,
  type Gpu,
  GpuError,
  LimitError,
  model,
  OptionError,
  predictor,
  runOp,
  type Trainer,
  trainer,
  type Value,
  type Weights,
} from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { failingAllocation } from './support/failing-allocation.ts';
import { openTestGpu } from './support/gpu.ts';

const MODEL = model([3], [dense(2, { name: 'd' })]);
const WEIGHTS: Weights = new Map([
  ['d/weights', { shape: [3, 2], data: Float32Array.of(1, 0, 0, 1, 1, 1) }],
  ['d/bias', { shape: [2], data: new Float32Array(2) }],
]);
const X: Value = { shape: [1, 3], data: Float32Array.of(1, 2, 3) };
const DATA = noise(40, [3], 2);

let gpu: Gpu;
/** Every error that no scope caught: there must be none. */
const uncaptured: string[] = [];
beforeAll(async () => {
  gpu = await openTestGpu();
  gpu.device.addEventListener('uncapturederror', (event) => {
    event.preventDefault();
    uncaptured.push(event.error.message);
  });
});
afterAll(() => gpu?.destroy());

/** What others on the same Gpu do, before and after a mistake. */
async function othersWork<T>(mistake: () => Promise<T>): Promise<T> {
  const predicting = await predictor(gpu, MODEL, WEIGHTS);
  const training = await trainer(gpu, MODEL, { batch: 8, optimizer: adam(), seed: 1 });
  for await (const _ of training.fit(DATA, { steps: 2 }));
  const program = await compile(gpu, { outputs: { y: relu({ x: input('x', [2]) }) } });
  try {
    return await mistake();
  } finally {
    expect([...(await predicting.predict(X)).data]).toEqual([4, 5]);
    for await (const _ of training.fit(DATA, { steps: 2 }));
    expect(training.step).toBe(4);
    expect((await training.weights()).size).toBe(2);
    const run = await program.run({ x: { shape: [2], data: Float32Array.of(-1, 1) } });
    expect([...(run.y?.data ?? [])]).toEqual([0, 1]);
    expect([...(await runOp(gpu, 'relu', { x: X })).data]).toEqual([1, 2, 3]);
    const fresh = await predictor(gpu, MODEL, WEIGHTS);
    expect([...(await fresh.predict(X)).data]).toEqual([4, 5]);
    for (const one of [predicting, training, program, fresh]) await one.destroy();
    expect(uncaptured).toEqual([]);
  }
}

describe('what is destroyed while it works ends that work first, takes no more, and disturbs nobody', () => {
  test('a predictor', () =>
    othersWork(async () => {
      const first = await predictor(gpu, MODEL, WEIGHTS, { batch: 4 });
      const running = first.predict({ shape: [100, 3], data: new Float32Array(300).fill(1) });
      const destroyed = first.destroy();
      await expect(first.predict(X)).rejects.toThrow(/predictor was destroyed/);
      expect((await running).data).toEqual(new Float32Array(200).fill(2));
      await destroyed;
      await expect(first.predict(X)).rejects.toThrow(OptionError);
    }));

  test('a predictor that evaluates', () =>
    othersWork(async () => {
      const first = await predictor(gpu, MODEL, WEIGHTS, { batch: 1 });
      const running = first.evaluate(DATA);
      await first.destroy();
      expect((await running).accuracy).toBeGreaterThanOrEqual(0);
    }));

  test('a trainer that trains', () =>
    othersWork(async () => {
      const training = await trainer(gpu, MODEL, { batch: 8, optimizer: adam() });
      await expect(
        (async () => {
          for await (const { step } of training.fit(DATA, { steps: 100_000, reportEvery: 10 }))
            if (step === 20) training.destroy();
        })(),
      ).rejects.toThrow(/trainer was destroyed/);
    }));

  test('a trainer that is read, twice at once', () =>
    othersWork(async () => {
      const training = await trainer(gpu, MODEL, { batch: 8, optimizer: adam() });
      const reading = Promise.all([training.weights(), training.evaluate(DATA), training.checkpoint()]);
      await Promise.all([training.destroy(), training.destroy()]);
      const [weights, evaluation, checkpoint] = await reading;
      expect([weights.size, evaluation.replicas.length]).toEqual([2, 1]);
      expect(checkpoint.tensors.size).toBeGreaterThan(2);
    }));
});

describe('a command that the driver refuses', () => {
  test('fails whoever gave it, once, as a GpuError', () =>
    othersWork(async () => {
      const workspace = new Workspace(gpu, 'test');
      const buffer = workspace.createBuffer('small', 16, 0);
      workspace.write(buffer, 0, new Float32Array(4));
      await expect(workspace.settled()).rejects.toThrow(GpuError);
      await workspace.settled();
      workspace.destroy();
    }));

  test('a shader that does not compile names its kernel and line, and can be asked for again', () =>
    othersWork(async () => {
      const kernel = {
        name: 'test/broken',
        code: '@compute @workgroup_size(1) fn main() {\n  let x: u32 = 1.5;\n}',
        bindings: [],
        workgroups: [1, 1, 1],
      } as const;
      for (let time = 0; time < 2; time++)
        await expect(gpu.pipelines.get(kernel)).rejects.toThrow(
          /test\/broken did not compile:\n {2}line 2: [\s\S]*let x: u32 = 1\.5/,
        );
    }));
});

describe('memory that the device does not have is a LimitError, and leaves the rest as it was', () => {
  const IMAGES = model([8, 8, 1], [conv2d(4, 3), flatten(), dense(3)]);
  const SAMPLES = noise(24, [8, 8, 1], 3);
  const options = { batch: 8, optimizer: adam(), seed: 1 };

  /** The LimitError of what needs a buffer of this label while there is no memory for it. */
  async function refused(label: RegExp, request: () => Promise<unknown>, frees = true): Promise<LimitError> {
    const failing = failingAllocation(gpu, label);
    try {
      await request();
    } catch (error) {
      expect(error).toBeInstanceOf(LimitError);
      expect(error).toMatchObject({ limit: 'device memory', available: Number.NaN });
      return error as LimitError;
    } finally {
      failing.end();
      if (frees) expect(failing.made).toBe(failing.freed);
    }
    throw new Error('Nothing was refused');
  }

  for (const label of ['parameters', 'moments 1', 'gradients', 'activations', 'training state', 'metrics', 'optimizer table'])
    test(`a trainer without ${label}`, () =>
      othersWork(async () => {
        const { requested, message } = await refused(new RegExp(`^${label}`), () => trainer(gpu, IMAGES, options));
        expect(requested).toBeGreaterThan(0);
        expect(message).toContain(`needs ${requested} bytes of device memory`);
      }));

  for (const label of ['parameters', 'activations'])
    test(`a predictor, a program and an operation without ${label}`, () =>
      othersWork(async () => {
        await refused(new RegExp(`^${label}`), async () => {
          const predicting = await predictor(gpu, MODEL, WEIGHTS);
          try {
            await predicting.predict(X);
          } finally {
            await predicting.destroy();
          }
        });
        if (label === 'activations') {
          await refused(/^activations/, () => compile(gpu, { outputs: { y: relu({ x: input('x', [2]) }) } }));
          await refused(/^activations/, () => runOp(gpu, 'relu', { x: X }));
        }
      }));

  async function losses(training: Trainer): Promise<number[]> {
    const found: number[] = [];
    for await (const { loss } of training.fit(SAMPLES, { steps: 3, reportEvery: 1 })) found.push(loss);
    return found;
  }

  test('a data set that does not fit fails that fit; the next one trains as if nothing had been', () =>
    othersWork(async () => {
      const expected = await trainer(gpu, IMAGES, options);
      const training = await trainer(gpu, IMAGES, options);
      for (const label of [/^data set/, /^targets/]) await refused(label, () => losses(training));
      expect(await losses(training)).toEqual(await losses(expected));
      for (const one of [training, expected]) await one.destroy();
    }));

  test('an evaluation that does not fit leaves the weights, and succeeds when it fits', () =>
    othersWork(async () => {
      const training = await trainer(gpu, IMAGES, options);
      await losses(training);
      const before = await training.weights();
      for (const label of [/^activations/, /^metrics/]) await refused(label, () => training.evaluate(SAMPLES));
      // The plan is made by now, and stays.
      for (const label of [/^confusion/, /^readback/]) await refused(label, () => training.evaluate(SAMPLES), false);
      expect(await training.weights()).toEqual(before);
      expect((await training.checkpoint()).tensors.size).toBeGreaterThan(before.size);
      expect((await training.evaluate(SAMPLES)).confusion?.length).toBe(3);
      await training.destroy();
    }));
});

describe('what one call meets, others of the same owner do not', () => {
  test('a run of a program without memory for its outputs fails alone', () =>
    othersWork(async () => {
      const program = await compile(gpu, { outputs: { y: relu({ x: input('x', [2]) }) } });
      const x = { shape: [2], data: Float32Array.of(-1, 1) };
      const fine = program.run({ x });
      const failing = failingAllocation(gpu, /^readback/);
      const without = program.run({ x });
      failing.end();
      await expect(without).rejects.toBeInstanceOf(LimitError);
      expect([...((await fine).y?.data ?? [])]).toEqual([0, 1]);
      await program.destroy();
    }));

  test('a fit goes on beside a reading of weights for which there is no memory', () =>
    othersWork(async () => {
      const training = await trainer(gpu, MODEL, { batch: 8, optimizer: adam() });
      for await (const _ of training.fit(DATA, { steps: 60, reportEvery: 2 })) {
        const failing = failingAllocation(gpu, /^readback/);
        const reading = training.weights();
        failing.end();
        await expect(reading).rejects.toBeInstanceOf(LimitError);
      }
      expect(training.step).toBe(60);
      await training.destroy();
    }));

  test('a fit that fails before its first step changes nothing of the next', () =>
    othersWork(async () => {
      const options = { batch: 8, optimizer: adam(), seed: 1 };
      const losses = async (fails: boolean) => {
        const training = await trainer(gpu, MODEL, options);
        const found: number[] = [];
        for await (const { loss } of training.fit(DATA, { steps: 3, reportEvery: 1 })) found.push(loss);
        if (fails) {
          const failing = failingAllocation(gpu, /^no workgroups/);
          await expect(training.fit(noise(30, [3], 2), { steps: 1 }).then()).rejects.toBeInstanceOf(LimitError);
          failing.end();
        }
        for await (const { loss } of training.fit(DATA, { steps: 3, reportEvery: 1 })) found.push(loss);
        await training.destroy();
        return found;
      };
      expect(await losses(true)).toEqual(await losses(false));
    }));

  test('weights and place are not changed under an evaluation', async () => {
    const training = await trainer(gpu, MODEL, { batch: 8, optimizer: adam() });
    const checkpoint = await training.checkpoint();
    const evaluating = training.evaluate(DATA);
    expect(() => training.setWeights(WEIGHTS)).toThrow(/an evaluation of this trainer is running/);
    expect(() => training.restore(checkpoint)).toThrow(/an evaluation of this trainer is running/);
    await evaluating;
    training.setWeights(WEIGHTS);
    training.restore(checkpoint);
    await training.destroy();
  });

  test('tuning that has no memory to measure in leaves the choice to the table', () =>
    othersWork(async () => {
      const failing = failingAllocation(gpu, /^tuning/);
      const training = await trainer(gpu, model([8, 8, 1], [conv2d(3, 3), flatten(), dense(2)]), {
        batch: 8,
        optimizer: adam(),
        tune: 'quick',
      });
      failing.end();
      await training.destroy();
    }));
});

describe('the confusion matrix of more classes than a binding holds', () => {
  const CLASSES = 6000;
  const MANY = dataset({
    inputShape: [2],
    x: Float32Array.from({ length: 20 }, (_, i) => i / 20),
    y: Int32Array.from({ length: 10 }, (_, i) => i),
    classes: CLASSES,
  });
  /** As WebGPU's defaults have it: the counts, 144 MB, do not fit. */
  const narrow = (): Gpu =>
    Object.create(gpu, {
      limits: { value: { maxBufferSize: 2 ** 30, maxStorageBufferBindingSize: 2 ** 27, minStorageBufferOffsetAlignment: 256 } },
    });

  test('is left out, as it is of more than 1,024, unless it is asked for: then a LimitError says what would fit', () =>
    othersWork(async () => {
      const training = await trainer(narrow(), model([2], [dense(CLASSES)]), { batch: 5, optimizer: adam() });
      const progress = [];
      for await (const one of training.fit(MANY, { steps: 2, validate: MANY })) progress.push(one);
      expect(progress.at(-1)?.validation?.accuracy).toBeGreaterThanOrEqual(0);
      const evaluation = await training.evaluate(MANY);
      expect(Math.abs(evaluation.loss - Math.log(CLASSES))).toBeLessThan(0.5);
      expect(evaluation.confusion).toBeUndefined();
      const error = await training.evaluate(MANY, { confusion: true }).catch((error) => error);
      expect(error).toBeInstanceOf(LimitError);
      expect(error).toMatchObject({ limit: 'maxStorageBufferBindingSize', available: 2 ** 27, requested: CLASSES ** 2 * 4 });
      expect(error.message).toMatch(/5792 classes would fit/);
      expect((await training.weights()).get('dense_1/weights')?.data.every(Number.isFinite)).toBe(true);
      await training.destroy();
    }));

  test('of few classes is counted unless it is declined', async () => {
    const predicting = await predictor(gpu, MODEL, WEIGHTS);
    const counted = await predicting.evaluate(DATA);
    expect(counted.confusion?.flat().reduce((sum, n) => sum + n, 0)).toBe(DATA.size);
    const { confusion: _, ...rest } = counted;
    expect(await predicting.evaluate(DATA, { confusion: false })).toEqual(rest);
    await expect(predicting.evaluate(DATA, { confusion: 1 as never })).rejects.toThrow(OptionError);
    await predicting.destroy();
  });
});
