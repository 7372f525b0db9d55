import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { input, typedInput, unit } from '../src/graph/sources.ts';
import type { Tensor } from '../src/graph/tensor.ts';
import { type LossName, lossFamily } from '../src/kernels/loss.ts';
import {
  adam,
  type Dataset,
  dataset,
  dense,
  type Gpu,
  type Loss,
  model,
  sgd,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { gradientsOf } from '../src/ops/gradients/index.ts';
import { lossRows, rowLoss } from '../src/ops/loss.ts';
import { checkedLoss } from '../src/train/loss.ts';
import { lossDefinition } from '../src/train/losses/registry.ts';
import { noise, regression } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { someLosses } from './support/losses.ts';
import { runGraph } from './support/planned-graph.ts';
import { referenceLoss, toleranceOf } from './support/reference-losses.ts';
import { judge, ReferenceTraining, referenceOutput } from './support/reference-training.ts';
import { UNIT } from './support/rounding.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const titleOf = (loss: Loss) => (typeof loss === 'string' ? loss : JSON.stringify(loss));
const normals = (count: number, stream: number, scale = 2) => {
  const random = new Random(83, stream);
  return Array.from({ length: count }, () => scale * random.normal());
};
const cycled = (count: number, values: readonly number[]) =>
  Array.from({ length: count }, (_, i) => values[i % values.length] as number);

/** The label of a row. */
function labelOf(row: number, classes: number): number {
  return (7 * row + 1) % classes;
}

/** What the outputs of a case are, and the width of a row. */
const CASES: readonly { name: string; rows: number; width: number; of: (count: number, stream: number) => number[] }[] = [
  { name: 'normal numbers', rows: 33, width: 5, of: normals },
  { name: 'one row of one', rows: 1, width: 1, of: normals },
  { name: 'long rows', rows: 3, width: 300, of: normals },
  { name: 'equal numbers', rows: 4, width: 3, of: (count) => cycled(count, [-3]) },
  {
    name: 'large numbers',
    rows: 7,
    width: 4,
    of: (count, stream) => cycled(count + stream, [1e4, -3e4, 20, 1e7, -88, 0.5, 9999999]).slice(stream),
  },
];
/** Of targets: errors of each size from 1e-2 to 1e-6, a row each. */
const SMALL_ERRORS = {
  name: 'small errors',
  rows: 5,
  width: 4,
  of: (count: number, stream: number) =>
    cycled(count, [0, 0.5, -0.25, 0.125]).map((x, i) => x + stream * (i % 2 === 0 ? 1.5 : -1) * 10 ** -(2 + Math.floor(i / 4))),
};
/** Of labels: each row is as sure of its own as to lose about 1e-2 to 1e-6. */
const SMALL_LOSSES = {
  name: 'small losses',
  rows: 5,
  width: 4,
  of: (count: number) => {
    const width = count / 5;
    return Array.from({ length: count }, (_, i) => {
      const row = Math.floor(i / width);
      const sure = Math.log(10) * (2 + row);
      if (width === 1) return labelOf(row, 2) === 1 ? sure : -sure;
      return i % width === labelOf(row, width) ? sure : 0;
    });
  },
};
/** Logits whose differences are all that tells. */
const HUGE = {
  name: 'huge logits',
  rows: 9,
  width: 4,
  of: (count: number, stream: number) => cycled(count + stream, [1e30, -1e30, 9e29, 1e30, 1e7, 0, -3e4]).slice(stream),
};

interface Run {
  readonly loss: Loss;
  readonly variant: string;
  readonly rows: number;
  readonly width: number;
  readonly x: readonly number[];
  readonly goal: readonly number[];
}

/** One loss of a batch on the GPU: each row's, and the gradient. */
async function run({ loss, variant, rows, width, x, goal }: Run) {
  const { loss: kind, lossOptions: options, reduction } = checkedLoss(loss);
  const compared = lossDefinition(kind).goal;
  const shape = compared === 'targets' ? [rows, width] : compared === 'classes and logits' ? [rows, 1 + width] : [rows];
  const [output, wanted] = [input('x', [rows, width]), typedInput('goal', shape, 'f32')];
  const y = rowLoss({ x: output, goal: wanted }, { kind, goal: compared, options, reduction });
  const [gradient] = gradientsOf(y, unit([]), [output]);
  const { values, kernels } = await runGraph(
    gpu,
    [lossRows(y), gradient as Tensor, y],
    [
      { tensor: output, value: { shape: [rows, width], data: Float32Array.from(x) } },
      { tensor: wanted, value: { shape, data: Float32Array.from(goal) } },
    ],
    { choice: { loss: variant } },
  );
  expect(kernels).toContain(`loss/${variant}`);
  return values.map(([value]) => [...(value?.data ?? [])]);
}

/** What a row of outputs is compared with. */
function goals(kind: LossName, rows: number, width: number, of: (count: number, stream: number) => number[]): number[][] {
  const compared = lossDefinition(kind).goal;
  if (compared === 'targets')
    return Array.from({ length: rows }, (_, row) => of(rows * width, 1).slice(row * width, (row + 1) * width));
  const label = (row: number) => labelOf(row, compared === 'two classes' ? 2 : width);
  const taught = compared === 'classes and logits' ? of(rows * width, 2) : [];
  return Array.from({ length: rows }, (_, row) => [label(row), ...taught.slice(row * width, (row + 1) * width)]);
}

test('distillation refuses data without a teacher by saying what they need', async () => {
  const loss = { type: 'distillation', temperature: 4, weight: 0.9 } as const;
  await using training = await trainer(gpu, model([4], [dense(3)]), { batch: 4, optimizer: adam(), loss });
  await expect(training.fit(noise(11, [4], 3), { steps: 1 })).rejects.toThrow(
    /distillation needs teacherLogits, 3 numbers for each sample/,
  );
});

describe.each(someLosses.map((loss) => [titleOf(loss), loss] as const))('%s', (_, loss) => {
  const { loss: kind, lossOptions } = checkedLoss(loss);
  const labelled = lossDefinition(kind).goal !== 'targets';
  const single = lossDefinition(kind).goal === 'two classes';
  const ofLogits = lossDefinition(kind).contains !== undefined;

  const several = lossFamily.variants.filter(({ name }) => name !== 'lanes' || !single).map(({ name }) => name);
  const all = [...CASES, labelled ? SMALL_LOSSES : SMALL_ERRORS, ...(ofLogits ? [HUGE] : [])];
  for (const [variant, { name, rows, width: wide, of }] of several.flatMap((one) => all.map((some) => [one, some] as const)))
    test(`and its gradient agree with float64, sample by sample: ${name}, by the kernel of ${variant}`, async () => {
      const width = single ? 1 : wide;
      const x = [...Float32Array.from(of(rows * width, 0))];
      const wanted = goals(kind, rows, width, of).map((goal) => [...Float32Array.from(goal)]);
      const [got = [], gradient = [], [mean] = []] = await run({ loss, variant, rows, width, x, goal: wanted.flat() });
      let total = 0;
      let tolerance = 0;
      wanted.forEach((goal, row) => {
        const expected = referenceLoss(kind, x.slice(row * width, (row + 1) * width), goal, lossOptions);
        const allowed = toleranceOf(expected, rows);
        total += expected.loss / rows;
        tolerance += (2 * allowed.loss) / rows;
        const off = Math.abs((got[2 * row] ?? Number.NaN) - expected.loss);
        expect(off, `row ${row}`).toBeLessThanOrEqual(allowed.loss);
        expected.gradient.forEach((slope, k) => {
          const far = Math.abs((gradient[row * width + k] ?? Number.NaN) - slope / rows);
          expect(far, `gradient ${k} of row ${row}`).toBeLessThanOrEqual(allowed.gradient[k] ?? Number.NaN);
        });
      });
      expect(Math.abs((mean ?? Number.NaN) - total)).toBeLessThanOrEqual(tolerance);
    });

  test.each(several)('is NaN for the samples that have one, and for no other, by the kernel of %s', async (variant) => {
    const [rows, width] = [5, single ? 1 : 3];
    const x = normals(rows * width, 0);
    x[2 * width] = Number.NaN;
    const wanted = goals(kind, rows, width, normals);
    if (lossDefinition(kind).goal !== 'classes' && lossDefinition(kind).goal !== 'two classes')
      (wanted[4] as number[])[width - 1] = Number.NaN;
    const [got = [], gradient = []] = await run({ loss, variant, rows, width, x, goal: wanted.flat() });
    const bad = wanted.flatMap((goal, row) => (row === 2 || goal.some(Number.isNaN) ? [row] : []));
    expect(wanted.flatMap((_goal, row) => (Number.isNaN(got[2 * row]) ? [row] : []))).toEqual(bad);
    const spoiled = wanted.flatMap((_goal, row) =>
      gradient.slice(row * width, (row + 1) * width).some(Number.isNaN) ? [row] : [],
    );
    expect(spoiled).toEqual(bad);
  });

  const width = single ? 1 : 3;
  const classes = single ? 2 : width;
  const labels = noise(11, [4], classes);
  const data: Dataset = labelled
    ? dataset({ ...labels, teacherLogits: Float32Array.from(normals(11 * classes, 9)) })
    : regression(11, 4, 3);
  const m = model([4], [dense(5, { activation: 'tanh' }), dense(width)]);

  for (const [what, more] of Object.entries({
    mean: {},
    sum: { loss: { ...(typeof loss === 'string' ? { type: loss } : loss), reduction: 'sum' } as Loss },
    ...(labelled && { 'weights of classes': { classWeights: [2, 0.25, 0.5].slice(0, classes) } }),
    ...(labelled && { 'balanced classes': { classWeights: 'balanced' } }),
    ...(labelled && {
      'weights of classes in a Float32Array': { classWeights: Float32Array.of(2, 0.25, 0.5).slice(0, classes) },
    }),
  }) as [string, Partial<TrainerOptions>][])
    test(`trains as float64 does: ${what}`, async () => {
      const options = {
        batch: 4,
        optimizer: sgd({ learningRate: 0.02 }),
        seed: 5,
        loss: more.loss ?? loss,
        classWeights: more.classWeights,
      };
      await using training = await trainer(gpu, m, options);
      const start = await training.weights();
      const expected = new ReferenceTraining(m, data, start, options);
      // Two layers of at most 5 terms, and a loss of a few: a hundred roundings, and those of the steps before.
      for await (const { loss: reported } of training.fit(data, { steps: 20, reportEvery: 1 }))
        expect(Math.abs(reported - expected.run())).toBeLessThanOrEqual(1000 * UNIT * Math.max(1, reported));
      const got = await training.weights();
      for (const [name, { data: wanted }] of expected.weights)
        wanted.forEach((w, i) => {
          // An absolute error, or Huber's, may see the other side of its kink where an error is 0 to rounding: none is here.
          expect(Math.abs((got.get(name)?.data[i] ?? Number.NaN) - w), `${name}[${i}]`).toBeLessThanOrEqual(
            1000 * UNIT * Math.max(1, Math.abs(w)),
          );
        });
    });

  test('trains in mixed precision as in f32, but for what f16 loses', async ({ skip }) => {
    skip(!gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
    const trained = async (precision: 'f32' | 'mixed') => {
      const weighted = labelled && { classWeights: cycled(classes, [1, 2]) };
      const options = { batch: 4, optimizer: sgd({ learningRate: 0.02 }), loss, seed: 5, precision, ...weighted };
      await using training = await trainer(gpu, m, options);
      const start = await training.weights();
      // Steps whose gradients f16 does not hold are left out, until the loss scale is one with which it does.
      await training.fit(data, { steps: 5 });
      training.setWeights(start);
      await training.fit(data, { steps: 10 });
      return training.weights();
    };
    const [full, mixed] = [await trained('f32'), await trained('mixed')];
    // 10 steps of 0.02 times gradients of up to 8 (a temperature of 4, weights of 2), wrong by 8 roundings to f16.
    const tolerance = 10 * 0.02 * 8 * 8 * 2 ** -11;
    for (const [name, { data: wanted }] of full)
      wanted.forEach((w, i) => {
        expect(Math.abs((mixed.get(name)?.data[i] ?? Number.NaN) - w), `${name}[${i}]`).toBeLessThanOrEqual(tolerance);
      });
  });

  if (labelled)
    test('balances the classes of the data of each fit, those without samples left out', async () => {
      const few = dataset({ ...data, y: Uint8Array.from(data.y, (_, i) => (i % 4 === 0 ? 1 : 0)) });
      const counts = [0, 1, 2].slice(0, classes).map((label) => few.y.filter((other: number) => other === label).length);
      const weights = counts.map((count) => (count === 0 ? 0 : few.size / (classes * count)));
      const options = { batch: 4, optimizer: sgd({ learningRate: 0.02 }), loss, replicas: 2, seed: 5 };
      const trained = async (classWeights: 'balanced' | readonly number[]) => {
        await using training = await trainer(gpu, m, { ...options, classWeights });
        const before = [await training.weights(0), await training.weights(1)];
        // Other data leave nothing behind but weights, and those go.
        await training.fit(data, { steps: 1 });
        before.forEach((own, replica) => {
          training.setWeights(own, replica);
        });
        await training.fit(few, { steps: 9 });
        return [await training.weights(0), await training.weights(1)];
      };
      expect(await trained('balanced')).toEqual(await trained(weights));
    });

  test('is evaluated without the weights of classes, and without a teacher', async () => {
    const optimizer = adam();
    await using training = await trainer(gpu, m, {
      batch: 4,
      optimizer,
      loss,
      ...(labelled && { classWeights: cycled(classes, [3]) }),
    });
    const { teacherLogits: _, ...untaught } = data;
    const validation = dataset(untaught);
    await training.fit(data, { steps: 3, validate: validation });
    const samples = [...Array(validation.size).keys()];
    const output = referenceOutput(m, await training.weights(), validation, samples);
    const judged = (lossDefinition(kind).evaluatedBy ?? loss) as Loss;
    const { loss: got } = await training.evaluate(validation);
    expect(Math.abs(got - judge(validation, samples, output, 0, judged).loss)).toBeLessThanOrEqual(
      1000 * UNIT * Math.max(1, got),
    );
  });
});
