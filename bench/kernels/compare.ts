import { type Column, Table } from '../../src/cli/common/fitted-table.ts';
import { digits, times } from '../common/figures.ts';
import { differenceOf } from '../common/machine.ts';
import type { Report, Row } from './report.ts';

interface Change {
  readonly kernel: string;
  readonly shape: string;
  readonly before: number;
  readonly after: number;
  /** Whether the quartiles of the two overlap. */
  readonly withinSpread: boolean;
}

const columns: readonly Column<Change>[] = [
  { title: 'kernel', align: 'left', least: 20, text: ({ kernel }) => kernel },
  { title: 'layer', align: 'left', least: 26, text: ({ shape }) => shape },
  { title: 'ms then', text: ({ before }) => digits(before) },
  { title: 'now', text: ({ after }) => digits(after) },
  { title: 'ratio', text: ({ before, after }) => times(after / before) },
  {
    title: '',
    align: 'left',
    text: ({ before, after, withinSpread }) => (withinSpread ? 'within spread' : after < before ? 'faster' : 'slower'),
  },
];

/** Lines about what changed from one run to another: times now / then, the largest change first. */
export function comparison(before: Report, after: Report, width: number): string[] {
  const old = new Map(before.rows.map((row) => [keyOf(row), row]));
  const changes: Change[] = [];
  const added: string[] = [];
  for (const row of after.rows) {
    const then = old.get(keyOf(row));
    old.delete(keyOf(row));
    if (!then) added.push(keyOf(row));
    if (!row.ms || !then?.ms) continue;
    changes.push({
      kernel: `${row.family}/${row.variant}`,
      shape: row.shape,
      before: then.ms.median,
      after: row.ms.median,
      withinSpread: row.ms.lowerQuartile <= then.ms.upperQuartile && then.ms.lowerQuartile <= row.ms.upperQuartile,
    });
  }
  changes.sort((a, b) => sizeOf(b) - sizeOf(a));
  const difference = differenceOf(before.machine, after.machine);
  const clocks = before.clock === after.clock ? [] : [`CAUTION: times by ${before.clock} then, by ${after.clock} now`];
  const table = new Table(columns, changes, width);
  const commit = before.machine.commit ? ` (commit ${before.machine.commit})` : '';
  return [
    `Against the run of ${before.machine.date}${commit}:`,
    ...(difference ? [`CAUTION: not the same machine: ${difference}`] : []),
    ...clocks,
    ...(changes.length > 0
      ? [table.header(), ...changes.map((change) => table.row(change))]
      : ['nothing was measured in both runs']),
    ...(changes.length > 0
      ? [`geometric mean of the ratios: ${times(geometricMean(changes))} over ${changes.length} kernels`]
      : []),
    ...(added.length > 0
      ? [`new: ${added.length} kernels, ${added.slice(0, 3).join('; ')}${added.length > 3 ? '; ...' : ''}`]
      : []),
  ];
}

function keyOf({ family, variant, shape }: Row): string {
  return `${family}/${variant} ${shape}`;
}

function sizeOf({ before, after }: Change): number {
  return Math.abs(Math.log(after / before));
}

function geometricMean(changes: readonly Change[]): number {
  return Math.exp(changes.reduce((sum, { before, after }) => sum + Math.log(after / before), 0) / changes.length);
}
