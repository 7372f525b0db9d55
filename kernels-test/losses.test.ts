import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  activation,
  adam,
  type Dataset,
  decodeCheckpoint,
  dense,
  encodeCheckpoint,
  type Gpu,
  type Loss,
  type Model,
  model,
  predictor,
  sgd,
  subset,
  type Trainer,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { noise, regression } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { judge, referenceOutput } from './support/reference-training.ts';
import { sumError } from './support/rounding.ts';

const MODEL = model([4], [dense(6, { activation: 'tanh' }), dense(1)]);
const DATA = noise(11, [4], 2);
const OPTIONS: TrainerOptions = { batch: 4, optimizer: sgd({ learningRate: 0.05 }), loss: 'binaryCrossEntropy', seed: 3 };
/** Of losses: two layers of at most 6 terms and 11 samples, whose logits and losses are of size 1. */
const TOLERANCE = 4 * sumError(6 * 11);

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

async function withTrainer<T>(
  use: (training: Trainer) => Promise<T>,
  options: Partial<TrainerOptions> = {},
  m: Model = MODEL,
): Promise<T> {
  const training = await trainer(gpu, m, { ...OPTIONS, ...options });
  try {
    return await use(training);
  } finally {
    await training.destroy();
  }
}

async function train(training: Trainer, steps: number, data: Dataset = DATA): Promise<void> {
  for await (const _ of training.fit(data, { steps }));
}

/** What an evaluation of binary cross-entropy ought to say. */
function expected(m: Model, weights: Awaited<ReturnType<Trainer['weights']>>, data: Dataset, loss: Loss) {
  const samples = Array.from({ length: data.size }, (_, sample) => sample);
  const logits = referenceOutput(m, weights, data, samples);
  const confusion = [
    [0, 0],
    [0, 0],
  ];
  for (const sample of samples) {
    const counts = confusion[data.y[sample] ?? 0] as number[];
    const predicted = (logits.data[sample] ?? 0) > 0 ? 1 : 0;
    counts[predicted] = (counts[predicted] ?? 0) + 1;
  }
  const right = (confusion[0]?.[0] ?? 0) + (confusion[1]?.[1] ?? 0);
  return { loss: judge(data, samples, logits, 0, loss).loss, accuracy: right / data.size, confusion };
}

