import { Table, terminalWidth } from '../../src/cli/common/fitted-table.ts';
import { duration } from '../../src/cli/common/format.ts';
import type { Job } from './jobs.ts';
import { gain } from './order.ts';

/** What a job adds, in words. */
export function adds({ from, to }: Job): string {
  if (from > 0) return `seeds ${from + 1} to ${to}`;
  return to === 1 ? 'first seed' : `all ${to} seeds`;
}

export function tablesOf({ places }: Job): string {
  return [...new Set(places.map(({ table }) => table))].join(', ');
}

interface Line {
  readonly row: string;
  readonly tables: string;
  readonly adds: string;
  /** Undefined where it is not known. */
  readonly ms?: number;
  readonly source: string;
}

/** A line for each job; those that follow each other in one table and are estimated alike are one. */
function linesOf(jobs: readonly Job[]): Line[] {
  const groups: Job[][] = [];
  for (const job of jobs) {
    const group = groups.at(-1);
    const [before] = group ?? [];
    const alike = before && !before.resumes && tablesOf(before) === tablesOf(job) && adds(before) === adds(job);
    if (group && alike) group.push(job);
    else groups.push([job]);
  }
  return groups.map((group) => {
    const [first] = group as [Job, ...Job[]];
    const ms = total(group);
    return {
      row: group.length === 1 ? first.row.name : `${first.row.name} and ${group.length - 1} more`,
      tables: tablesOf(first),
      adds: `${adds(first)}${first.done > 0 ? `, ${Math.floor(100 * first.done)}% done` : ''}`,
      ...(ms.unknown === 0 && { ms: ms.ms }),
      source: first.estimate?.source ?? 'nothing like it was measured',
    };
  });
}

export function total(jobs: readonly Job[]): { readonly ms: number; readonly unknown: number } {
  const known = jobs.flatMap(({ estimate }) => estimate ?? []);
  return { ms: known.reduce((sum, { ms }) => sum + ms, 0), unknown: jobs.length - known.length };
}

/** `87 rows, about 59 h 12 min`; a row counts once, however many of its seeds are left. */
export function leftInWords(jobs: readonly Job[]): string {
  if (jobs.length === 0) return 'nothing';
  const rows = new Set(jobs.map(({ places }) => places)).size;
  const { ms, unknown } = total(jobs);
  const more = unknown > 0 ? `, and ${unknown} of unknown length` : '';
  return `${rows} ${rows === 1 ? 'row' : 'rows'}, about ${duration(ms)}${more}`;
}

export function printList(jobs: readonly Job[], left: readonly string[], adapter: string): string {
  const lines = linesOf(jobs);
  const table = new Table<Line>(
    [
      { title: 'row', align: 'left', text: ({ row }) => row },
      { title: 'tables', align: 'left', text: ({ tables }) => tables, least: 20 },
      { title: 'adds', align: 'left', text: (line) => line.adds },
      { title: 'time', text: ({ ms }) => (ms === undefined ? '?' : duration(ms)) },
      { title: 'estimated from', align: 'left', text: ({ source }) => source, rank: 1, least: 30 },
    ],
    lines,
    terminalWidth(),
  );
  const queue = jobs.length > 0 ? [table.header(), table.rule(), ...lines.map((line) => table.row(line)), ''] : [];
  return [
    ...queue,
    jobs.length > 0 ? `Left: ${leftInWords(jobs)}, on ${adapter}.` : 'Nothing is left to train.',
    ...(left.length > 0 ? ['Not in the queue:', ...left.map((line) => `- ${line}`)] : []),
  ].join('\n');
}

/** For programs; times in milliseconds, `gain` in tables. */
export function listAsJson(jobs: readonly Job[], left: readonly string[], adapter: string): object {
  return {
    adapter,
    left: jobs.map((job) => ({
      row: job.row.name,
      tables: [...new Set(job.places.map(({ table }) => table))],
      seeds: { from: job.from, to: job.to },
      gain: gain(job),
      done: job.done,
      training: job.row.training,
      ms: job.estimate?.ms ?? null,
      source: job.estimate?.source ?? null,
    })),
    totalMs: total(jobs).ms,
    notInQueue: left,
  };
}
