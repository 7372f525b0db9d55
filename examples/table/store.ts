import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DataError } from 'paredown/node';
import { undefinedIfMissing, writeWhole } from '../common/files.ts';
import type { Claim, Column } from './table.ts';

/** A row that was run to its end. */
export interface Finished {
  /** Hash of the recipe. */
  readonly key: string;
  readonly recipe: object;
  readonly result: object;
  readonly adapter: { readonly description: string; readonly kind: 'gpu' | 'cpu' };
  readonly versions: { readonly paredown: string; readonly node: string };
  /** ISO 8601. */
  readonly finished: string;
  /** Milliseconds of the session that finished it. */
  readonly wallMs: number;
  readonly command: string;
  /** Share of the paper's length that was trained. */
  readonly scale: number;
}

/** What the table says of all its rows together. */
export interface Conclusion {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly notes: readonly string[];
  readonly claims: readonly Claim[];
  /** Pictures that lie beside the file. */
  readonly figures: readonly string[];
  /** All rows in their order, as they are printed; those that were not run have no figures of ours. */
  readonly rows: readonly { readonly name: string; readonly cells: readonly string[] }[];
  /** Why rows were not run. */
  readonly remarks: readonly string[];
}

export interface ResultsFile {
  readonly format: 1;
  readonly table: string;
  readonly rows: Readonly<Record<string, Finished>>;
  readonly conclusion?: Conclusion;
}

/** results.json of one table: whole or as it was, whenever the process stops. */
export class ResultStore {
  private constructor(
    private readonly path: string,
    private file: ResultsFile,
  ) {}

  /** Opens `folder`/results.json, or begins one. Throws a DataError where it is damaged or of another table. */
  static async open(folder: string, table: string): Promise<ResultStore> {
    await mkdir(folder, { recursive: true });
    const path = resolve(folder, 'results.json');
    return new ResultStore(path, (await readResults(path, table)) ?? { format: 1, table, rows: {} });
  }

  get rows(): Readonly<Record<string, Finished>> {
    return this.file.rows;
  }

  /** A row that was run with this recipe. */
  find(name: string, recipe: object): Finished | undefined {
    const found = this.file.rows[name];
    return found?.key === recipeKey(recipe) ? found : undefined;
  }

  async put(name: string, finished: Omit<Finished, 'key'>): Promise<void> {
    await this.write({ ...this.file, rows: { ...this.file.rows, [name]: { key: recipeKey(finished.recipe), ...finished } } });
  }

  async conclude(conclusion: Conclusion): Promise<void> {
    await this.write({ ...this.file, conclusion });
  }

  /** Takes over what was run with the same recipe, under whatever name, in this table or in one whose folder lies beside this one. */
  async borrow(name: string, recipe: object): Promise<Finished | undefined> {
    const key = recipeKey(recipe);
    const own = dirname(this.path);
    const siblings = (await readdir(dirname(own))).sort().map((folder) => join(dirname(own), folder, 'results.json'));
    for (const path of [this.path, ...siblings]) {
      const rows = (await readResults(path).catch(() => undefined))?.rows ?? {};
      const row = Object.values(rows).find((candidate) => candidate.key === key);
      if (!row) continue;
      const { key: _, ...finished } = row;
      await this.put(name, finished);
      return this.rows[name];
    }
    return undefined;
  }

  private async write(file: ResultsFile): Promise<void> {
    await writeWhole(this.path, `${JSON.stringify(file, undefined, 1)}\n`);
    this.file = file;
  }
}

/** What a results.json holds; undefined where there is none. */
export async function readResults(path: string, table?: string): Promise<ResultsFile | undefined> {
  const text = await readFile(path, 'utf8').catch(undefinedIfMissing);
  if (text === undefined) return undefined;
  let file: Partial<ResultsFile>;
  try {
    file = JSON.parse(text) as Partial<ResultsFile>;
  } catch (cause) {
    throw new DataError(`${path} is not JSON: it is damaged. Move it away, or name another folder by --out.`, { cause });
  }
  if (file.format !== 1 || typeof file.rows !== 'object' || file.rows === null)
    throw new DataError(`${path} is no file of results (format 1). Move it away, or name another folder by --out.`);
  if (table !== undefined && file.table !== table)
    throw new DataError(`${path} holds results of the table ${file.table}, not ${table}. Name another folder by --out.`);
  return file as ResultsFile;
}

/** Hash of a recipe: the same for the same data, in whatever order its keys were written. */
export function recipeKey(recipe: object): string {
  return createHash('sha256').update(canonical(recipe)).digest('hex').slice(0, 16);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, part]) => `${JSON.stringify(key)}:${canonical(part)}`)
    .join()}}`;
}
