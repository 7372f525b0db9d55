import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  dense,
  digits,
  type Gpu,
  model,
  type Progress,
  subset,
  type Trainer,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { baseline, optimised } from './support/models.ts';

const { train, test: held } = digits({ train: 200, test: 30, seed: 1 });
const MODEL = optimised(16);
const OPTIONS: TrainerOptions = { batch: 20, optimizer: adam(), seed: 4 };

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

async function withTrainer<T>(use: (training: Trainer) => Promise<T>, options: Partial<TrainerOptions> = {}): Promise<T> {
  const training = await trainer(gpu, MODEL, { ...OPTIONS, ...options });
  try {
    return await use(training);
  } finally {
    await training.destroy();
  }
}

async function all(progress: AsyncIterable<Progress>): Promise<Progress[]> {
  const reports: Progress[] = [];
  for await (const report of progress) reports.push(report);
  return reports;
}

test('the loss falls to near zero on 50 samples', () =>
  withTrainer(
    async (training) => {
      const few = subset(train, 0, 50, 'few');
      const reports = await all(training.fit(few, { steps: 400, reportEvery: 100 }));
      expect(reports[0]?.loss).toBeGreaterThan(0.1);
      expect(reports.at(-1)?.loss).toBeLessThan(0.02);
      expect(reports.at(-1)?.accuracy).toBe(1);
      expect((await training.evaluate(few)).accuracy).toBe(1);
    },
    { batch: 50, optimizer: adam({ learningRate: 0.01 }) },
  ));

test('W1, with fewer channels, learns too, dropout and all', async () => {
  const training = await trainer(gpu, baseline(4, 8, 32), { ...OPTIONS, optimizer: adam({ learningRate: 0.005 }) });
  const reports = await all(training.fit(train, { epochs: 12, reportEvery: 10 }));
  expect(reports.at(-1)?.loss).toBeLessThan((reports[0]?.loss ?? 0) / 2);
  await training.destroy();
});

describe('fit reports', () => {
  test('exactly at multiples of reportEvery, and at the end', () =>
    withTrainer(async (training) => {
      for (const [steps, reportEvery, expected] of [
        [1, 1, [1]],
        [4, 1, [2, 3, 4, 5]],
        [10, 4, [8, 12, 15]],
        [3, 100, [18]],
      ] as const)
        expect((await all(training.fit(train, { steps, reportEvery }))).map(({ step }) => step)).toEqual(expected);
      expect(training.step).toBe(18);
    }));

  test('at least at the end where nobody says how often', () =>
    withTrainer(async (training) => {
      expect((await all(training.fit(train, { steps: 1 }))).map(({ step }) => step)).toEqual([1]);
      expect((await all(training.fit(train, { steps: 5 }))).at(-1)?.step).toBe(6);
    }));

  test('the place in the training: step of steps, epoch, times', () =>
    withTrainer(async (training) => {
      await all(training.fit(train, { steps: 7 }));
      const reports = await all(training.fit(train, { steps: 15, reportEvery: 3 }));
      expect(reports.map(({ step }) => step)).toEqual([9, 12, 15, 18, 21, 22]);
      expect(reports.map(({ epoch }) => epoch)).toEqual([0, 1, 1, 1, 2, 2]);
      for (const { step, steps, stepMs, etaMs } of reports) {
        expect(steps).toBe(22);
        expect(stepMs).toBeGreaterThan(0);
        expect(etaMs).toBeCloseTo((22 - step) * stepMs, 6);
      }
    }));

  test('means since the last report', () =>
    withTrainer(async (one) =>
      withTrainer(async (other) => {
        const single = await all(one.fit(train, { steps: 12, reportEvery: 1 }));
        const grouped = await all(other.fit(train, { steps: 12, reportEvery: 6 }));
        const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
        grouped.forEach(({ loss, accuracy, replicas }, index) => {
          const part = single.slice(index * 6, index * 6 + 6);
          expect(loss).toBeCloseTo(mean(part.map((report) => report.loss)), 5);
          expect(accuracy).toBeCloseTo(mean(part.map((report) => report.accuracy ?? Number.NaN)), 9);
          expect(replicas).toEqual([{ loss, accuracy }]);
        });
      }),
    ));

  test('an evaluation at multiples of evaluateEvery, after each epoch where nobody says how often, and at the end', () =>
    withTrainer(async (training) => {
      const evaluated = (reports: Progress[]) => reports.filter(({ validation }) => validation).map(({ step }) => step);
      const often = await all(training.fit(train, { steps: 10, validate: held, evaluateEvery: 4, reportEvery: 5 }));
      expect(often.map(({ step }) => step)).toEqual([4, 5, 8, 10]);
      expect(evaluated(often)).toEqual([4, 8, 10]);
      expect(evaluated(await all(training.fit(train, { steps: 15, validate: held })))).toEqual([20, 25]);
      const { validation } = often.at(-1) ?? {};
      expect(validation?.confusion?.flat().reduce((sum, count) => sum + count)).toBe(30);
      expect(validation?.replicas).toHaveLength(1);
    }));

  test('an evaluation that is what evaluate says, and changes nothing', () =>
    withTrainer(async (training) =>
      withTrainer(async (plain) => {
        const [report] = (await all(training.fit(train, { steps: 6, validate: held, evaluateEvery: 3 }))).slice(-1);
        expect(report?.validation).toEqual(await training.evaluate(held));
        await all(plain.fit(train, { steps: 6 }));
        expect(await training.weights()).toEqual(await plain.weights());
      }),
    ));
});

