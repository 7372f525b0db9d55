import { describe, type PlotSeries, plot } from 'paredown/node';
import { grouped, percent, stepTime } from '../../../src/cli/common/format.ts';
import { seedsText } from '../recipe.ts';
import { summary } from '../statistics.ts';
import { type Claim, type Figure, type Results, type Row, type Settings, type Table, UNKNOWN } from '../table.ts';
import {
  drawPoints,
  errorText,
  lossText,
  type MlpResult,
  mlpRow,
  type Points,
  PRINTED_ERROR,
  PRINTED_LOSS,
  TRAINED,
} from './babu-mlp.ts';
import { peakAt } from './babu-peak.ts';

const WIDTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 25, 30, 40, 50, 60];

interface Block extends Points {
  /** First part of its rows' names. */
  readonly name: string;
  readonly title: string;
  /** Whether the paper's row of one hidden layer may be of these points. */
  readonly printed: boolean;
}

const BLOCKS: readonly Block[] = [
  { name: 'd2', title: '2 dimensions', dimensions: 2, noise: 0, printed: false },
  { name: 'd4', title: '4 dimensions', dimensions: 4, noise: 0, printed: true },
  { name: 'd4-noise', title: '4 dimensions, 15% of labels flipped', dimensions: 4, noise: 0.15, printed: false },
];

const NOTES = [
  'The study prints neither optimizer, steps, learning rate nor dimension, and one training for each width, tested on 30 points. Ours: Adam at 0.01 on all 140 points, 2,000 steps, 20 seeds that differ in their initial weights (He, biases 0) on the same points; rate and steps were chosen for wide networks to learn every label.',
  'Points are N(0, I), the class is the sign of the product of the coordinates. Section A has two dimensions. The printed grids are of "slightly higher" dimension: their last widths err on about 30%; ours of 20 units on 32% in four dimensions, on 3% in two: hence four.',
  'Test error is that of 2,000 points without label noise; "on 30" is of the first 30 of them. Losses: the training loss is summed over 140 points, as printed; 140 ln 2 = 97.04 is chance. The test loss is the mean of a point.',
  'The threshold is the first width whose mean training error is below 1%. A peak is a mean there, or at the width beside it, above that of a smaller and of a larger width by more than two standard errors of the difference, with nothing above it between them.',
];

/** The printed rows of one hidden layer. */
const [ERRORS = [], LOSSES = []] = [PRINTED_ERROR[0], PRINTED_LOSS[0]];

export const babuDoubleDescent: Table = {
  name: 'babu-double-descent',
  title: 'Babu and Enouen, double descent: one hidden layer of 1 to 60 units',
  notes: NOTES,
  columns: [
    { title: 'points', align: 'left' },
    { title: 'units' },
    { title: 'parameters' },
    { title: 'error, published' },
    { title: 'test error', width: 15 },
    { title: 'on 30', width: 15 },
    { title: 'train error', width: 15 },
    { title: 'loss, published' },
    { title: 'train loss', width: 15 },
    { title: 'test loss', width: 13 },
    { title: 'dead' },
    { title: 'our time', width: 8 },
  ],
  rows: async (settings) => (await Promise.all(BLOCKS.map((block) => rowsOf(block, settings)))).flat(),
  figures: async (results, _, length) => (await Promise.all(BLOCKS.map((block) => figures(block, results, length)))).flat(),
  claims: (results) => BLOCKS.flatMap((block) => claims(block, results)),
};

const nameOf = ({ name }: Block, width: number) => `${name}-w${width}`;

async function rowsOf(block: Block, settings: Settings): Promise<Row[]> {
  const drawn = await drawPoints(block);
  return WIDTHS.map((width) => {
    const { model, ...row } = mlpRow({ depth: 1, width }, drawn, settings);
    const { parameters } = describe(model);
    return {
      ...row,
      name: nameOf(block, width),
      cells: (result) => cells(block, width, parameters, result as MlpResult | undefined),
    };
  });
}

