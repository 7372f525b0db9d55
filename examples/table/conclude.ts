import { join } from 'node:path';
import { writeFileAtomic } from 'paredown/node';
import { duration } from '../../src/cli/common/format.ts';
import type { DataSource } from './data.ts';
import { markdown } from './print.ts';
import type { Conclusion, Finished, ResultStore } from './store.ts';
import type { Results, Row, Table } from './table.ts';

export interface Concluded {
  readonly table: Table;
  /** All rows of the table, with the recipes of this run. */
  readonly rows: readonly Row[];
  readonly remarks: readonly string[];
  readonly store: ResultStore;
  readonly data: DataSource;
  readonly folder: string;
}

/** Writes results.md and the pictures of all rows that are finished; undefined where none is. */
export async function conclude(concluded: Concluded): Promise<Conclusion | undefined> {
  const { table, rows, remarks, store, data, folder } = concluded;
  const finished = rows.flatMap((row) => store.find(row.name, row.recipe) ?? []);
  if (finished.length === 0) return undefined;
  const results: Results = new Map(finished.map(({ row, result }) => [row, result]));
  const figures = await table.figures(results, data, lengthOf(finished));
  for (const { file, svg } of figures) await writeFileAtomic(join(folder, file), svg);
  // What a paper claims, it claims of the full training.
  const atScale = finished.every(({ scale }) => scale === 1) ? '' : ', at this scale';
  const conclusion: Conclusion = {
    title: table.title,
    notes: table.notes,
    columns: table.columns,
    claims: (table.claims?.(results) ?? []).map((claim) => ({ ...claim, text: `${claim.text}${atScale}` })),
    rows: rows.map((row) => ({
      name: row.name,
      key: store.find(row.name, row.recipe)?.key,
      cells: row.cells(results.get(row.name)),
    })),
    remarks,
    figures: figures.map(({ file }) => file),
  };
  await store.conclude(conclusion);
  await writeFileAtomic(join(folder, 'results.md'), `# ${markdown(conclusion, facts(finished), '')}`);
  return conclusion;
}

/** The finished rows that a conclusion prints. */
export function printed({ rows }: Conclusion, finished: readonly Finished[]): Finished[] {
  return rows.flatMap(({ name, key }) => finished.find((one) => one.row === name && one.key === key) ?? []);
}

/** What was run, where, when and how long. */
export function facts(finished: readonly Finished[]): string[] {
  const distinct = (value: (row: Finished) => string) => [...new Set(finished.map(value))];
  const dates = distinct((row) => row.finished.slice(0, 10)).sort();
  const [first, last] = [dates[0], dates.at(-1)];
  const wallMs = finished.reduce((sum, row) => sum + row.wallMs, 0);
  return [
    `Training: ${distinct((row) => row.training).join('; ')}`,
    lengthOf(finished),
    `Adapter: ${distinct((row) => row.adapter.description).join('; ')}`,
    `paredown ${distinct((row) => row.versions.paredown).join(', ')}, ${first === last ? first : `${first} to ${last}`}, ${duration(wallMs)} of work on ${finished.length} ${finished.length === 1 ? 'row' : 'rows'}`,
    ...distinct((row) => row.command).map((command) => `\`${command}\``),
  ];
}

/** Whether rows are of the paper's length; says it loudly where not. */
export function lengthOf(rows: readonly { readonly scale: number }[]): string {
  const scales = [...new Set(rows.map(({ scale }) => Number(scale.toPrecision(3))))].sort((a, b) => a - b);
  const [least = 1, most = 1] = [scales[0], scales.at(-1)];
  if (least === 1 && most === 1) return 'Full length';
  return `SCALED: ${least === most ? least : `${least} to ${most}`} times the full training`;
}
