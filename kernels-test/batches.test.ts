import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  batchNorm,
  conv2d,
  dense,
  dropout,
  type Gpu,
  globalAvgPool2d,
  type Model,
  maxPool2d,
  model,
  runOp,
  sgd,
  type Trainer,
  trainer,
  zeros,
} from '../src/node.ts';
import { noise, regression, unitVectors } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { judge, referenceOutput } from './support/reference-training.ts';
import { sumError } from './support/rounding.ts';
import { batchesOf, shuffled } from './support/shuffle.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

describe('the order of the samples', () => {
  /** A linear model of unit vectors: a step moves exactly the weights of the samples in its batch. */
  async function visits(size: number, batch: number, seed: number, steps: number): Promise<number[][]> {
    const m = model([size], [dense(1, { bias: false, init: zeros(), name: 'line' })]);
    const training = await trainer(gpu, m, { batch, optimizer: sgd({ learningRate: 0.25 }), loss: 'meanSquaredError', seed });
    const weights = async () => [...((await training.weights()).get('line/weights')?.data ?? [])];
    const found: number[][] = [];
    let before = await weights();
    for await (const _ of training.fit(unitVectors(size), { steps, reportEvery: 1 })) {
      const after = await weights();
      const moved = after.flatMap((weight, sample) => (weight === before[sample] ? [] : [sample]));
      // A sample seen twice in its batch would move twice as far.
      for (const sample of moved)
        expect((after[sample] ?? 0) - (before[sample] ?? 0)).toBeCloseTo((0.5 * (1 - (before[sample] ?? 0))) / moved.length, 6);
      found.push(moved);
      before = after;
    }
    await training.destroy();
    return found;
  }

  const sorted = (values: number[]) => [...values].sort((a, b) => a - b);

  for (const [size, batch] of [
    [23, 5],
    [16, 4],
    [7, 7],
    [5, 1],
    [2, 1],
  ] as const)
    test(`an epoch of ${size} samples in batches of ${batch} has each sample once`, async () => {
      const perEpoch = Math.ceil(size / batch);
      const seen = await visits(size, batch, 3, 2 * perEpoch);
      for (const epoch of [0, 1]) {
        const batches = seen.slice(epoch * perEpoch, (epoch + 1) * perEpoch);
        expect(batches.map(({ length }) => length)).toEqual(
          Array.from({ length: perEpoch }, (_, i) => Math.min(batch, size - i * batch)),
        );
        expect(sorted(batches.flat())).toEqual(Array.from({ length: size }, (_, sample) => sample));
        expect(batches).toEqual(batchesOf(size, batch, 3, epoch).map(sorted));
      }
    });

  test('differs by epoch and by seed', async () => {
    const seen = await visits(23, 5, 3, 10);
    expect(seen.slice(0, 5)).not.toEqual(seen.slice(5));
    expect((await visits(23, 5, 4, 5)).flat()).not.toEqual(seen.slice(0, 5).flat());
  });

  test('is a bijection for every size, and sends every sample everywhere', () => {
    for (const size of [1, 2, 3, 4, 5, 63, 64, 65, 1000, 55_000])
      expect(new Set(Array.from({ length: size }, (_, index) => shuffled(index, size, [7, 11]))).size).toBe(size);
    // Over 4,000 epochs each of 10 samples comes first about 400 times: within six standard deviations.
    const firsts = new Array<number>(10).fill(0);
    for (let epoch = 0; epoch < 4000; epoch++) {
      const first = batchesOf(10, 1, 5, epoch)[0]?.[0] ?? 0;
      firsts[first] = (firsts[first] ?? 0) + 1;
    }
    for (const count of firsts) expect(Math.abs(count - 400)).toBeLessThan(6 * Math.sqrt(4000 * 0.1 * 0.9));
  });
});

