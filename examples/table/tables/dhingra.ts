import { adam, type PublishedFigure, plot, published } from 'paredown/node';
import { falls, reaches } from '../claims.ts';
import type { Training } from '../recipe.ts';
import { summary } from '../statistics.ts';
import type { Claim, Table } from '../table.ts';
import type { TrainingResult } from '../train-row.ts';
import { networkTable, rowsOf } from './network-table.ts';

export const TRAINING: Training = {
  data: 'mnist',
  batch: 50,
  optimizer: adam({ learningRate: 1e-4 }),
  length: { steps: 20_000 },
};

const NOTES = [
  'Training as stated: 20,000 steps of 50 with Adam at 1e-4, weights and biases from N(0, 0.1), dropout before the last layer. Its rate is not stated: 0.5, that of the TensorFlow tutorial that the paper starts from.',
  'Accuracy is that of the 10,000 test images after the last step, without choosing a best step.',
  'The paper counts weights without biases. Its times are those of one training on a Titan X; "ours, a seed" is the training time of all seeds together, without evaluations, divided by their number.',
];

const POOL_NOTE =
  'Tables IV to VI do not state the pooling and fit neither 2x2 nor 4x4 throughout: 5x5x32 with 128 units is 99.1% in Table III but 98.6% in IV, 5x5x2 is 95.81% in VII (4x4) but 97.38% in IV. Both readings are run.';

const figures = (...tables: readonly string[]) =>
  published.filter(({ paper, table }) => paper.startsWith('Dhingra') && tables.includes(table));

function table(number: string, title: string, rows: readonly PublishedFigure[], options: TableOptions = {}): Table {
  return networkTable({
    name: `dhingra-${number}`,
    title: `Dhingra, ${title}`,
    notes: [...NOTES, ...(options.notes ?? [])],
    rows: () => rowsOf(rows, { training: TRAINING, counted: 'weights' }),
    claims: options.claims,
  });
}

interface TableOptions {
  readonly notes?: readonly string[];
  readonly claims?: (results: ReadonlyMap<string, TrainingResult>) => readonly Claim[];
}

const COUNTS = [32, 16, 8, 4, 2];

/** Tables IV, V and VI: fewer and fewer filters of one size. */
function filterTable(number: string, roman: string, size: number): Table {
  return table(number, `Table ${roman}: fewer ${size}x${size} filters`, figures(roman), {
    notes: [POOL_NOTE],
    claims: (results) =>
      [2, 4].flatMap((pool) =>
        falls(
          `fewer filters, less accuracy (${pool}x${pool} pooling, ${COUNTS.join(', ')} filters)`,
          COUNTS.map((count) => `dhingra/${size}x${size}-${count}-pool${pool}`),
          results,
        ),
      ),
  });
}

const WIDTHS = [1024, 512, 256, 128, 64, 32];

export const dhingra: readonly Table[] = [
  table('1', 'Table I: the baseline', figures('I'), {
    claims: (results) => reaches('our own aim: at least 99.1%', 'dhingra/baseline', 0.991, results),
  }),
  table('2', 'Table II: one convolution', figures('II')),
  table('3', 'Table III: a smaller dense layer', figures('III'), {
    claims: (results) =>
      falls(
        `fewer units, less accuracy (${WIDTHS.join(', ')})`,
        WIDTHS.map((units) => `dhingra/fc-${units}`),
        results,
      ),
  }),
  filterTable('4', 'IV', 5),
  filterTable('5', 'V', 3),
  filterTable('6', 'VI', 1),
  table('7', 'Table VII and the note to it: the optimised network', [...figures('VII'), ...figures('text')], {
    notes: ['"5x5x2" is read as two filters of 5x5x1, and its pooling memory "7*7*4 = 98" as 7*7*2.'],
    claims: (results) => [
      ...reaches('the optimised network holds 95%', 'dhingra/optimized', 0.95, results),
      ...falls('3x3 filters are less accurate than 5x5', ['dhingra/optimized', 'dhingra/optimized-3x3'], results),
    ],
  }),
  table('8', 'Table VIII: baseline and optimised network', [...figures('I'), ...figures('VII')], {
    claims: (results) => falls('the optimised network is less accurate', ['dhingra/baseline', 'dhingra/optimized'], results),
  }),
  filterFigure(),
];

/** Accuracy against the number of filters, one line for each size of filter and reading of the pooling. */
function filterFigure(): Table {
  const base = table('figure-1', 'Figure 1: filter size and number of filters', figures('IV', 'V', 'VI'), {
    notes: [POOL_NOTE],
    claims: (results) =>
      COUNTS.flatMap((count) =>
        [2, 4].flatMap((pool) =>
          falls(
            `5x5 over 3x3 over 1x1 (${count} filters, ${pool}x${pool} pooling)`,
            [5, 3, 1].map((size) => `dhingra/${size}x${size}-${count}-pool${pool}`),
            results,
          ),
        ),
      ),
  });
  return {
    ...base,
    async figures(results, data, length) {
      const accuracy = (size: number, count: number, pool: number) =>
        (results.get(`dhingra/${size}x${size}-${count}-pool${pool}`) as TrainingResult | undefined)?.accuracy;
      const ours = [5, 3, 1].flatMap((size, color) =>
        [2, 4].map((pool) => ({
          name: `${size}x${size}, ${pool}x${pool} pooling`,
          style: 'both' as const,
          dashed: pool === 4,
          color,
          points: COUNTS.flatMap((count) => {
            const found = accuracy(size, count, pool);
            const { mean, deviation } = summary(found ?? []);
            return found ? [{ x: count, y: mean, deviation }] : [];
          }),
        })),
      );
      const theirs = [5, 3, 1].map((size, color) => ({
        name: `${size}x${size}, published`,
        style: 'points' as const,
        symbol: 'diamond' as const,
        color,
        points: figures(['IV', 'V', 'VI'][color] ?? '').map(({ accuracy: y }, index) => ({
          x: COUNTS[index] ?? 0,
          y: y ?? Number.NaN,
        })),
      }));
      const svg = await plot({
        title: base.title,
        subtitle: length,
        height: 480,
        x: { name: 'filters', scale: 'log' },
        y: { name: 'test accuracy', format: 'percent' },
        series: [...ours.filter(({ points }) => points.length > 0), ...theirs],
      });
      return [{ file: 'filters.svg', svg }, ...(await base.figures(results, data, length))];
    },
  };
}
