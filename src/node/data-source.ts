import { basename } from 'node:path';
import type { Dataset } from '../data/index.ts';
import { digits } from '../data/index.ts';
import { cifar10 } from './cifar10.ts';
import type { DownloadProgress } from './download.ts';
import { imageFolder } from './image-folder.ts';
import { lfwGender } from './lfw-gender.ts';
import { mnist } from './mnist.ts';

/** Which data are meant, as it can be kept. */
export interface DataSource {
  /** One of `DATA_NAMES`, or the path of a folder. */
  readonly data: string;
  /** Pixels of a side that images of a folder, and lfw-gender's, are resized to. */
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

export interface LoadOptions {
  readonly signal?: AbortSignal;
  /** Nothing is downloaded [false]. */
  readonly offline?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Of a model: where no size is given, images are resized to it, and are gray or coloured as it takes them. */
  readonly shape?: readonly number[];
}

export const DATA_NAMES: readonly string[] = ['mnist', 'cifar10', 'lfw-gender', 'digits'];

export async function loadData(source: DataSource, options: LoadOptions = {}): Promise<LoadedData> {
  const { data, size, dir } = source;
  const { signal, offline = false, onProgress, shape } = options;
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
