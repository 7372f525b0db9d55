import { describe, heatMap, lowerBound } from 'paredown/node';
import { grouped, percent, stepTime } from '../../../src/cli/common/format.ts';
import { seedsText } from '../recipe.ts';
import { summary } from '../statistics.ts';
import { type Claim, type Figure, type Results, type Row, type Settings, type Table, UNKNOWN } from '../table.ts';
import { drawPoints, errorText, lossText, type MlpResult, mlpRow, PRINTED_ERROR, PRINTED_LOSS } from './babu-mlp.ts';

const DEPTHS = Array.from({ length: 10 }, (_, index) => index + 1);
const WIDTHS = Array.from({ length: 20 }, (_, index) => index + 1);
const KINDS = ['plain', 'residual'] as const;
type Kind = (typeof KINDS)[number];

const NOTES = [
  'The study prints neither optimizer, steps, learning rate nor dimension, and one training for each cell, tested on 30 points. Ours: points N(0, I) in four dimensions (babu-double-descent says why), the class the sign of the product of the coordinates; Adam at 0.01 on all 140 points, 2,000 steps; 20 seeds that differ in their initial weights (He, biases 0), trained as replicas of one plan; tested on 2,000 points.',
  'Its Table 2 is captioned "Testing Accuracy", but holds errors: multiples of 1/30. Losses are summed over the 140 points: 140 ln 2 = 97.04 is chance.',
  'Dead: the output is the same number for every training point, since no unit of some layer is ever above 0.',
  'Residual: each hidden layer after the first adds to its input, the remedy that the study proposes and does not try. One hidden layer has nothing to add to: its networks are the plain ones.',
];

export const babuDepth: Table = {
  name: 'babu-depth',
  title: 'Babu and Enouen, Tables 2 and 3: 1 to 10 hidden layers of 1 to 20 units',
  notes: NOTES,
  columns: [
    { title: 'layers', align: 'left', width: 12 },
    { title: 'units' },
    { title: 'parameters' },
    { title: 'error, published' },
    { title: 'test error', width: 15 },
    { title: 'on 30', width: 15 },
    { title: 'train error', width: 15 },
    { title: 'loss, published' },
    { title: 'train loss', width: 15 },
    { title: 'dead' },
    { title: 'our time', width: 8 },
  ],
  rows: (settings) => rows(settings),
  figures: async (results, _, length) => figures(results, length),
  claims,
};

const nameOf = (kind: Kind, depth: number, width: number) =>
  `${kind}-${String(depth).padStart(2, '0')}x${String(width).padStart(2, '0')}`;

async function rows(settings: Settings): Promise<readonly Row[]> {
  const drawn = await drawPoints({ dimensions: 4, noise: 0 });
  return KINDS.flatMap((kind) =>
    DEPTHS.flatMap((depth) =>
      WIDTHS.map((width) => {
        const { model, ...row } = mlpRow({ depth, width, residual: kind === 'residual' }, drawn, settings);
        const { parameters } = describe(model);
        return {
          ...row,
          name: nameOf(kind, depth, width),
          cells: (result: object | undefined) => cells(kind, depth, width, parameters, result as MlpResult | undefined),
        };
      }),
    ),
  );
}

function cells(kind: Kind, depth: number, width: number, parameters: number, found: MlpResult | undefined): string[] {
  const [error, loss] = kind === 'plain' ? [PRINTED_ERROR, PRINTED_LOSS].map((grid) => grid[depth - 1]?.[width - 1]) : [];
  return [
    `${depth}${kind === 'plain' ? '' : ` ${kind}`}`,
    String(width),
    grouped(parameters),
    error === undefined ? UNKNOWN : percent(error),
    found ? errorText(found.testError) : UNKNOWN,
    found ? errorText(found.theirError) : UNKNOWN,
    found ? errorText(found.trainError) : UNKNOWN,
    loss === undefined ? UNKNOWN : loss.toPrecision(3),
    found ? lossText(found.trainLoss) : UNKNOWN,
    found ? String(found.dead.filter(Boolean).length) : UNKNOWN,
    found ? `${stepTime(found.wallMs / 1000)} s` : UNKNOWN,
  ];
}

const resultOf = (results: Results, kind: Kind, depth: number, width: number) =>
  results.get(nameOf(kind, depth, width)) as MlpResult | undefined;

type Grid = readonly (readonly (number | undefined)[])[];

function gridOf(results: Results, kind: Kind, value: (result: MlpResult) => number): Grid {
  return DEPTHS.map((depth) =>
    WIDTHS.map((width) => {
      const result = resultOf(results, kind, depth, width);
      return result && value(result);
    }),
  );
}