function cells(block: Block, width: number, parameters: number, found: MlpResult | undefined): string[] {
  const [error, loss] = block.printed ? [ERRORS[width - 1], LOSSES[width - 1]] : [];
  return [
    block.title,
    String(width),
    grouped(parameters),
    error === undefined ? UNKNOWN : percent(error),
    found ? errorText(found.testError) : UNKNOWN,
    found ? errorText(found.theirError) : UNKNOWN,
    found ? errorText(found.trainError) : UNKNOWN,
    loss === undefined ? UNKNOWN : loss.toPrecision(3),
    found ? lossText(found.trainLoss) : UNKNOWN,
    found ? lossText(found.testLoss) : UNKNOWN,
    found ? String(found.dead.filter(Boolean).length) : UNKNOWN,
    found ? `${stepTime(found.wallMs / 1000)} s` : UNKNOWN,
  ];
}

const finishedOf = (block: Block, results: Results) =>
  WIDTHS.flatMap((width) => {
    const result = results.get(nameOf(block, width)) as MlpResult | undefined;
    return result ? [{ width, result }] : [];
  });

/** Place of the first width that learns all labels but one in a hundred, on the mean of the seeds; -1 where none does. */
const thresholdOf = (done: readonly { readonly result: MlpResult }[]) =>
  done.findIndex(({ result }) => summary(result.trainError).mean < 0.01);

async function figures(block: Block, results: Results, length: string): Promise<Figure[]> {
  const done = finishedOf(block, results);
  if (done.length === 0) return [];
  const threshold = done[thresholdOf(done)]?.width;
  const line = (name: string, values: (result: MlpResult) => readonly number[]): PlotSeries => ({
    name,
    style: 'both',
    points: done.map(({ width, result }) => {
      const { mean, deviation } = summary(values(result));
      return { x: width, y: mean, deviation };
    }),
  });
  const theirs = (name: string, values: readonly number[]): PlotSeries[] =>
    block.printed ? [{ name, style: 'points', symbol: 'diamond', points: values.map((y, index) => ({ x: index + 1, y })) }] : [];
  const draw = async (file: string, name: string, format: 'number' | 'percent', series: PlotSeries[]): Promise<Figure> => ({
    file: `${file}-${block.name}.svg`,
    svg: await plot({
      title: `One hidden layer, ${block.title}: ${name}`,
      subtitle: `${length}: ${TRAINED} points, ${[...new Set(done.map(({ result }) => `${seedsText(result.seeds)}, ${result.steps} steps`))].join('; ')}; means and standard deviations`,
      height: 480,
      x: { name: 'hidden units', scale: 'log' },
      y: { name, format, min: 0 },
      series,
      ...(threshold !== undefined && { marks: [{ x: threshold, label: `${threshold} units: training error below 1%` }] }),
    }),
  });
  return Promise.all([
    draw('error', 'error', 'percent', [
      line('test, 2,000 points', ({ testError }) => testError),
      line('train', ({ trainError }) => trainError),
      ...theirs('published, one run, 30 points', ERRORS),
    ]),
    draw('loss', 'cross-entropy', 'number', [
      line('test', ({ testLoss }) => testLoss),
      line('train', ({ trainLoss }) => trainLoss.map((loss) => loss / TRAINED)),
      ...theirs(
        'train, published',
        LOSSES.map((loss) => loss / TRAINED),
      ),
    ]),
  ]);
}

function claims(block: Block, results: Results): Claim[] {
  const done = finishedOf(block, results);
  if (done.length < WIDTHS.length) return [];
  const threshold = thresholdOf(done);
  const widest = done.at(-1)?.result.trainError ?? [];
  const reached: Claim = {
    text: `${block.title}: wide networks learn every label`,
    holds: threshold >= 0,
    found:
      threshold < 0
        ? `${percent(summary(widest).mean)} train error at ${WIDTHS.at(-1)} units`
        : `from ${done[threshold]?.width} units on`,
  };
  if (threshold < 0) return [reached];
  const peaks = (['testLoss', 'testError'] as const).map((key): Claim => {
    const curve = done.map(({ result }) => result[key]);
    const peak = peakAt(curve, threshold);
    const text = (at: number) => {
      const { mean } = summary(curve[at] ?? []);
      return `${key === 'testError' ? percent(mean) : mean.toFixed(2)} at ${done[at]?.width}`;
    };
    return {
      text: `${block.title}: the mean test ${key === 'testError' ? 'error' : 'loss'} has a peak at the threshold`,
      holds: peak?.stands ?? false,
      found: peak ? [peak.before, peak.top, peak.after].map(text).join(', ') : 'the threshold is at an end of the curve',
    };
  });
  return [reached, ...peaks];
}
