import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { closest } from '../common/closest.ts';
import { paredownCommand } from '../common/invocation.ts';

/** So many are named. */
const MOST = 6;

/** What a person is told who names a study that is not there: those that lie beside it. */
export async function noStudy(folder: string): Promise<string> {
  const beside = (await studiesIn(dirname(resolve(folder)))).map((name) => join(dirname(folder), name));
  const meant = closest(
    basename(folder),
    beside.map((path) => basename(path)),
  );
  const rest = beside.length - MOST;
  const named = `${beside.slice(0, MOST).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  const where = beside.length === 0 ? 'none lies beside it either' : `beside it: ${named}`;
  return `${folder}: there is no study there${meant ? ` (did you mean ${join(dirname(folder), meant)}?)` : ''}; ${where}`;
}

/** The same, and how one would be begun there. */
export async function noStudyToGoOnWith(folder: string): Promise<string> {
  return `${await noStudy(folder)}. A new one is begun by naming its data: ${paredownCommand('search', '--data', 'DATA', '--study', folder)}`;
}

/** Names of the folders in a folder that hold a study. */
async function studiesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const file = await stat(join(folder, name, 'study.json')).catch(() => undefined);
      return file?.isFile() ? [name] : [];
    }),
  );
  return found.flat().sort();
}
