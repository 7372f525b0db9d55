import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { cifar10, type Dataset, type DownloadProgress, digits, imageFolder, lfwGender, mnist } from 'paredown/node';
import { UsageError } from './usage-error.ts';

/** Which data are meant, as it can be kept. */
export interface DataSource {
  /** A name of ours, or the path of a folder. */
  readonly data: string;
  readonly size?: number;
  /** Where the files of a named data set lie. */
  readonly dir?: string;
}

export interface LoadedData {
  readonly name: string;
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
  /** What a person should know of what was found. */
  readonly notes: readonly string[];
}

const NAMES = ['mnist', 'cifar10', 'lfw-gender', 'digits'];

/**
 * A source as it is kept: a folder by its whole path. `typed` is what the data are given by. Throws a UsageError where there is neither
 * such a name nor such a folder.
 */
export async function sourceOf(data: string, size?: number, dir?: string, typed = '--data'): Promise<DataSource> {
  const sized = { ...(size !== undefined && { size }), ...(dir !== undefined && { dir: resolve(dir) }) };
  if (NAMES.includes(data)) {
    if (size !== undefined && data !== 'lfw-gender')
      throw new UsageError(`--size is for lfw-gender and for folders; ${data} has a size of its own`);
    if (dir !== undefined && data === 'digits')
      throw new UsageError(`--data-dir is for ${NAMES.slice(0, -1).join(', ')}; digits are drawn, and have no files`);
    return { data, ...sized };
  }
  if (dir !== undefined)
    throw new UsageError(`--data-dir is for ${NAMES.slice(0, -1).join(', ')}; ${typed} ${data} is a folder itself`);
  const found = await stat(data).catch(() => undefined);
  if (!found?.isDirectory())
    throw new UsageError(`${typed} ${data}: there is no such folder, and the data sets by name are ${NAMES.join(', ')}`);
  return { data: resolve(data), ...sized };
}

/** Whether the files are the user's own, which may have been changed. */
export function isOwn({ data, dir }: DataSource): boolean {
  return dir !== undefined || isFolder(data);
}

/** Whether it is a folder, and no data set by name. */
export function isFolder(data: string): boolean {
  return !NAMES.includes(data);
}

export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** Nothing is downloaded [false]. */
  readonly offline?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Of a model: where no size is given, images are resized to it, and are gray or coloured as it takes them. */
  readonly shape?: readonly number[];
}

export async function loadData(
  { data, size, dir }: DataSource,
  { signal, offline = false, onProgress, shape }: LoadOptions,
): Promise<LoadedData> {
  const folder = dir === undefined ? {} : { dir };
  const remote = { ...folder, signal, offline, ...(onProgress && { onProgress }) };
  const [height, width, channels] = shape ?? [];
  const sides = size ?? (height !== undefined && width !== undefined && ([height, width] as const));
  const square = size ?? (height === width ? height : undefined);
  if (data === 'mnist') return { name: 'MNIST', notes: [], ...(await mnist(remote)) };
  if (data === 'cifar10') return { name: 'CIFAR-10', notes: [], ...(await cifar10(remote)) };
  if (data === 'lfw-gender')
    return { name: 'LFW, gender', notes: [], ...(await lfwGender({ ...folder, ...(square !== undefined && { size: square }) })) };
  if (data === 'digits') return { name: 'digits', notes: [], ...digits() };
  const { found, ...splits } = await imageFolder({
    dir: data,
    ...(sides && { size: sides }),
    ...((channels === 1 || channels === 3) && { channels }),
  });
  const classes = found.classes.map(({ name, train, validation, test }) => `${name} (${train}, ${validation}, ${test})`);
  const notes = [
    `Classes, with their images for training, validation and test: ${classes.join(', ')}`,
    ...found.leftOut.map((line) => `Left out: ${line}`),
    ...found.warnings.map((warning) => `Warning: ${warning}`),
  ];
  return { name: basename(data), notes, ...splits };
}
