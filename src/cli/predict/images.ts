import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileFault } from '../common/files.ts';

export interface Found {
  /** Files that may be images, those of a folder by their names. */
  readonly images: readonly string[];
  /** What was named and is not there, or holds none. */
  readonly missing: readonly { readonly path: string; readonly problem: string }[];
}

const IMAGE = /\.(png|jpe?g|jpe|jfif)$/i;

/** The images that files and folders stand for, in the order in which they were named. */
export async function imagesOf(named: readonly string[]): Promise<Found> {
  const images: string[] = [];
  const missing: { path: string; problem: string }[] = [];
  for (const path of named)
    try {
      if (!(await stat(path)).isDirectory()) images.push(path);
      else {
        const within = await imagesIn(path);
        images.push(...within);
        if (within.length === 0) missing.push({ path, problem: 'the folder holds no PNG or JPEG images' });
      }
    } catch (error) {
      missing.push({ path, problem: fileFault(error) ?? String(error) });
    }
  return { images, missing };
}

async function imagesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((name) => IMAGE.test(name) && !name.split(/[\\/]/).some((part) => part.startsWith('.')))
    .sort()
    .map((name) => join(folder, name));
}
