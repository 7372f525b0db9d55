import { access, constants, mkdir, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { abortError, DataError } from '../core/errors.ts';
import { cacheFolder } from '../gpu/user-cache.ts';
import { type DownloadOptions, download, type Mirrors, type RemoteFile } from './download.ts';
import { writeFileAtomic } from './files.ts';

/** The files of a published data set, by the part that each of them is. */
export interface PublishedFiles<Part extends string> {
  readonly title: string;
  /** The folder that holds the files, within a folder of data sets. */
  readonly folder: string;
  /** Further folders in which others publish them, likewise within a folder of data sets. */
  readonly otherFolders?: readonly string[];
  /** The names a file may have, the best one first. */
  readonly names: Readonly<Record<Part, readonly string[]>>;
  /** What a folder that holds these parts still lacks, in words; nothing where it suffices. */
  lacks(found: ReadonlySet<Part>): readonly string[];
  /** What to download where no folder suffices. */
  readonly download?: { readonly mirrors: Mirrors; readonly files: Partial<Readonly<Record<Part, RemoteFile>>> };
  /** What a person can do where the files can't be had. */
  readonly advice: string;
}

export interface LocateOptions extends DownloadOptions {
  readonly dir?: string;
  readonly offline?: boolean;
}

/** Where the parts of a data set lie. */
export type Paths<Part extends string> = ReadonlyMap<Part, string>;

/**
 * The paths of a data set's files, from the first folder that suffices: `dir`, `PAREDOWN_DATA` (each also with the set's own
 * folders below it), the user's cache. A file may also lie in a folder of its name, as some archives unpack. Where none does, the files are downloaded into `PAREDOWN_DATA` or else the user's cache,
 * unless `offline`. Throws DataError where the files can't be had, AbortError.
 */
export async function locate<Part extends string>(files: PublishedFiles<Part>, options: LocateOptions): Promise<Paths<Part>> {
  const { signal } = options;
  if (signal?.aborted) throw abortError(signal.reason);
  const folders = await Promise.all(foldersToRead(files, options.dir).map((folder) => look(folder, files)));
  const sufficient = folders.find(({ problem }) => problem === undefined);
  if (sufficient) return sufficient.paths;
  const own = new Set(foldersToRead({ folder: files.folder }, options.dir));
  const told = folders.filter(({ folder, missing }) => own.has(folder) || !missing);
  const looked = `${files.title} is not on this machine. Looked in\n${told.map(describeFolder).join('\n')}`;
  if (options.offline || !files.download) throw new DataError(`${looked}\n${files.advice}`);
  const paths = await fetchMissing(files, files.download, options, looked);
  if (signal?.aborted) throw abortError(signal.reason);
  return paths;
}

/**
 * The names an idx file is met by, the best one first: `train-images-idx3-ubyte`, also `train-images.idx3-ubyte`, each with and
 * without `.gz`.
 */
export function idxNames(published: string): string[] {
  const plain = published.replace(/\.gz$/, '');
  const dotted = plain.replace('-idx', '.idx');
  return [plain, `${plain}.gz`, dotted, `${dotted}.gz`];
}

/** The path of a part that the data set can't do without. */
export function pathOf<Part extends string>(paths: Paths<Part>, part: Part): string {
  const path = paths.get(part);
  if (path === undefined) throw new DataError(`the file of ${part} is missing`);
  return path;
}

/** A folder that was looked into: where the parts are that it holds, and why it does not suffice. */
interface SearchedFolder<Part extends string> {
  readonly folder: string;
  readonly paths: Paths<Part>;
  readonly problem?: string;
  /** There is no such folder. */
  readonly missing: boolean;
}

interface Folders {
  readonly folder: string;
  readonly otherFolders?: readonly string[];
}

function foldersToRead({ folder: own, otherFolders = [] }: Folders, dir: string | undefined): string[] {
  const { PAREDOWN_DATA } = process.env;
  const within = (folder: string) => ['', own, ...otherFolders].map((name) => resolve(folder, name));
  return [...(dir ? within(dir) : []), ...(PAREDOWN_DATA ? within(PAREDOWN_DATA) : []), join(cacheFolder(), own)];
}

async function look<Part extends string>(folder: string, files: PublishedFiles<Part>): Promise<SearchedFolder<Part>> {
  const paths = new Map<Part, string>();
  let present: ReadonlySet<string> = new Set();
  let problem: string | undefined;
  let missing = false;
  try {
    present = new Set(await readdir(folder));
  } catch (error) {
    missing = codeOf(error) === 'ENOENT';
    problem = missing ? 'no such folder' : `cannot be read (${codeOf(error)})`;
  }
  for (const part of Object.keys(files.names) as Part[]) {
    const path = await findFile(folder, present, files.names[part]);
    if (path !== undefined) paths.set(part, path);
  }
  const lacking = files.lacks(new Set(paths.keys()));
  if (lacking.length > 0) problem ??= `lacks ${lacking.join(', ')}`;
  return { folder, paths, missing, ...(problem && { problem }) };
}

/** The file by the first of these names; where none is one, the file in a folder of such a name. */
async function findFile(folder: string, present: ReadonlySet<string>, names: readonly string[]): Promise<string | undefined> {
  const paths = names.filter((name) => present.has(name)).map((name) => join(folder, name));
  for (const path of [...paths, ...paths.flatMap((above) => names.map((name) => join(above, name)))])
    if ((await stat(path).catch(() => undefined))?.isFile()) return path;
  return undefined;
}

/** Downloads what the folder for downloads lacks, one file after the other. */
async function fetchMissing<Part extends string>(
  files: PublishedFiles<Part>,
  published: NonNullable<PublishedFiles<Part>['download']>,
  options: DownloadOptions,
  looked: string,
): Promise<Paths<Part>> {
  const found = await look(await downloadFolder(files, looked), files);
  const paths = new Map(found.paths);
  for (const [part, file] of Object.entries(published.files) as [Part, RemoteFile][]) {
    if (paths.has(part)) continue;
    try {
      const bytes = await download(file, published.mirrors, options);
      const path = join(found.folder, file.name);
      await store(path, bytes);
      paths.set(part, path);
    } catch (error) {
      if (error instanceof DataError) throw new DataError(`${looked}\n${error.message}\n${files.advice}`);
      throw error;
    }
  }
  return paths;
}

async function store(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await writeFileAtomic(path, bytes);
  } catch (error) {
    throw new DataError(`${path}: was downloaded but cannot be written (${codeOf(error)})`);
  }
}

/** The first folder that can be written to. */
async function downloadFolder({ folder: own, advice }: { folder: string; advice: string }, looked: string): Promise<string> {
  const { PAREDOWN_DATA } = process.env;
  const failures: string[] = [];
  for (const folder of [...(PAREDOWN_DATA ? [resolve(PAREDOWN_DATA, own)] : []), join(cacheFolder(), own)])
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
      return folder;
    } catch (error) {
      failures.push(`  ${folder}: cannot be written to (${codeOf(error)})`);
    }
  throw new DataError(`${looked}\nand it can be downloaded nowhere:\n${failures.join('\n')}\n${advice}`);
}

function describeFolder({ folder, problem }: { folder: string; problem?: string }): string {
  return `  ${folder}: ${problem ?? 'complete'}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
