import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from 'paredown/node';
import { undefinedIfMissing } from '../../src/cli/common/files.ts';
import { recipeKey } from './store.ts';
import type { Row } from './table.ts';

/** How far a row has come that has not ended. */
export interface Begun {
  /** That earlier sessions worked on it. */
  readonly wallMs: number;
  /** Of the row, from 0 to 1, from which it goes on. */
  readonly share: number;
}

/** The files that a row keeps while it runs; those of another recipe have other names. */
export class PartialFiles {
  private readonly folder: string;
  private readonly row: string;
  private readonly prefix: string;

  constructor(folder: string, { name, recipe }: Row) {
    this.folder = join(folder, 'partial');
    this.row = `${name.replaceAll(/[^a-zA-Z0-9.-]+/g, '_')}--`;
    this.prefix = `${this.row}${recipeKey(recipe)}-`;
  }

  path(name: string): string {
    return join(this.folder, `${this.prefix}${name}`);
  }

  async make(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
  }

  async begun(): Promise<Begun> {
    const text = await readFile(this.path('begun.json'), 'utf8').catch(undefinedIfMissing);
    return text === undefined ? { wallMs: 0, share: 0 } : (JSON.parse(text) as Begun);
  }

  async keepBegun({ wallMs, share }: Begun): Promise<void> {
    await writeFileAtomic(this.path('begun.json'), JSON.stringify({ wallMs: Math.round(wallMs), share }));
  }

  /** Removes what this recipe left, or, `all`, what any recipe of the row did, and the folder if nothing else is in it. */
  async remove({ all = false } = {}): Promise<void> {
    const names = await readdir(this.folder).catch(undefinedIfMissing);
    if (!names) return;
    const own = names.filter((name) => name.startsWith(all ? this.row : this.prefix));
    for (const name of own) await rm(join(this.folder, name), { force: true });
    if (own.length === names.length) await rmdir(this.folder);
  }
}
