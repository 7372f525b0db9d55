import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DivergedError, type Gpu, LimitError, openGpu, VERSION } from 'paredown/node';
import { writeWhole } from '../common/files.ts';
import { duration } from '../common/format.ts';
import { UsageError } from '../common/usage-error.ts';
import { DataSource } from './data.ts';
import type { TableDisplay } from './display.ts';
import type { Options } from './options.ts';
import { claimLines, Layout, markdown } from './print.ts';
import { type Finished, ResultStore, recipeKey } from './store.ts';
import type { Context, Results, Row, Table } from './table.ts';

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
  const { settings, fresh } = options;
  const data = new DataSource(options.dataDir, signal);
  const store = await ResultStore.open(folder, table.name);
  const all = await table.rows(settings, data);
  const rows = all.filter(({ name }) => options.rows.test(name));
  if (rows.length === 0)
    throw new UsageError(
      `--rows ${options.rows.source}: no row matches. The rows are ${all.map(({ name }) => name).join(', ')}.`,
    );
  const waiting = new Set<Row>();
  for (const row of rows) {
    const { name, recipe } = row;
    if (row.run && (fresh || !(store.find(name, recipe) ?? (await store.borrow(name, recipe))))) waiting.add(row);
  }
  await using gpu = waiting.size > 0 ? await openGpu({ signal }) : undefined;

  const layout = new Layout(
    table.columns,
    all.map((row) => row.cells(undefined)),
  );
  display.print(`${table.title}\n${scaleText(rows)}${gpu ? `Adapter: ${gpu.info.description}\n` : ''}\n${layout.header}`);
  const total = [...waiting].reduce((sum, { cost }) => sum + cost, 0);
  let done = 0;
  let failed = 0;
  const remarks: string[] = [];
  let stopped: unknown;
  for (const row of rows) {
    // Another row of this table may have been the same training under another name.
    const known = !waiting.has(row) || (!fresh && (await store.borrow(row.name, row.recipe)));
    if (known || !row.run || !gpu) {
      if (waiting.has(row)) done += row.cost;
      display.print(layout.row(row.cells(store.find(row.name, row.recipe)?.result)));
      continue;
    }
    const partial = new PartialFiles(folder, row);
    const context: Context = {
      gpu,
      data,
      signal,
      keep: (name) => partial.path(name),
      progress: (share, text) => display.progress(done + share * row.cost, total, `${row.name}: ${text}`),
      note: (text) => display.print(`  ${row.name}: ${text}`),
    };
    if (fresh) await partial.remove();
    await partial.make();
    display.begin(row.name);
    const started = performance.now();
    try {
      const result = await row.run(context);
      await store.put(row.name, record(row, result, gpu, performance.now() - started, command));
      await partial.remove();
      display.print(layout.row(row.cells(result)));
    } catch (error) {
      // Such a row would come to the same end again, but the others need not.
      if (error instanceof LimitError)
        remarks.push(`${row.name} is left out, beyond what this adapter can hold: ${error.message}`);
      else if (error instanceof DivergedError) {
        failed++;
        remarks.push(`${row.name} failed: ${error.message}`);
      } else {
        stopped = error;
        break;
      }
      display.print(`${layout.row(row.cells(undefined))}\n  ${remarks.at(-1)}`);
    }
    done += row.cost;
  }
  display.close();
  await conclude(run, rows, remarks, store, data);
  if (stopped !== undefined) throw stopped;
  return failed;
}

function record(row: Row, result: object, gpu: Gpu, wallMs: number, command: string): Omit<Finished, 'key'> {
  const { description, kind } = gpu.info;
  return {
    recipe: row.recipe,
    result,
    adapter: { description, kind },
    versions: { paredown: VERSION, node: process.versions.node },
    finished: new Date().toISOString(),
    wallMs: Math.round(wallMs),
    command,
    scale: row.scale,
  };
}

/** Says it where a training is not of the published length. */
function scaleText(rows: readonly Row[]): string {
  const scales = [...new Set(rows.map(({ scale }) => scale))];
  if (scales.every((scale) => scale === 1)) return '';
  const shares = scales.map((scale) => Number(scale.toPrecision(3))).sort((a, b) => a - b);
  const range = shares.length === 1 ? `${shares[0]}` : `${shares[0]} to ${shares.at(-1)}`;
  return `SCALED: trained for ${range} times the full length\n`;
}

/** Writes results.md and the pictures of all rows that are finished with their present recipes, and prints the claims. */
async function conclude(
  { table, folder, display }: Run,
  rows: readonly Row[],
  remarks: readonly string[],
  store: ResultStore,
  data: DataSource,
) {
  const finished = rows.flatMap((row) => store.find(row.name, row.recipe) ?? []);
  if (finished.length === 0) return;
  const results: Results = new Map(
    rows.flatMap((row) => {
      const found = store.find(row.name, row.recipe);
      return found ? [[row.name, found.result] as const] : [];
    }),
  );
  const figures = await table.figures(results, data);
  for (const { file, svg } of figures) await writeWhole(join(folder, file), svg);
  const { title, notes, columns } = table;
  const claims = table.claims?.(results) ?? [];
  const printed = rows.map((row) => ({ name: row.name, cells: row.cells(results.get(row.name)) }));
  const files = figures.map(({ file }) => file);
  const conclusion = { title, notes, columns, claims, rows: printed, remarks, figures: files };
  await store.conclude(conclusion);
  await writeWhole(join(folder, 'results.md'), `# ${markdown(conclusion, facts(finished), '')}`);
  for (const line of claimLines(claims)) display.print(line);
  display.print(`\n${[join(folder, 'results.md'), ...files].join(', ')}`);
}

/** What was run, where and when. */
export function facts(finished: readonly Finished[]): string[] {
  const distinct = (value: (row: Finished) => string) => [...new Set(finished.map(value))].sort();
  const dates = distinct((row) => row.finished.slice(0, 10));
  const scales = distinct((row) => String(Number(row.scale.toPrecision(3))));
  return [
    `Adapter: ${distinct((row) => row.adapter.description).join('; ')}`,
    `paredown ${distinct((row) => row.versions.paredown).join(', ')}, ${dates.length > 1 ? `${dates[0]} to ${dates.at(-1)}` : dates[0]}, ${duration(finished.reduce((sum, { wallMs }) => sum + wallMs, 0))}`,
    scales.every((scale) => scale === '1')
      ? 'Trained at full length'
      : `SCALED: trained for ${scales.join(', ')} times the full length`,
    ...distinct((row) => row.command).map((command) => `\`${command}\``),
  ];
}

/** The files that a row keeps while it runs; those of another recipe have other names. */
class PartialFiles {
  private readonly folder: string;
  private readonly prefix: string;

  constructor(folder: string, { name, recipe }: Row) {
    this.folder = join(folder, 'partial');
    this.prefix = `${name.replaceAll(/[^a-zA-Z0-9.-]+/g, '_')}-${recipeKey(recipe)}-`;
  }

  path(name: string): string {
    return join(this.folder, `${this.prefix}${name}`);
  }

  async make(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
  }

  async remove(): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names) if (name.startsWith(this.prefix)) await rm(join(this.folder, name), { force: true });
  }
}
