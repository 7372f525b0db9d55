import {
  adam,
  datasetHash,
  describe,
  type Model,
  mlp,
  type PlotSeries,
  plot,
  predictor,
  type Schedule,
  sine,
  type Trainer,
  trainer,
} from 'paredown/node';
import { grouped, stepTime } from '../../../src/cli/common/format.ts';
import { seedsOf, seedsText } from '../recipe.ts';
import { summary } from '../statistics.ts';
import { type Claim, type Context, type Figure, type Results, type Row, type Settings, type Table, UNKNOWN } from '../table.ts';
import { lossText, pointSteps } from './babu-mlp.ts';
import { peakAt } from './babu-peak.ts';

const STEPS = 4000;
const POINTS = 20;
const NOISE = 0.1;
/** The study's are the last two. */
const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 30, 50, 100, 300, 1000, 10_000, 100_000];
/** Whose fits are drawn. */
const DRAWN = [2, 6, 20, 10_000, 100_000];

/** Seeds of a row: with three, chance makes peaks of the error against the width; the widest would take an hour with twenty. */
const seedsAt = (width: number) => (width <= 1000 ? 20 : 3);

/** Each of many units moves the output: the rate falls with their number, or the first steps would overshoot too far. */
const rateOf = (width: number) => 0.01 * Math.min(1, Math.sqrt(100 / width));

const NOTES = [
  'The study prints neither the number of points, their noise nor anything of the training; it says that it finds no second descent with 10,000 and 100,000 units, and shows fits.',
  `Ours: ${POINTS} points, x uniform in [-pi, pi), y = sin(x) + ${NOISE} N(0, 1), the same points for each seed; a test of 1,000 points without noise; one hidden layer of ReLU (He, biases 0), mean squared error, ${STEPS.toLocaleString('en-US')} steps of Adam on all points with a cosine to 0, at 0.01, above 100 units at 0.1 / sqrt(width).`,
  'As biases begin at 0, so do the kinks of all units: in networks too wide for their weights to move far, a jump near x = 0 is left of it.',
  'A second descent would be a width whose mean test error stands above that of a smaller and of a larger network by more than two standard errors of the difference. Networks of up to 1,000 units have 20 seeds: with three, chance makes such widths.',
];

/** Values by seed. */
interface SineResult {
  readonly seeds: readonly number[];
  readonly steps: number;
  /** Mean squared errors. */
  readonly trainLoss: readonly number[];
  readonly testLoss: readonly number[];
  /** The first seed's function at `GRID`. */
  readonly fit: readonly number[];
  readonly wallMs: number;
}

const GRID = Float32Array.from({ length: 201 }, (_, index) => Math.PI * (index / 100 - 1));

export const babuSine: Table = {
  name: 'babu-sine',
  title: 'Babu and Enouen, Section B: regression of a sine with up to 100,000 units',
  notes: NOTES,
  columns: [
    { title: 'units', align: 'left', width: 7 },
    { title: 'parameters' },
    { title: 'learning rate' },
    { title: 'train MSE', width: 19 },
    { title: 'test MSE', width: 19 },
    { title: 'our time', width: 8 },
  ],
  rows: (settings) => Promise.all(WIDTHS.map((width) => rowOf(width, settings))),
  figures: async (results, _, length) => figures(results, length),
  claims,
};

const nameOf = (width: number) => `w${width}`;
const points = () => sine({ points: POINTS, noise: NOISE });

async function rowOf(width: number, settings: Settings): Promise<Row> {
  const model = mlp({ inputs: 1, depth: 1, width, outputs: 1 });
  const { hash, parameters } = describe(model);
  const { train, test } = points();
  const steps = pointSteps(STEPS, settings);
  const seeds = seedsOf(settings, seedsAt(width));
  const optimizer = adam({ learningRate: rateOf(width) });
  const schedule: Schedule = { type: 'cosine', steps };
  return {
    name: nameOf(width),
    recipe: {
      model: hash,
      data: { train: await datasetHash(train), test: await datasetHash(test) },
      training: { optimizer, schedule, loss: 'meanSquaredError', steps },
      seeds,
    },
    training: `${grouped(steps)} steps of all ${POINTS} points, ${seedsText(seeds)}`,
    scale: steps / STEPS,
    seeds: seeds.length,
    cost: steps * (1000 + width),
    run: (context) => trainSine({ model, optimizer, schedule, steps, seeds }, context),
    cells: (result) => cells(width, parameters, result as SineResult | undefined),
  };
}

interface SineJob {
  readonly model: Model;
  readonly optimizer: ReturnType<typeof adam>;
  readonly schedule: Schedule;
  readonly steps: number;
  readonly seeds: readonly number[];
}

