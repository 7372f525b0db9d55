import { access, constants, mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { abortError, DataError, OptionError } from '../core/errors.ts';
import { type Dataset, dataset, subset } from '../data/dataset.ts';
import { cacheFolder } from '../gpu/user-cache.ts';
import { type DownloadProgress, download } from './download.ts';
import { writeFileAtomic } from './files.ts';
import { readLabelledImages } from './idx-files.ts';
import { localNames, type MnistPart, type MnistSource, OFFICIAL_MNIST } from './mnist-source.ts';

export interface MnistOptions {
  /** A folder that holds the files, or holds `mnist/` with the files; it is only read. */
  readonly dir?: string;
  /** How many samples at the end of the training files make the validation set [5000]. */
  readonly validation?: number;
  /** Reads only what is there [false]. */
  readonly offline?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * MNIST, 28 x 28 x 1 bytes, 10 classes: the official idx files, gzipped or not, from the first of these folders that holds all
 * four: `dir`, `PAREDOWN_DATA`, the user's cache. Where none does, they are downloaded into `PAREDOWN_DATA/mnist` or else the
 * user's cache, unless `offline`. Throws DataError where the files cannot be had or are damaged, OptionError, AbortError.
 */
export function mnist(options: MnistOptions = {}): Promise<MnistSplits> {
  return mnistFrom(OFFICIAL_MNIST, options);
}

/** The training files without their last samples, these, and the test files. */
export interface MnistSplits {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** `mnist`, published by another source. */
export async function mnistFrom(source: MnistSource, options: MnistOptions): Promise<MnistSplits> {
  checkOptions(options);
  const { validation = 5000, signal } = options;
  if (signal?.aborted) throw abortError(signal.reason);
  const places = await Promise.all(folders(options.dir).map((folder) => look(folder, source)));
  let paths = places.find((place) => place.missing.length === 0)?.paths;
  if (!paths) {
    const looked = `MNIST is not on this machine. Looked in\n${places.map(describePlace).join('\n')}`;
    if (options.offline) throw new DataError(`${looked}\n${advice(source)}`);
    paths = await fetchMissing(source, options, looked);
    if (signal?.aborted) throw abortError(signal.reason);
  }

  const training = await readLabelledImages(pathOf(paths, 'trainImages'), pathOf(paths, 'trainLabels'), IMAGE, CLASSES);
  const testing = await readLabelledImages(pathOf(paths, 'testImages'), pathOf(paths, 'testLabels'), IMAGE, CLASSES);
  if (validation >= training.y.length)
    throw new OptionError(
      `mnist: validation must leave samples to train on, but ${validation} of ${training.y.length} in ` +
        `${pathOf(paths, 'trainImages')} leave none; pass a smaller validation`,
    );
  const common = { name: 'mnist', inputShape: [...IMAGE, 1], classes: CLASSES };
  const all = dataset({ ...common, ...training, split: 'train' });
  return {
    train: subset(all, 0, all.size - validation, 'train'),
    validation: subset(all, all.size - validation, all.size, 'validation'),
    test: dataset({ ...common, ...testing, split: 'test' }),
  };
}

const IMAGE = [28, 28] as const;
const CLASSES = 10;

type Paths = ReadonlyMap<MnistPart, string>;

/** A folder that was looked into: where the parts are that it holds, and what it lacks. */
interface Place {
  readonly folder: string;
  readonly paths: Paths;
  readonly missing: readonly MnistPart[];
  readonly problem?: string;
}

function checkOptions(options: MnistOptions): void {
  const known = ['dir', 'validation', 'offline', 'onProgress', 'signal'];
  for (const key of Object.keys(options))
    if (!known.includes(key)) throw new OptionError(`mnist: unknown option "${key}"; the options are ${known.join(', ')}`);
  const { dir, validation, offline } = options;
  if (dir !== undefined && (typeof dir !== 'string' || dir === ''))
    throw new OptionError(`mnist: dir must be the path of a folder, got ${JSON.stringify(dir)}`);
  if (validation !== undefined && (!Number.isInteger(validation) || validation < 1))
    throw new OptionError(`mnist: validation must be a positive integer, got ${String(validation)}`);
  if (offline !== undefined && typeof offline !== 'boolean')
    throw new OptionError(`mnist: offline must be true or false, got ${String(offline)}`);
}

function folders(dir: string | undefined): string[] {
  const { PAREDOWN_DATA } = process.env;
  const both = (folder: string) => [resolve(folder), resolve(folder, 'mnist')];
  return [...(dir ? both(dir) : []), ...(PAREDOWN_DATA ? both(PAREDOWN_DATA) : []), join(cacheFolder(), 'mnist')];
}

async function look(folder: string, source: MnistSource): Promise<Place> {
  const paths = new Map<MnistPart, string>();
  const missing: MnistPart[] = [];
  let names: string[] = [];
  let problem: string | undefined;
  try {
    names = await readdir(folder);
  } catch (error) {
    problem = codeOf(error) === 'ENOENT' ? 'no such folder' : `cannot be read (${codeOf(error)})`;
  }
  for (const part of Object.keys(source.files) as MnistPart[]) {
    const name = localNames(source.files[part]).find((candidate) => names.includes(candidate));
    if (name) paths.set(part, join(folder, name));
    else missing.push(part);
  }
  if (missing.length > 0 && !problem) problem = `lacks ${missing.map((part) => source.files[part].name).join(', ')}`;
  return { folder, paths, missing, ...(problem && { problem }) };
}

/** Downloads what the folder for downloads lacks, one file after the other. */
async function fetchMissing(source: MnistSource, options: MnistOptions, looked: string): Promise<Paths> {
  const place = await look(await downloadFolder(looked, source), source);
  const paths = new Map(place.paths);
  for (const part of place.missing) {
    const file = source.files[part];
    try {
      const bytes = await download(file, source.mirrors, options);
      const path = join(place.folder, file.name);
      await store(path, bytes);
      paths.set(part, path);
    } catch (error) {
      if (error instanceof DataError) throw new DataError(`${looked}\n${error.message}\n${advice(source)}`);
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
async function downloadFolder(looked: string, source: MnistSource): Promise<string> {
  const { PAREDOWN_DATA } = process.env;
  const failures: string[] = [];
  for (const folder of [...(PAREDOWN_DATA ? [resolve(PAREDOWN_DATA, 'mnist')] : []), join(cacheFolder(), 'mnist')])
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
      return folder;
    } catch (error) {
      failures.push(`  ${folder}: cannot be written to (${codeOf(error)})`);
    }
  throw new DataError(`${looked}\nand it can be downloaded nowhere:\n${failures.join('\n')}\n${advice(source)}`);
}

function describePlace(place: Place): string {
  return `  ${place.folder}: ${place.problem ?? 'complete'}`;
}

function advice(source: MnistSource): string {
  const names = Object.values(source.files).map((file) => file.name);
  return (
    `Put ${names.join(', ')} (with or without .gz) into a folder "mnist" and name the folder it lies in by PAREDOWN_DATA ` +
    'or as the data folder (dir), or use the built-in data set, digits.'
  );
}

function pathOf(paths: Paths, part: MnistPart): string {
  const path = paths.get(part);
  if (path === undefined) throw new DataError(`mnist: ${part} is missing`);
  return path;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
