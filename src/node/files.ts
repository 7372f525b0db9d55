import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { OptionError } from '../core/errors.ts';
import { fileError } from './file-error.ts';

export async function writeFileAtomic(path: string, bytes: Uint8Array | string): Promise<void> {
  try {
    await replace(resolve(path), bytes);
  } catch (error) {
    throw await fileError(path, 'written', error);
  }
}

async function replace(target: string, bytes: Uint8Array | string): Promise<void> {
  const folder = dirname(target);
  await mkdir(folder, { recursive: true });
  await refuseFolder(target);
  await removeAbandoned(target);
  const partial = `${target}${PARTIAL}${process.pid}-${writes++}`;
  try {
    const file = await open(partial, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, target);
  } catch (error) {
    await unlink(partial).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

/** Before anything is written: the rename would fail only at the end. */
async function refuseFolder(target: string): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (found?.isDirectory()) throw Object.assign(new Error(`${target} is a folder`), { code: 'EISDIR' });
}

const PARTIAL = '.partial-';
let writes = 0;

/** No write goes an hour without touching its file, so one that old is what a killed process left. */
const ABANDONED_MILLISECONDS = 60 * 60 * 1000;

async function removeAbandoned(target: string): Promise<void> {
  const folder = dirname(target);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(basename(target) + PARTIAL)) continue;
    const path = join(folder, name);
    const status = await stat(path).catch(() => undefined);
    if (status && Date.now() - status.mtimeMs > ABANDONED_MILLISECONDS) await unlink(path).catch(() => undefined);
  }
}

/** Makes a folder and those above it where there are none. Throws a DataError that says what is in the way. */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw await fileError(folder, 'made', error);
  }
}

/** Makes the rename durable. Windows opens no folder, and some file systems refuse to flush one: the data is safe then. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (!handle) return;
  try {
    await handle.sync();
  } catch {
    // Nothing to flush here.
  } finally {
    await handle.close();
  }
}

/** Throws an OptionError for the path of a file where that of a folder is asked for; there may be nothing yet. */
export async function refuseFile(folder: string): Promise<void> {
  const found = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
  if ('code' in found && found.code === 'ENOTDIR')
    throw new OptionError(`${folder}: a part of that path is a file; name a folder`);
  if ('isFile' in found && !found.isDirectory()) throw new OptionError(`${folder} is a file; name a folder`);
}

/** For `catch`: the file that is not there, as undefined. */
export function undefinedIfMissing(error: { readonly code?: string }): undefined {
  if (error.code !== 'ENOENT') throw error;
}
