import type { Column } from '../../src/cli/common/fitted-table.ts';
import { digits, times } from '../common/figures.ts';
import { median, type Spread, spreadOf } from '../common/statistics.ts';
import type { WorkloadName } from '../workloads.ts';
import type { EngineName, EngineTimes } from './run.ts';

/** One engine's times for one network, all rounds together, beside Node's. */
export interface EngineRow {
  readonly workload: WorkloadName;
  readonly engine: EngineName;
  readonly version: string;
  readonly firstMs: number;
  readonly every: Spread;
  readonly grouped: Spread;
  /** How many times as long as Node's. */
  readonly ratios?: { readonly first: number; readonly every: number; readonly grouped: number };
}

/** What is asked of an engine on the same driver as Node's: at most so many times Node's time. */
export const MOST = 1.5;

/** A row for each network and engine. */
export function engineRows(all: readonly (EngineTimes & { readonly workload: WorkloadName })[]): EngineRow[] {
  const rows: EngineRow[] = [];
  for (const { workload, engine, version } of all) {
    if (rows.some((row) => row.workload === workload && row.engine === engine)) continue;
    const rounds = all.filter((one) => one.workload === workload && one.engine === engine);
    const firstMs = median(rounds.map((one) => one.firstMs));
    const every = spreadOf(rounds.flatMap((one) => one.every));
    const grouped = spreadOf(rounds.flatMap((one) => one.grouped));
    rows.push({ workload, engine, version, firstMs, every, grouped });
  }
  return rows.map((row) => {
    const node = rows.find(({ workload, engine }) => workload === row.workload && engine === 'node');
    if (!node || row === node) return row;
    const ratios = {
      first: row.firstMs / node.firstMs,
      every: row.every.median / node.every.median,
      grouped: row.grouped.median / node.grouped.median,
    };
    return { ...row, ratios };
  });
}

const marked = (ratio: number | undefined) => (ratio === undefined ? '' : `${times(ratio)}${ratio > MOST ? ' !' : ''}`);

export const engineColumns: readonly Column<EngineRow>[] = [
  { title: 'network', align: 'left', text: ({ workload }) => workload },
  { title: 'engine', align: 'left', text: ({ version }) => version },
  { title: 'first step, s', text: ({ firstMs }) => (firstMs / 1000).toFixed(2) },
  { title: 'of Node', text: ({ ratios }) => marked(ratios?.first) },
  { title: 'ms a step, each read', text: ({ every }) => digits(every.median) },
  { title: 'least', rank: 1, text: ({ every }) => digits(every.least) },
  { title: 'of Node', text: ({ ratios }) => marked(ratios?.every) },
  { title: 'few read', text: ({ grouped }) => digits(grouped.median) },
  { title: 'least', rank: 1, text: ({ grouped }) => digits(grouped.least) },
  { title: 'of Node', text: ({ ratios }) => marked(ratios?.grouped) },
];
