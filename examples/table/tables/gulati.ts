import { type PublishedFigure, published } from 'paredown/node';
import { percent } from '../../../src/cli/common/format.ts';
import { falls } from '../claims.ts';
import { counts } from '../counts.ts';
import { type ExtraColumns, inZoo } from '../network-row.ts';
import { summary } from '../statistics.ts';
import { type Claim, type Table, UNKNOWN } from '../table.ts';
import type { TrainingResult } from '../train-row.ts';
import { TRAINING } from './dhingra.ts';
import { networkTable, rowsOf } from './network-table.ts';

const NOTES = [
  'Optimizer, learning rate, batch, length and dropout are not stated. Ours: Adam at 1e-4, 20,000 steps of 50, as Dhingra, so that the studies can be compared, and no dropout; initial weights are the library\u2019s (He for convolutions, Glorot for dense layers).',
  'Split 55,000 / 5,000 / 10,000 as stated. Counts include biases. The 4x4 pooling of 14x14 is padded to 4x4 outputs, which alone gives the printed counts. "0.51 secs" and the like have no stated meaning; the paper\u2019s times are printed as they are.',
  'The vanilla CondenseNet is printed as 98.75% in Table 9, a copy of Modification 1, and 97.73% in Table 11, the consistent one; CondenseNet-2 as 97.3% and 97.38%.',
];

/** Of activations, as the paper prints it. */
const MEMORY: ExtraColumns = {
  columns: [{ title: 'activations, published' }],
  cells: ({ published: figure }) => [figure?.memory ?? UNKNOWN],
};

const INITIAL = ['gulati/initial', 'gulati/modification-1', 'gulati/modification-2'];

function table(
  number: string,
  title: string,
  claims?: (results: ReadonlyMap<string, TrainingResult>) => readonly Claim[],
): Table {
  const figures = published.filter(
    ({ paper, table: numbers }) => paper.startsWith('Gulati') && numbers.split('/').includes(number),
  );
  const rows: readonly PublishedFigure[] = number === '4' ? initialFirst(figures) : figures;
  return networkTable({
    name: `gulati-${number}`,
    title: `Gulati, Table ${number}: ${title}`,
    notes: NOTES,
    extra: MEMORY,
    rows: () => rowsOf(rows, { training: TRAINING }),
    claims,
  });
}

/** Table 4 compares with the initial model of Table 1. */
function initialFirst(figures: readonly PublishedFigure[]): readonly PublishedFigure[] {
  return [...published.filter(({ zoo }) => zoo?.includes('gulati/initial')), ...figures];
}

/** CondenseNet-2 is within two points of the initial model at 1/45 of its parameters. */
function withinTwoPoints(results: ReadonlyMap<string, TrainingResult>): Claim[] {
  const [large, small] = ['gulati/initial', 'gulati/condensenet-2'].map((name) => results.get(name));
  if (!large || !small) return [];
  const [few, many] = [summary(small.accuracy).mean, summary(large.accuracy).mean];
  const ratio = counts(inZoo('gulati/initial')).parameters / counts(inZoo('gulati/condensenet-2')).parameters;
  return [
    {
      text: `CondenseNet-2 is within 2 points of the initial model at 1/${Math.floor(ratio)} of its parameters`,
      holds: many - few <= 0.02,
      found: `${percent(many)}, ${percent(few)}`,
    },
  ];
}

const smallerFilters = (results: ReadonlyMap<string, TrainingResult>) => falls('5x5 over 3x3 over 1x1', INITIAL, results);

export const gulati: readonly Table[] = [
  table('4', 'smaller filters', smallerFilters),
  table('9', 'CondenseNets'),
  table('11', 'parameters and accuracy', (results) => [...smallerFilters(results), ...withinTwoPoints(results)]),
  table('12', 'memory and time', (results) => [...smallerFilters(results), ...withinTwoPoints(results)]),
];