describe('binary cross-entropy in a trainer', () => {
  for (const reduction of ['mean', 'sum'] as const)
    test(`is evaluated with accuracy and a confusion matrix of 2 x 2, as a ${reduction} over the samples`, async () => {
      const loss = { type: 'binaryCrossEntropy', reduction } as const;
      await withTrainer(
        async (training) => {
          await train(training, 5);
          const got = await training.evaluate(DATA);
          const wanted = expected(MODEL, await training.weights(), DATA, loss);
          expect(got).toMatchObject({ accuracy: wanted.accuracy, confusion: wanted.confusion });
          expect(new Set(wanted.confusion.flat()).size, 'a confusion matrix that tells something').toBeGreaterThan(1);
          expect(Math.abs(got.loss / wanted.loss - 1)).toBeLessThan(TOLERANCE);
        },
        { loss },
      );
    });

  test('learns', () =>
    withTrainer(
      async (training) => {
        await train(training, 300);
        expect((await training.evaluate(DATA)).accuracy).toBe(1);
      },
      { optimizer: adam({ learningRate: 0.05 }) },
    ));

  test('a logit of 0 counts as class 0', () => {
    const flat = model([4], [dense(1, { init: { type: 'zeros' } })]);
    return withTrainer(
      async (training) => {
        const zeros = DATA.y.filter((label) => label === 0).length;
        const { accuracy, confusion, loss } = await training.evaluate(DATA);
        expect(confusion).toEqual([
          [zeros, 0],
          [DATA.size - zeros, 0],
        ]);
        expect(accuracy).toBe(zeros / DATA.size);
        expect(loss).toBeCloseTo(Math.LN2, 6);
      },
      {},
      flat,
    );
  });

  test('reports accuracy as it goes', () =>
    withTrainer(async (training) => {
      for await (const report of training.fit(DATA, { steps: 3, validate: DATA })) {
        expect(report.accuracy).toBeGreaterThanOrEqual(0);
        expect(report.validation?.accuracy).toBeGreaterThanOrEqual(0);
      }
    }));

  for (const precision of ['f32', 'mixed'] as const)
    test(`each replica gets what it would get alone, and a checkpoint goes on, in ${precision}`, async ({ skip }) => {
      skip(precision === 'mixed' && !gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
      await withTrainer(
        async (together) => {
          await train(together, 3);
          const checkpoint = encodeCheckpoint(await together.checkpoint());
          await train(together, 3);
          for (const [replica, seed] of [3, 8].entries())
            await withTrainer(
              async (alone) => {
                await train(alone, 6);
                expect(await together.weights(replica)).toEqual(await alone.weights());
                const { replicas, ...own } = await alone.evaluate(DATA);
                expect((await together.evaluate(DATA)).replicas[replica]).toEqual(own);
              },
              { precision, seed },
            );
          const weights = await together.weights(1);
          together.restore(decodeCheckpoint(checkpoint));
          await train(together, 3);
          expect(await together.weights(1)).toEqual(weights);
        },
        { precision, replicas: 2, seed: [3, 8] },
      );
    });
});

describe('a predictor of two classes with one output', () => {
  test('evaluates by binary cross-entropy, also where the model ends with a sigmoid', async () => {
    const probable = model([4], [dense(6, { activation: 'tanh' }), dense(1), activation('sigmoid')]);
    const folded = model([4], [dense(6, { activation: 'tanh' }), dense(1, { activation: 'sigmoid' })]);
    await withTrainer(async (training) => {
      await train(training, 5);
      const weights = await training.weights();
      const wanted = expected(MODEL, weights, DATA, 'binaryCrossEntropy');
      for (const m of [MODEL, probable, folded]) {
        const prediction = await predictor(gpu, m, weights, { batch: 4 });
        const got = await prediction.evaluate(DATA);
        expect(got).toMatchObject({ accuracy: wanted.accuracy, confusion: wanted.confusion });
        expect(Math.abs(got.loss / wanted.loss - 1)).toBeLessThan(TOLERANCE);
        await prediction.destroy();
      }
    });
  });

  test('and a trainer refuses a model that ends with a sigmoid, with the reason', async () => {
    const folded = model([4], [dense(1, { activation: 'sigmoid' })]);
    await expect(trainer(gpu, folded, OPTIONS)).rejects.toThrow(/ends with a sigmoid, but binaryCrossEntropy contains it; leave/);
  });
});

describe('a summed loss', () => {
  const classes = model([4], [dense(3)]);
  const data = noise(11, [4], 3);
  const loss = { type: 'softmaxCrossEntropy', reduction: 'sum' } as const;

  test('is reported as the mean of the sums of the steps since the last report', () =>
    withTrainer(
      async (single) => {
        const losses: number[] = [];
        for await (const report of single.fit(data, { steps: 6, reportEvery: 1 })) losses.push(report.loss);
        await withTrainer(
          async (training) => {
            for await (const report of training.fit(data, { steps: 6, reportEvery: 3 })) {
              const own = losses.slice(report.step - 3, report.step);
              expect(report.loss).toBeCloseTo(own.reduce((sum, one) => sum + one, 0) / 3, 12);
            }
          },
          { loss },
          classes,
        );
      },
      { loss },
      classes,
    ));

  test('of a data set is the sum over its samples, in batches of any size', () =>
    withTrainer(
      async (training) => {
        const summed = (await training.evaluate(data)).loss;
        const parts = [subset(data, 0, 5, 'a'), subset(data, 5, 11, 'b')];
        const [a = 0, b = 0] = [
          (await training.evaluate(parts[0] as Dataset)).loss,
          (await training.evaluate(parts[1] as Dataset)).loss,
        ];
        expect(Math.abs((a + b) / summed - 1)).toBeLessThan(TOLERANCE);
        const prediction = await predictor(gpu, classes, await training.weights());
        expect(Math.abs((await prediction.evaluate(data)).loss / (summed / 11) - 1)).toBeLessThan(TOLERANCE);
        await prediction.destroy();
      },
      { loss },
      classes,
    ));

  test('over a batch of one is the mean, bit for bit', async () => {
    const weights = async (reduction: 'mean' | 'sum') =>
      withTrainer(
        async (training) => {
          await train(training, 4, data);
          return training.weights();
        },
        { batch: 1, loss: { type: 'softmaxCrossEntropy', reduction }, labelSmoothing: 0.1 },
        classes,
      );
    expect(await weights('sum')).toEqual(await weights('mean'));
  });

  test('stands in the checkpoint, and may change from one stage to the next', () =>
    withTrainer(
      async (training) => {
        await train(training, 2, data);
        const checkpoint = await training.checkpoint();
        expect(checkpoint.training.settings).toMatchObject({ loss: 'softmaxCrossEntropy', reduction: 'sum' });
        await withTrainer(async (other) => other.restore(checkpoint), { loss: 'softmaxCrossEntropy' }, classes);
      },
      { loss },
      classes,
    ));
});

describe('losses that do not fit are refused', () => {
  const refused: readonly (readonly [string, Partial<TrainerOptions>, Model, RegExp])[] = [
    ['no such loss', { loss: { type: 'hinge' } as never }, MODEL, /loss must be .*, got {"type":"hinge"}/],
    ['null', { loss: null as never }, MODEL, /loss must be .*, got null/],
    [
      'no such reduction',
      { loss: { type: 'meanSquaredError', reduction: 'none' as never } },
      MODEL,
      /must be 'mean' or 'sum', got "none"/,
    ],
    [
      'no such option',
      { loss: { type: 'meanSquaredError', weight: 1 } as never },
      MODEL,
      /unknown option 'weight'; it takes type, reduction/,
    ],
    ['smoothing', { labelSmoothing: 0.1 }, MODEL, /labelSmoothing belongs to softmaxCrossEntropy/],
    ['two logits', {}, model([4], [dense(2)]), /binaryCrossEntropy needs a model whose output is one logit, but it is \[2\]/],
  ];
  for (const [what, options, m, message] of refused)
    test(what, () => expect(trainer(gpu, m, { ...OPTIONS, ...options })).rejects.toThrow(message));

  test('data sets of other classes or of targets', () =>
    withTrainer(async (training) => {
      await expect(train(training, 1, noise(11, [4], 3))).rejects.toThrow(/binaryCrossEntropy needs 2 classes, but it has 3/);
      await expect(train(training, 1, regression(11, 4, 1))).rejects.toThrow(/binaryCrossEntropy needs labels/);
    }));
});