async function trainSine({ model, optimizer, schedule, steps, seeds }: SineJob, context: Context): Promise<SineResult> {
  const { gpu, signal } = context;
  const { train, test } = points();
  const started = performance.now();
  await using learner = await trainer(gpu, model, {
    batch: train.size,
    optimizer,
    schedule,
    loss: 'meanSquaredError',
    seed: [...seeds],
    replicas: seeds.length,
    signal,
  });
  for await (const { step, loss } of learner.fit(train, { steps, signal }))
    context.progress(step / steps, `step ${step} of ${steps}, mean squared error ${loss.toFixed(4)}`);
  const wallMs = performance.now() - started;
  const [onTrain, onTest] = [await learner.evaluate(train, { signal }), await learner.evaluate(test, { signal })];
  return {
    seeds,
    steps,
    trainLoss: onTrain.replicas.map(({ loss }) => loss),
    testLoss: onTest.replicas.map(({ loss }) => loss),
    fit: await fitOf(learner, context),
    wallMs,
  };
}

async function fitOf(learner: Trainer, { gpu }: Context): Promise<readonly number[]> {
  await using network = await predictor(gpu, learner.model, await learner.weights(), { batch: POINTS });
  return [...(await network.predict({ shape: [GRID.length, 1], data: GRID })).data];
}

function cells(width: number, parameters: number, found: SineResult | undefined): string[] {
  return [
    grouped(width),
    grouped(parameters),
    String(Number(rateOf(width).toPrecision(3))),
    found ? lossText(found.trainLoss) : UNKNOWN,
    found ? lossText(found.testLoss) : UNKNOWN,
    found ? `${stepTime(found.wallMs / 1000)} s` : UNKNOWN,
  ];
}

const finishedOf = (results: Results) =>
  WIDTHS.flatMap((width) => {
    const result = results.get(nameOf(width)) as SineResult | undefined;
    return result ? [{ width, result }] : [];
  });

async function figures(results: Results, length: string): Promise<Figure[]> {
  const done = finishedOf(results);
  const subtitle = `${length}: ${POINTS} points, noise ${NOISE}, ${[...new Set(done.map(({ result }) => `${seedsText(result.seeds)}, ${result.steps} steps`))].join('; ')}`;
  const line = (name: string, values: (result: SineResult) => readonly number[]): PlotSeries => ({
    name,
    style: 'both',
    points: done.map(({ width, result }) => {
      const { mean, deviation = 0 } = summary(values(result));
      // On a logarithmic axis a bar can't reach 0.
      return { x: width, y: mean, ...(deviation < mean && { deviation }) };
    }),
  });
  const { train } = points();
  const fits = done.filter(({ width }) => DRAWN.includes(width));
  return [
    {
      file: 'error.svg',
      svg: await plot({
        title: 'Sine regression: mean squared error',
        subtitle: `${subtitle}; means and standard deviations`,
        height: 480,
        x: { name: 'hidden units', scale: 'log' },
        y: { name: 'MSE', scale: 'log' },
        series: [line('test', ({ testLoss }) => testLoss), line('train', ({ trainLoss }) => trainLoss)],
      }),
    },
    {
      file: 'fits.svg',
      svg: await plot({
        title: 'Sine regression: what is learned',
        subtitle: `${subtitle}; the first seed`,
        height: 540,
        x: { name: 'x' },
        y: { name: 'y' },
        series: [
          { name: 'sin(x)', dashed: true, points: [...GRID].map((x) => ({ x, y: Math.sin(x) })) },
          {
            name: 'training points',
            style: 'points',
            points: [...train.x].map((x, index) => ({ x, y: train.y[index] ?? Number.NaN })),
          },
          ...fits.map(({ width, result }) => ({
            name: `${grouped(width)} units`,
            points: [...GRID].map((x, index) => ({ x, y: result.fit[index] ?? Number.NaN })),
          })),
        ],
      }),
    },
  ];
}

function claims(results: Results): readonly Claim[] {
  const done = finishedOf(results);
  if (done.length < WIDTHS.length) return [];
  const curve = done.map(({ result }) => result.testLoss);
  const text = (at: number) => `${lossText(curve[at] ?? [])} at ${grouped(done[at]?.width ?? 0)}`;
  const peaks = curve.flatMap((_, at) => {
    const peak = peakAt(curve, at);
    return peak?.stands ? [peak] : [];
  });
  const [peak] = peaks.sort((a, b) => summary(curve[b.top] ?? []).mean - summary(curve[a.top] ?? []).mean);
  return [
    {
      text: 'there is no second descent of the mean test error',
      holds: peak === undefined,
      found: peak ? [peak.before, peak.top, peak.after].map(text).join(', ') : 'no width stands above a smaller and a larger one',
    },
  ];
}
