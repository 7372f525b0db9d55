import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { TextStore } from './platform.ts';

/** The user's own cache folder for this package, which need not exist: the operating system's, or below `XDG_CACHE_HOME`. */
export function cacheFolder(): string {
  return join(userCaches(), 'paredown');
}

function userCaches(): string {
  // The XDG base directory specification has a relative path ignored.
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (XDG_CACHE_HOME && isAbsolute(XDG_CACHE_HOME)) return XDG_CACHE_HOME;
  if (process.platform === 'win32') return LOCALAPPDATA || join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  return join(homedir(), '.cache');
}

/** Texts as files of the cache folder, each written beside its place and renamed. */
export const userStore: TextStore = {
  read: (name) => readFile(join(cacheFolder(), name), 'utf8').catch(() => undefined),
  async write(name, text) {
    const path = join(cacheFolder(), name);
    const unfinished = `${path}.${process.pid}`;
    await mkdir(cacheFolder(), { recursive: true });
    try {
      await writeFile(unfinished, text);
      await rename(unfinished, path);
    } finally {
      await rm(unfinished, { force: true });
    }
  },
};
