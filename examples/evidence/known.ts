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
  ) {}

  /**
   * Reads FOLDER/NAME/results.json and FOLDER/NAME.WORD/results.json of the tables; of the same training that of the first folder
   * counts. Throws a DataError where one is damaged.
   */
  static async read(folders: readonly string[], tables: ReadonlySet<string>): Promise<Known> {
    const all: Finished[] = [];
    for (const folder of folders)
      for (const name of ((await readdir(folder).catch(undefinedIfMissing)) ?? []).sort()) {
        const table = name.split('.')[0] ?? '';
        // The pages beside the folders have the tables' names, too.
        if (!tables.has(table) || name.endsWith('.md')) continue;
        all.push(...((await readResults(join(folder, name, 'results.json'), table))?.finished ?? []));
      }
    return new Known(all, new Map([...all].reverse().map((one) => [one.key, one])));
  }

  find({ recipe }: Pick<Row, 'recipe'>): Finished | undefined {
    return this.byKey.get(recipeKey(recipe));
  }
}