describe('dropout', () => {
  const count = 20_000;
  const ones = { shape: [100, count / 100], data: new Float32Array(count).fill(1) };
  const kept = async (rate: number, seed: number, step: number, layer = 0) =>
    (await runOp(gpu, 'dropout', { x: ones }, { rate, seed, step, layer })).data;

  for (const rate of [0.1, 0.5, 0.9])
    test(`of rate ${rate} drops its share, within six standard deviations, and scales the rest`, async () => {
      const y = await kept(rate, 1, 0);
      const dropped = y.filter((value) => value === 0).length;
      expect(Math.abs(dropped - rate * count)).toBeLessThan(6 * Math.sqrt(count * rate * (1 - rate)));
      expect(new Set(y)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
    });

  test('draws anew for each seed, step and layer: two draws agree as often as chance has it', async () => {
    const first = await kept(0.5, 1, 0);
    expect(await kept(0.5, 1, 0)).toEqual(first);
    for (const other of [await kept(0.5, 2, 0), await kept(0.5, 1, 1), await kept(0.5, 1, 0, 1)]) {
      const same = other.filter((value, i) => value === first[i]).length;
      expect(Math.abs(same - count / 2)).toBeLessThan(6 * Math.sqrt(count / 4));
    }
  });

  test('of rate 0 changes nothing', async () => expect(await kept(0, 1, 0)).toEqual(ones.data));
});

describe('an evaluation', () => {
  const image = model(
    [8, 8, 1],
    [
      conv2d(3, 3, { activation: 'relu' }),
      batchNorm(),
      maxPool2d(2),
      dropout(0.5),
      globalAvgPool2d(),
      dense(4, { activation: 'tanh' }),
      dense(3),
    ],
  );

  async function withTrained(
    m: Model,
    loss: 'softmaxCrossEntropy' | 'meanSquaredError',
    use: (training: Trainer) => Promise<void>,
  ): Promise<void> {
    const training = await trainer(gpu, m, {
      batch: 8,
      optimizer: sgd({ learningRate: 0.1 }),
      loss,
      labelSmoothing: loss === 'softmaxCrossEntropy' ? 0.1 : 0,
    });
    const data = loss === 'softmaxCrossEntropy' ? noise(16, m.input, 3) : regression(16, 4, 2);
    for await (const _ of training.fit(data, { steps: 4 }));
    await use(training);
    await training.destroy();
  }

  for (const size of [1, 8, 21])
    test(`of ${size} samples in batches of 8 counts each once, and its loss is their mean`, () =>
      withTrained(image, 'softmaxCrossEntropy', async (training) => {
        const data = noise(size, [8, 8, 1], 3, 2);
        const { loss, accuracy, confusion } = await training.evaluate(data);
        const samples = Array.from({ length: size }, (_, index) => index);
        const logits = referenceOutput(image, await training.weights(), data, samples);
        const expected = [0, 1, 2].map(() => [0, 0, 0]);
        for (const sample of samples) {
          const row = [...logits.data.subarray(sample * 3, sample * 3 + 3)];
          const counts = expected[data.y[sample] ?? 0] ?? [];
          const predicted = row.indexOf(Math.max(...row));
          counts[predicted] = (counts[predicted] ?? 0) + 1;
        }
        expect(confusion).toEqual(expected);
        expect(accuracy).toBeCloseTo(expected.reduce((sum, counts, label) => sum + (counts[label] ?? 0), 0) / size, 12);
        // Sums of at most 36 terms through seven layers.
        expect(Math.abs(loss - judge(data, samples, logits, 0.1).loss)).toBeLessThan(7 * sumError(36) * 4);
      }));

  test('of a regression is the mean squared error over all samples', () => {
    const line = model([4], [dense(2)]);
    return withTrained(line, 'meanSquaredError', async (training) => {
      const data = regression(21, 4, 2, 2);
      const samples = Array.from({ length: 21 }, (_, index) => index);
      const expected = judge(data, samples, referenceOutput(line, await training.weights(), data, samples)).loss;
      const evaluation = await training.evaluate(data);
      expect(Object.keys(evaluation).sort()).toEqual(['loss', 'replicas']);
      expect(Math.abs(evaluation.loss / expected - 1)).toBeLessThan(2 * sumError(42));
    });
  });
});
