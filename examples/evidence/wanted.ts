import { DataError } from 'paredown/node';
import type { DataSource } from '../table/data.ts';
import { recipeKey } from '../table/store.ts';
import type { Row } from '../table/table.ts';
import type { Goal } from './goals.ts';

/** A training that is wanted, and all rows of tables that show it. */
export interface Wanted {
  /** Of its whole recipe. */
  readonly key: string;
  /** The first of them is where it is run. */
  readonly places: readonly Place[];
  /** From one seed; absent where all seeds are trained at once. */
  readonly first?: Row;
  /** From all seeds of the table. */
  readonly whole: Row;
}

export interface Place {
  readonly table: string;
  readonly row: string;
  /** That the table has. */
  readonly rows: number;
}

/** A table with its rows as they are wanted, from all seeds and, where these can be added later, from one. */
export interface WantedTable {
  readonly goal: Goal;
  readonly rows: readonly { readonly whole: Row; readonly first?: Row }[];
}

export interface Everything {
  readonly tables: readonly WantedTable[];
  readonly wanted: readonly Wanted[];
  /** What is not in the queue, and why: one line each. */
  readonly left: readonly string[];
}

/** The rows of all tables at the lengths that are wanted; a table whose data are missing is named in `left`. */
export async function everything(goals: readonly Goal[], data: DataSource): Promise<Everything> {
  const tables: WantedTable[] = [];
  const left: string[] = [];
  for (const goal of goals) {
    try {
      tables.push({ goal, rows: await rowsOf(goal, data) });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      left.push(`${goal.table.name}, for want of its data: ${error.message.replaceAll(/\n\s*/g, ' ')}`);
    }
  }
  const byKey = new Map<string, Wanted>();
  for (const { goal, rows } of tables)
    for (const { whole, first } of rows) {
      if (!whole.run) left.push(`${whole.name} of ${goal.table.name}: not built yet`);
      if (goal.leaves?.rows.test(whole.name)) left.push(`${whole.name} of ${goal.table.name}: ${goal.leaves.why}`);
      else if (whole.run) {
        const key = recipeKey(whole.recipe);
        const place = { table: goal.table.name, row: whole.name, rows: rows.length };
        const known = byKey.get(key) ?? { key, whole, first, places: [] };
        byKey.set(key, { ...known, places: [...known.places, place] });
      }
    }
  return { tables, wanted: [...byKey.values()], left };
}

async function rowsOf({ table, settings }: Goal, data: DataSource): Promise<WantedTable['rows']> {
  const whole = await table.rows(settings, data);
  if (!whole.some(grows)) return whole.map((row) => ({ whole: row }));
  const first = await table.rows({ ...settings, seeds: 1 }, data);
  return whole.map((row, index) => (grows(row) ? { whole: row, first: first[index] } : { whole: row }));
}

const grows = ({ extend, seeds }: Row): boolean => extend !== undefined && seeds > 1;