function figures(results: Results, length: string): Promise<Figure[]> {
  const done = [...results.values()] as MlpResult[];
  const ours = `${length}: ${[...new Set(done.map(({ seeds, steps }) => `${seedsText(seeds)}, ${steps} steps`))].join('; ')}`;
  const map = async (file: string, title: string, subtitle: string, values: Grid, max: number): Promise<Figure> => ({
    file: `${file}.svg`,
    svg: await heatMap({
      title,
      subtitle,
      height: 480,
      columns: WIDTHS.map(String),
      rows: DEPTHS.map(String),
      columnName: 'units of a hidden layer',
      rowName: 'hidden layers',
      values,
      min: 0,
      max,
    }),
  });
  const once = 'one training, tested on 30 points';
  const error = ({ testError }: MlpResult) => 100 * summary(testError).mean;
  const loss = ({ trainLoss }: MlpResult) => summary(trainLoss).mean;
  const dead = (result: MlpResult) => result.dead.filter(Boolean).length;
  const seeds = Math.max(...done.map(({ dead: flags }) => flags.length));
  const percents = PRINTED_ERROR.map((row) => row.map((value) => 100 * value));
  return Promise.all([
    map('error-published', 'Test error in percent, published', once, percents, 65),
    map('error-plain', 'Test error in percent, ours', ours, gridOf(results, 'plain', error), 65),
    map('error-residual', 'Test error in percent, ours, residual layers', ours, gridOf(results, 'residual', error), 65),
    map('loss-published', 'Training loss, published', once, PRINTED_LOSS, 100),
    map('loss-plain', 'Training loss, ours', ours, gridOf(results, 'plain', loss), 100),
    map('loss-residual', 'Training loss, ours, residual layers', ours, gridOf(results, 'residual', loss), 100),
    map('dead-plain', 'Dead networks', ours, gridOf(results, 'plain', dead), seeds),
    map('dead-residual', 'Dead networks, residual layers', ours, gridOf(results, 'residual', dead), seeds),
  ]);
}

function claims(results: Results): readonly Claim[] {
  const over = (kind: Kind, depths: readonly number[]) =>
    depths.flatMap((depth) => WIDTHS.flatMap((width) => resultOf(results, kind, depth, width) ?? []));
  const deadShare = (found: readonly MlpResult[]) => {
    const flags = found.flatMap(({ dead }) => dead);
    return flags.filter(Boolean).length / flags.length;
  };
  const [shallow, deep] = [over('plain', DEPTHS.slice(0, 5)), over('plain', DEPTHS.slice(5))];
  // Cells that both have, beyond the first row.
  const pairs = DEPTHS.slice(1).flatMap((depth) =>
    WIDTHS.flatMap((width) => {
      const [plain, residual] = KINDS.map((kind) => resultOf(results, kind, depth, width));
      return plain && residual ? [{ plain, residual }] : [];
    }),
  );
  const whole = (DEPTHS.length * WIDTHS.length) / 2;
  const byDepth: Claim[] =
    shallow.length === whole && deep.length === whole
      ? [
          {
            text: 'more networks die beyond five hidden layers',
            holds: deadShare(deep) > deadShare(shallow),
            found: `${percent(deadShare(deep))} of those with 6 to 10, ${percent(deadShare(shallow))} of those with 1 to 5`,
          },
        ]
      : [];
  if (pairs.length < (DEPTHS.length - 1) * WIDTHS.length) return byDepth;
  const [plain, residual] = [pairs.map((pair) => pair.plain), pairs.map((pair) => pair.residual)];
  const meanError = (found: readonly MlpResult[]) => summary(found.flatMap(({ testError }) => testError)).mean;
  // One a seed: the cells of a grid share their points, and are not independent.
  const gains = (plain[0]?.testError ?? []).map(
    (_, seed) =>
      summary(pairs.map((pair) => (pair.plain.testError[seed] ?? Number.NaN) - (pair.residual.testError[seed] ?? Number.NaN)))
        .mean,
  );
  const gain = summary(gains);
  const points = (share: number) => (100 * share).toFixed(2);
  return [
    ...byDepth,
    {
      text: 'with residual layers fewer networks die',
      holds: deadShare(residual) < deadShare(plain),
      found: `${percent(deadShare(residual))}, ${percent(deadShare(plain))} of the plain ones`,
    },
    {
      text: 'residual layers lower the mean test error of the grid, by more than chance',
      holds: (lowerBound(gains) ?? 0) > 0,
      found: `${percent(meanError(residual))}, ${percent(meanError(plain))} without; over the seeds ${points(gain.mean)}${gain.deviation === undefined ? '' : ` ± ${points(gain.deviation)}`} points lower`,
    },
  ];
}
