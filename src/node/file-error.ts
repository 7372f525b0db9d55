import { lstat, readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { DataError } from '../core/errors.ts';

/** What was to be done: with a file, whose folder is made when it is written, or with a folder. */
type Access = 'read' | 'written' | 'made';

/** Reads a file; `name` is what errors call it. Throws a DataError that says what is wrong and what to do. */
export function readBytes(path: string, name = path): Promise<Uint8Array> {
  return readFile(path).catch(async (error: unknown) => {
    throw await fileError(path, 'read', error, name);
  });
}

/** What the file system refused: a DataError that begins with `name`, in words, with the system's `code` kept. */
export async function fileError(path: string, access: Access, error: unknown, name = path): Promise<DataError> {
  if (error instanceof DataError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  const reason = (await reasonOf(resolve(path), access, code)) ?? (error instanceof Error ? error.message : String(error));
  const refused = new DataError(`${name}: cannot be ${access}: ${reason}`, { cause: error });
  return code === undefined ? refused : Object.assign(refused, { code });
}

/** Why, and what to do; undefined where the system's own words say as much. */
async function reasonOf(path: string, access: Access, code: string | undefined): Promise<string | undefined> {
  const isFolder = (await stat(path).catch(nothing))?.isDirectory() ?? false;
  if (isFolder && access !== 'made' && code !== undefined && IS_FOLDER.has(code))
    return access === 'read'
      ? 'it is a folder; give the path of a file in it'
      : 'it is a folder, and a file was expected; add the name of a file to the path, or choose another';
  if (code !== undefined && DENIED.has(code))
    return `permission denied; see to it that this user may ${access === 'read' ? 'read it and enter' : 'write it and'} the folders above it`;
  if (code === 'EROFS') return 'the file system is read-only; choose another folder';
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'no space is left on the disk; make some, or choose another folder';
  if (code !== undefined && ABSENT.has(code)) return absent(path, access);
  return undefined;
}

/** Windows says EPERM or EACCES of a folder where others say EISDIR; a rename says ENOTEMPTY or EEXIST. */
const IS_FOLDER = new Set(['EISDIR', 'ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES']);
const DENIED = new Set(['EACCES', 'EPERM']);
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'EEXIST']);

/** Of a file that is not there: which part of its path is missing, or in the way. */
async function absent(path: string, access: Access): Promise<string | undefined> {
  let there = path;
  let found = await lstat(there).catch(nothing);
  for (; !found && dirname(there) !== there; found = await lstat(there).catch(nothing)) there = dirname(there);
  const target = found?.isSymbolicLink() ? await stat(there).catch(nothing) : found;
  if (!target) return `${there} is a link that leads nowhere; mend or remove it`;
  if (!target.isDirectory() && (there !== path || access === 'made'))
    return `${there} is a file, and a folder was expected; ${access === 'read' ? 'correct the path' : 'move it, or choose another path'}`;
  if (access !== 'read' || there === path) return undefined;
  return there === dirname(path)
    ? `there is no such file in ${there}; correct the path`
    : `there is no such folder, ${dirname(path)}; what exists of it is ${there}. Correct the path`;
}

const nothing = () => undefined;
