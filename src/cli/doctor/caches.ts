import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type AdapterInfo, canonicalJson, VERSION } from 'paredown';
import type { Caches, Folder } from './types.ts';

/** Where downloads and measurements lie, and what there is of them. */
export async function cachesFound(adapter: AdapterInfo | undefined): Promise<Caches> {
  const cache = await folderOf(await cachePath());
  const { PAREDOWN_DATA: data } = process.env;
  return {
    cache,
    ...(data && { data: await folderOf(data) }),
    tunedKernels: adapter ? await tunedKernels(cache, adapter) : 0,
  };
}

/** Where Dawn can't be loaded, neither can what tells the folder. */
async function cachePath(): Promise<string> {
  return import('paredown/node').then(
    ({ cacheFolder }) => cacheFolder(),
    () => join(homedir(), '.cache', 'paredown'),
  );
}

async function folderOf(path: string): Promise<Folder> {
  const names = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (!names) return { path, exists: false, bytes: 0, entries: [] };
  const sizes = await Promise.all(
    names.map((entry) =>
      entry.isFile()
        ? stat(join(entry.parentPath, entry.name)).then(
            ({ size }) => size,
            () => 0,
          )
        : 0,
    ),
  );
  const entries = names
    .filter(({ parentPath }) => parentPath === path)
    .map((entry) => entry.name + (entry.isDirectory() ? '/' : ''));
  return { path, exists: true, bytes: sizes.reduce((sum, size) => sum + size, 0), entries: entries.sort() };
}

async function tunedKernels({ path, entries }: Folder, adapter: AdapterInfo): Promise<number> {
  const files = entries.filter((name) => /^tuning-.*\.json$/.test(name));
  const counts = await Promise.all(
    files.map(async (name) => {
      try {
        const kept = JSON.parse(await readFile(join(path, name), 'utf8'));
        const same = kept.engine === VERSION && canonicalJson(kept.adapter) === canonicalJson(adapter);
        return same ? Object.keys(kept.findings).length : 0;
      } catch {
        return 0;
      }
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