describe('fit', () => {
  test('counts epochs of this data set, the short batch included', () =>
    withTrainer(
      async (training) => {
        await all(training.fit(train, { epochs: 2 }));
        expect(training.step).toBe(2 * 3);
        const other = subset(train, 0, 100, 'half');
        const reports = await all(training.fit(other, { epochs: 2, reportEvery: 1 }));
        expect(reports.map(({ epoch }) => epoch)).toEqual([0, 0, 1, 1]);
      },
      { batch: 80 },
    ));

  test('refuses to run twice at once, and can run again afterwards', () =>
    withTrainer(async (training) => {
      for await (const { step } of training.fit(train, { steps: 4, reportEvery: 2 }))
        if (step === 2) await expect(all(training.fit(train, { steps: 1 }))).rejects.toThrow(/another fit.*under way/);
      await all(training.fit(train, { steps: 1 }));
      expect(training.step).toBe(5);
    }));

  test('finishes its step when aborted, then throws an AbortError; training can go on', () =>
    withTrainer(async (training) =>
      withTrainer(async (plain) => {
        const controller = new AbortController();
        const interrupted = async () => {
          for await (const { step } of training.fit(train, { steps: 1000, reportEvery: 3, signal: controller.signal }))
            if (step === 6) controller.abort();
        };
        await expect(interrupted()).rejects.toMatchObject({ name: 'AbortError' });
        expect(training.step).toBe(6);
        await expect(all(training.fit(train, { steps: 1, signal: controller.signal }))).rejects.toMatchObject({
          name: 'AbortError',
        });
        await all(training.fit(train, { steps: 4 }));
        await all(plain.fit(train, { steps: 10 }));
        expect(await training.weights()).toEqual(await plain.weights());
      }),
    ));

  test('left early, leaves a trainer that can go on', () =>
    withTrainer(async (training) =>
      withTrainer(async (plain) => {
        for await (const _ of training.fit(train, { steps: 1000, reportEvery: 5 })) break;
        const done = training.step;
        expect(done).toBeGreaterThanOrEqual(5);
        await all(training.fit(train, { steps: 20 - done }));
        await all(plain.fit(train, { steps: 20 }));
        expect(await training.weights()).toEqual(await plain.weights());
      }),
    ));

  test('makes no GPU object and uploads nothing after its first steps', () =>
    withTrainer(async (training) => {
      const calls: string[] = [];
      const restore = watch(
        [Object.getPrototypeOf(gpu.device), Object.getPrototypeOf(gpu.device.queue)],
        /^(create|write)/,
        (name) => calls.push(name),
      );
      try {
        for await (const { step } of training.fit(train, { steps: 250, reportEvery: 50 })) if (step === 50) calls.length = 0;
      } finally {
        restore();
      }
      expect(calls.filter((name) => name !== 'createCommandEncoder')).toEqual([]);
      expect(calls).toContain('createCommandEncoder');
    }));
});

describe('weights', () => {
  test('written back are the same, and decide what the model does', () =>
    withTrainer(async (training) =>
      withTrainer(
        async (other) => {
          await all(training.fit(train, { steps: 3 }));
          const weights = await training.weights();
          expect(await other.weights()).not.toEqual(weights);
          other.setWeights(weights);
          expect(await other.weights()).toEqual(weights);
          expect(await other.evaluate(held)).toEqual(await training.evaluate(held));
          expect(other.step).toBe(0);
        },
        { seed: 77 },
      ),
    ));

  test('come with names and shapes', async () => {
    const training = await trainer(gpu, model([3], [dense(2, { name: 'one' }), dense(4)]), { ...OPTIONS, batch: 2 });
    const shapes = [...(await training.weights())].map(([name, { shape, data }]) => [name, shape, data.length]);
    expect(shapes).toEqual([
      ['one/weights', [3, 2], 6],
      ['one/bias', [2], 2],
      ['dense_1/weights', [2, 4], 8],
      ['dense_1/bias', [4], 4],
    ]);
    await training.destroy();
  });
});

test('two evaluations at once, of several submits each, do not disturb each other', async () => {
  const training = await trainer(gpu, model([4], [dense(3)]), { ...OPTIONS, batch: 1 });
  const sets = [noise(1500, [4], 3, 1), noise(1400, [4], 3, 2)];
  const alone = [];
  for (const data of sets) alone.push(await training.evaluate(data));
  expect(await Promise.all(sets.map((data) => training.evaluate(data)))).toEqual(alone);
  await training.destroy();
});

/** Tells of each call of the methods whose name matches, until the function that it returns is called. */
function watch(prototypes: readonly object[], names: RegExp, tell: (name: string) => void): () => void {
  const restores = prototypes.flatMap((prototype) =>
    Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, descriptor]) => {
      if (!names.test(name) || typeof descriptor.value !== 'function') return [];
      const original = descriptor.value as (...given: unknown[]) => unknown;
      const watched = function (this: unknown, ...given: unknown[]) {
        tell(name);
        return original.apply(this, given);
      };
      Object.defineProperty(prototype, name, { ...descriptor, value: watched });
      return [() => Object.defineProperty(prototype, name, descriptor)];
    }),
  );
  return () => {
    for (const restore of restores) restore();
  };
}
