import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { canonicalJson, DataError, fromJson, toJson, writeFileAtomic } from 'paredown/node';
import { undefinedIfMissing } from '../../src/cli/common/files.ts';
import type { Claim, Column } from './table.ts';

/** A row that was run to its end. */
export interface Finished {
  readonly row: string;
  /** Hash of the recipe. */
  readonly key: string;
  readonly recipe: object;
  readonly result: object;
  /** Of the table that ran it; another may have taken it over. */
  readonly table: string;
  /** What was trained and how long, in words. */
  readonly training: string;
  readonly adapter: { readonly description: string; readonly kind: 'gpu' | 'cpu' };
  readonly versions: { readonly paredown: string; readonly node: string };
  /** ISO 8601. */
  readonly finished: string;
  /** Milliseconds, over all sessions. */
  readonly wallMs: number;
  readonly command: string;
  /** Share of the paper's training. */
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
  /** All rows in their order, as they are printed; those without a key were not run and have no figures of ours. */
  readonly rows: readonly { readonly name: string; readonly key?: string; readonly cells: readonly string[] }[];
  /** Why rows were not run. */
  readonly remarks: readonly string[];
}

export interface ResultsFile {
  readonly format: 1;
  readonly table: string;
  /** One for each row and recipe: a short training does not drive out a long one. */
  readonly finished: readonly Finished[];
  /** By recipe: results from before this time are not to be taken for new ones, since --fresh was asked for. */
  readonly notBefore?: Readonly<Record<string, string>>;
  readonly conclusion?: Conclusion;
}

/** results.json of one table: whole or as it was, whenever the process stops. The folder is one process's at a time. */
export class ResultStore {
  private constructor(
    private readonly path: string,
    private file: ResultsFile,
  ) {}

  /** Opens `folder`/results.json, or begins one. Throws a DataError where it is damaged or of another table. */
  static async open(folder: string, table: string): Promise<ResultStore> {
    const path = resolve(folder, 'results.json');
    return new ResultStore(path, (await readResults(path, table)) ?? { format: 1, table, finished: [] });
  }

  /** A row that was run with this recipe. */
  find(row: string, recipe: object): Finished | undefined {
    const key = recipeKey(recipe);
    return this.file.finished.find((one) => one.row === row && one.key === key);
  }

  /** Takes over, as this table's row, what was run elsewhere. */
  async takeOver(row: string, finished: Finished): Promise<void> {
    await this.keep({ ...finished, row });
  }

  async put(finished: Omit<Finished, 'key' | 'table'>): Promise<void> {
    await this.keep({ ...finished, key: recipeKey(finished.recipe), table: this.file.table });
  }

  /** Drops what was run with these recipes, here, and does not borrow it any more. */
  async forget(rows: readonly { readonly name: string; readonly recipe: object }[]): Promise<void> {
    const keys = new Set(rows.map(({ recipe }) => recipeKey(recipe)));
    const now = new Date().toISOString();
    await this.update(({ finished, notBefore, ...file }) => ({
      ...file,
      finished: finished.filter(({ key }) => !keys.has(key)),
      notBefore: { ...notBefore, ...Object.fromEntries([...keys].map((key) => [key, now])) },
    }));
  }

  async conclude(conclusion: Conclusion): Promise<void> {
    await this.update((file) => ({ ...file, conclusion }));
  }

  /** Takes over what was run with the same recipe, under whatever name, in this table or in one whose folder lies beside this one. */
  async borrow(row: string, recipe: object): Promise<Finished | undefined> {
    const key = recipeKey(recipe);
    const own = dirname(this.path);
    const siblings = (await readdir(dirname(own)).catch(() => [])).sort();
    for (const path of [this.path, ...siblings.map((folder) => join(dirname(own), folder, 'results.json'))]) {
      const file = path === this.path ? this.file : await readResults(path).catch(() => undefined);
      const known = file?.finished.find((one) => one.key === key && one.finished >= (this.file.notBefore?.[key] ?? ''));
      if (!known) continue;
      await this.takeOver(row, known);
      return this.find(row, recipe);
    }
    return undefined;
  }

  private keep(kept: Finished): Promise<void> {
    return this.update((file) => ({
      ...file,
      finished: [...file.finished.filter(({ row, key }) => row !== kept.row || key !== kept.key), kept],
    }));
  }

  private async update(change: (file: ResultsFile) => ResultsFile): Promise<void> {
    this.file = change(this.file);
    await writeFileAtomic(this.path, written(this.file));
  }
}

/** As JSON, a line for each finished row: a grid of hundreds of trainings stays small, and a diff shows what was run. */
function written(file: ResultsFile): string {
  const text = (value: unknown) =>
    Array.isArray(value) ? `[\n${value.map((item) => toJson(item)).join(',\n')}\n]` : toJson(value);
  const lines = Object.entries(file).flatMap(([key, value]) =>
    value === undefined ? [] : [`${JSON.stringify(key)}: ${text(value)}`],
  );
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** What a results.json holds; undefined where there is none. Throws a DataError where it is damaged or of another table. */
export async function readResults(path: string, table?: string): Promise<ResultsFile | undefined> {
  const text = await readFile(path, 'utf8').catch(undefinedIfMissing);
  if (text === undefined) return undefined;
  let file: Partial<ResultsFile>;
  try {
    file = fromJson(text) as Partial<ResultsFile>;
  } catch (cause) {
    throw new DataError(`${path} is not JSON: it is damaged. Move it away, or name another folder.`, { cause });
  }
  if (file?.format !== 1 || !Array.isArray(file.finished))
    throw new DataError(`${path} is no file of results (format 1). Move it away, or name another folder.`);
  if (table !== undefined && file.table !== table)
    throw new DataError(`${path} holds results of the table ${file.table}, not ${table}. Name another folder by --out.`);
  return file as ResultsFile;
}

/** Hash of a recipe: the same for the same data, in whatever order its keys were written. */
export function recipeKey(recipe: object): string {
  return createHash('sha256').update(canonicalJson(recipe)).digest('hex').slice(0, 16);
}
