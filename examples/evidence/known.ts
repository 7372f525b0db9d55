import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { undefinedIfMissing } from '../../src/cli/common/files.ts';
import { type Finished, readResults, recipeKey } from '../table/store.ts';
import type { Row } from '../table/table.ts';

/** All rows that were run to their end and are kept in folders of tables, at whatever length. */
export class Known {
  private constructor(
    readonly all: readonly Finished[],
    private readonly byKey: ReadonlyMap<string, Finished>,
    /** By recipe, as --fresh left it in any of the tables. */
    private readonly notBefore: ReadonlyMap<string, string>,
  ) {}

  /**
   * Reads FOLDER/NAME/results.json and FOLDER/NAME.WORD/results.json of the tables; of the same training that of the first folder
   * counts, but none that --fresh discarded in any of them. Throws a DataError where one is damaged.
   */
  static async read(folders: readonly string[], tables: ReadonlySet<string>): Promise<Known> {
    const all: Finished[] = [];
    const notBefore = new Map<string, string>();
    for (const folder of folders)
      for (const name of ((await readdir(folder).catch(undefinedIfMissing)) ?? []).sort()) {
        const table = name.split('.')[0] ?? '';
        // The pages beside the folders have the tables' names, too.
        if (!tables.has(table) || name.endsWith('.md')) continue;
        const file = await readResults(join(folder, name, 'results.json'), table);
        all.push(...(file?.finished ?? []));
        for (const [key, time] of Object.entries(file?.notBefore ?? {}))
          if (time > (notBefore.get(key) ?? '')) notBefore.set(key, time);
      }
    const valid = all.filter((one) => !isDiscarded(one, notBefore));
    return new Known(all, new Map(valid.reverse().map((one) => [one.key, one])), notBefore);
  }

  find({ recipe }: Pick<Row, 'recipe'>): Finished | undefined {
    return this.byKey.get(recipeKey(recipe));
  }

  /** Whether --fresh discarded it. */
  isDiscarded(finished: Finished): boolean {
    return isDiscarded(finished, this.notBefore);
  }
}

const isDiscarded = ({ key, finished }: Finished, notBefore: ReadonlyMap<string, string>): boolean =>
  finished < (notBefore.get(key) ?? '');
