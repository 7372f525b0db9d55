import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DATA_NAMES, type DataSource } from 'paredown/node';
import { UsageError } from './usage-error.ts';

/**
 * A source as it is kept: a folder by its whole path. `typed` is what the data are given by. Throws a UsageError where there is neither
 * such a name nor such a folder.
 */
export async function sourceOf(data: string, size?: number, dir?: string, typed = '--data'): Promise<DataSource> {
  const sized = { ...(size !== undefined && { size }), ...(dir !== undefined && { dir: resolve(dir) }) };
  if (DATA_NAMES.includes(data)) {
    if (size !== undefined && data !== 'lfw-gender')
      throw new UsageError(`--size is for lfw-gender and for folders; ${data} has a size of its own`);
    if (dir !== undefined && data === 'digits')
      throw new UsageError(`--data-dir is for ${DATA_NAMES.slice(0, -1).join(', ')}; digits are drawn, and have no files`);
    return { data, ...sized };
  }
  if (dir !== undefined)
    throw new UsageError(`--data-dir is for ${DATA_NAMES.slice(0, -1).join(', ')}; ${typed} ${data} is a folder itself`);
  const found = await stat(data).catch(() => undefined);
  if (!found?.isDirectory())
    throw new UsageError(`${typed} ${data}: there is no such folder, and the data sets by name are ${DATA_NAMES.join(', ')}`);
  return { data: resolve(data), ...sized };
}

/** Whether the files are the user's own, which may have been changed. */
export function isOwn({ data, dir }: DataSource): boolean {
  return dir !== undefined || isFolder(data);
}

/** Whether it is a folder, and no data set by name. */
export function isFolder(data: string): boolean {
  return !DATA_NAMES.includes(data);
}
