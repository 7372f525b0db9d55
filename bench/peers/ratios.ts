import type { Column } from '../../src/cli/common/fitted-table.ts';
import { digits, times } from '../common/figures.ts';
import { relativeSpread, type Spread, spreadOf } from '../common/statistics.ts';
import type { Engine, PeerTimes, PeerWorkload } from './engines.ts';

/** One engine's times for one thing, of all rounds together, beside ours. */
export interface PeerRow {
  readonly workload: PeerWorkload;
  readonly what: string;
  readonly engine: Engine;
  readonly ms: Spread;
  /** How many times as long as ours. */
  readonly ratio?: number;
  /** What issue 3 asks for on a software driver. */
  readonly target?: { readonly least: number; readonly stretch: number };
}

/** By what is measured and against whom: at least, and what would be good. */
const TARGETS: Readonly<Record<string, readonly [least: number, stretch: number]>> = {
  'W1 train 50 jax-js': [5, 8],
  'W1 train 50 tfjs': [12, 19],
  'W2 train 50 jax-js': [8, 12],
  'W2 train 50 tfjs': [25, 40],
  'W1 forward 50 jax-js': [5, 7],
  'W1 forward 1000 jax-js': [5, 7],
};

/** A row for each engine and thing, with the ratio of its median to ours. */
export function peerRows(all: readonly PeerTimes[]): PeerRow[] {
  const groups = new Map<string, PeerTimes[]>();
  for (const one of all) {
    const key = `${one.workload} ${one.what} ${one.engine}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const spreads = new Map([...groups].map(([key, group]) => [key, spreadOf(group.flatMap((one) => one.times))]));
  return [...groups].flatMap(([key, [first]]) => {
    const ms = spreads.get(key);
    if (!first || !ms) return [];
    const { workload, what, engine } = first;
    const ours = spreads.get(`${workload} ${what} paredown`);
    const [least, stretch] = TARGETS[key] ?? [];
    return [
      {
        ...{ workload, what, engine, ms },
        ...(ours && engine !== 'paredown' && { ratio: ms.median / ours.median }),
        ...(least && stretch && { target: { least, stretch } }),
      },
    ];
  });
}

export const peerColumns: readonly Column<PeerRow>[] = [
  { title: 'what', align: 'left', text: ({ workload, what }) => `${workload} ${what}` },
  { title: 'engine', align: 'left', text: ({ engine }) => engine },
  { title: 'ms', text: ({ ms }) => digits(ms.median) },
  { title: 'least', rank: 1, text: ({ ms }) => digits(ms.least) },
  { title: '±', rank: 2, text: ({ ms }) => `${Math.round(100 * relativeSpread(ms))}%` },
  { title: 'n', rank: 3, text: ({ ms }) => String(ms.repeats) },
  { title: 'of ours', text: ({ ratio }) => times(ratio) },
  { title: 'at least', text: ({ target }) => times(target?.least) },
  { title: 'stretch', rank: 1, text: ({ target }) => times(target?.stretch) },
  { title: '', align: 'left', text: ({ ratio, target }) => verdict(ratio, target) },
];

function verdict(ratio: number | undefined, target: PeerRow['target']): string {
  if (ratio === undefined || !target) return '';
  return ratio >= target.stretch ? 'stretch reached' : ratio >= target.least ? 'reached' : 'MISSED';
}
