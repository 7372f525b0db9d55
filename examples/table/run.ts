import { join } from 'node:path';
import { DivergedError, LimitError, lockFolder, openGpu } from 'paredown/node';
import { UsageError } from '../../src/cli/common/usage-error.ts';
import { conclude, lengthOf } from './conclude.ts';
import { DataSource } from './data.ts';
import type { TableDisplay } from './display.ts';
import type { Options } from './options.ts';
import { PartialFiles } from './partial.ts';
import { claimLines, layoutOf } from './print.ts';
import { runRow } from './run-row.ts';
import { ResultStore } from './store.ts';
import type { Row, Table } from './table.ts';

export interface Run {
  readonly table: Table;
  readonly options: Options;
  readonly folder: string;
  readonly display: TableDisplay;
  readonly signal: AbortSignal;
  /** How the person started this, for the record. */
  readonly command: string;
}

/** Runs the rows that are not finished, printing each, and writes what came out. Returns how many rows failed. */
export async function runTable(run: Run): Promise<number> {
  const { table, options, folder, display, signal, command } = run;
  const data = new DataSource(options.dataDir, signal);
  await using _lock = await lockFolder(folder);
  const store = await ResultStore.open(folder, table.name);
  const all = await table.rows(options.settings, data);
  const rows = all.filter(({ name }) => options.rows.test(name));
  if (rows.length === 0)
    throw new UsageError(
      `--rows ${options.rows.source}: no row matches. The rows are ${all.map(({ name }) => name).join(', ')}.`,
    );
  const runnable = rows.filter((row) => row.run);
  if (options.fresh) {
    await store.forget(runnable);
    for (const row of runnable) await new PartialFiles(folder, row).remove();
  }
  const waiting = new Set<Row>();
  for (const row of runnable)
    if (!(store.find(row.name, row.recipe) ?? (await store.borrow(row.name, row.recipe)))) waiting.add(row);
  await using gpu = waiting.size > 0 ? await openGpu({ signal }) : undefined;

  const layout = layoutOf(
    table.columns,
    all.map((row) => row.cells(undefined)),
  );
  const length = runnable.length > 0 ? `${lengthOf(runnable)}\n` : '';
  display.print(
    `${table.title}\n${length}${gpu ? `Adapter: ${gpu.info.description}\n` : ''}\n${layout.header()}\n${layout.rule()}`,
  );
  const show = (row: Row) => display.print(layout.row(row.cells(store.find(row.name, row.recipe)?.result)));
  const total = [...waiting].reduce((sum, { cost }) => sum + cost, 0);
  const remarks: string[] = [];
  let done = 0;
  let failed = 0;
  let stopped: unknown;
  for (const row of rows) {
    // Another row of this table may have been the same training under another name.
    if (!waiting.has(row) || !gpu || (await store.borrow(row.name, row.recipe))) show(row);
    else {
      const base = done;
      display.begin(row.name);
      try {
        await runRow(row, {
          folder,
          gpu,
          data,
          signal,
          progress: (share, text) => display.progress(base + share * row.cost, total, `${row.name}: ${text}`),
          note: (text) => display.print(`  ${row.name}: ${text}`),
          keep: (finished) => store.put({ ...finished, command }),
        });
      } catch (error) {
        // A row that diverged or does not fit would come to the same end again, but the others need not.
        if (error instanceof LimitError)
          remarks.push(`${row.name} is left out, beyond what this adapter can hold: ${error.message}`);
        else if (error instanceof DivergedError) {
          failed++;
          remarks.push(`${row.name} failed: ${error.message}`);
        } else {
          stopped = error;
          break;
        }
      }
      show(row);
      if (!store.find(row.name, row.recipe)) display.print(`  ${remarks.at(-1)}`);
    }
    if (waiting.has(row)) done += row.cost;
  }
  display.close();
  const conclusion = await conclude({ table, rows: all, remarks, store, data, folder });
  if (conclusion) {
    for (const line of claimLines(conclusion.claims)) display.print(line);
    display.print(`\n${[join(folder, 'results.md'), ...conclusion.figures].join(', ')}`);
  }
  if (stopped !== undefined) throw stopped;
  return failed;
}
