import { join } from 'node:path';
import { DataError, lockFolder } from 'paredown/node';
import { conclude } from '../table/conclude.ts';
import type { DataSource } from '../table/data.ts';
import { type Finished, ResultStore, type ResultsFile, readResults, recipeKey } from '../table/store.ts';
import type { Row } from '../table/table.ts';
import type { Known } from './known.ts';
import type { WantedTable } from './wanted.ts';

export interface Landing {
  readonly tables: readonly WantedTable[];
  readonly known: Known;
  readonly data: DataSource;
  /** The folder that `npm run results` reads. */
  readonly results: string;
  note(text: string): void;
}

/**
 * Puts what is finished where `npm run results` finds it, with results.md and pictures, each row from as many seeds as there are.
 * Returns the names of the folders that changed.
 */
export async function land({ tables, known, data, results, note }: Landing): Promise<string[]> {
  const changed: string[] = [];
  for (const table of tables) {
    const rows = table.rows.map(({ whole, first }) => (first && !known.find(whole) && known.find(first) ? first : whole));
    const finished = rows.flatMap((row) => known.find(row) ?? []);
    if (finished.length === 0) continue;
    const { name, file } = await target(table, results);
    if (rows.every((row) => isShown(file, row, known))) continue;
    try {
      await put(table, rows, known, data, join(results, name));
      changed.push(name);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      note(`${name} is left as it is: ${error.message}`);
    }
  }
  return changed;
}

async function put({ goal }: WantedTable, rows: readonly Row[], known: Known, data: DataSource, folder: string) {
  const { table, leaves } = goal;
  await using _lock = await lockFolder(folder);
  const store = await ResultStore.open(folder, table.name);
  for (const row of rows) {
    const finished = known.find(row);
    if (finished && !valid(store.find(row.name, row.recipe), known)) await store.takeOver(row.name, finished);
  }
  const remarks = rows.filter(({ name }) => leaves?.rows.test(name)).map(({ name }) => `${name}: ${leaves?.why}`);
  await conclude({ table, rows, remarks, store, data, folder });
}

/** The folder in which a table is kept at its wanted length: its own, unless that holds another one. */
async function target({ goal: { table, word }, rows }: WantedTable, results: string) {
  const keys = new Set(
    rows.flatMap(({ whole, first }) => [whole, ...(first ? [first] : [])]).map(({ recipe }) => recipeKey(recipe)),
  );
  const own = await readResults(join(results, table.name, 'results.json'), table.name);
  if (own?.conclusion?.rows.every(({ key }) => key === undefined || keys.has(key)) ?? true)
    return { name: table.name, file: own };
  const name = `${table.name}.${word}`;
  return { name, file: await readResults(join(results, name, 'results.json'), table.name) };
}

/** Whether the file shows what is known of a row; so does any of a row of which nothing is known. */
function isShown(file: ResultsFile | undefined, row: Row, known: Known): boolean {
  const key = known.find(row)?.key;
  if (key === undefined) return true;
  const concluded = file?.conclusion?.rows.some((one) => one.name === row.name && one.key === key) ?? false;
  const kept = file?.finished.find((one) => one.row === row.name && one.key === key);
  return concluded && valid(kept, known);
}

const valid = (kept: Finished | undefined, known: Known): boolean => kept !== undefined && !known.isDiscarded(kept);
