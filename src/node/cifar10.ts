import { DataError } from '../core/errors.ts';
import {
  CIFAR_CHANNELS,
  CIFAR_SIDE,
  CIFAR10_CLASS_NAMES,
  CIFAR10_CLASSES,
  type CifarBatch,
  parseCifar10,
} from '../data/cifar.ts';
import { dataset } from '../data/dataset.ts';
import { tarFiles } from '../data/tar.ts';
import type { DownloadProgress, Mirrors, RemoteFile } from './download.ts';
import { readPlainFile } from './gunzip.ts';
import { locate, type Paths, type PublishedFiles } from './published-files.ts';
import { aTenth, checkLoaderOptions, type Splits, splitOff } from './splits.ts';

export interface Cifar10Options {
  /** A folder that holds the files, or holds `cifar-10-batches-bin/` with the files; it is only read. */
  readonly dir?: string;
  /** How many samples at the end of the training images make the validation set [a tenth: 5,000 of the 50,000]. */
  readonly validation?: number;
  /** Reads only what is there [false]. */
  readonly offline?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

/** Where the official archive is published, and its true contents. */
export interface Cifar10Source {
  readonly mirrors: Mirrors;
  readonly archive: RemoteFile;
}

/** The distribution of A. Krizhevsky (md5 c32a1d4ab5d03f1284b67883e8d87530) at its address and at the one it now leads to. */
export const OFFICIAL_CIFAR10: Cifar10Source = {
  mirrors: {
    urls: ['https://www.cs.toronto.edu/~kriz/', 'https://cave.cs.toronto.edu/kriz/'],
    connectMilliseconds: 20_000,
    stallMilliseconds: 20_000,
  },
  archive: {
    name: 'cifar-10-binary.tar.gz',
    bytes: 170_052_171,
    sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  },
};

export function cifar10(options: Cifar10Options = {}): Promise<Splits> {
  return cifar10From(OFFICIAL_CIFAR10, options);
}

/** `cifar10`, published by another source. */
export async function cifar10From(source: Cifar10Source, options: Cifar10Options): Promise<Splits> {
  checkLoaderOptions('cifar10', options, ['dir', 'validation', 'offline', 'onProgress', 'signal']);
  const batches = await readBatches(await locate(publishedFiles(source), options));
  const inputShape = [CIFAR_SIDE, CIFAR_SIDE, CIFAR_CHANNELS];
  const common = { name: 'cifar10', inputShape, classes: CIFAR10_CLASSES, classNames: CIFAR10_CLASS_NAMES };
  const test = dataset({ ...common, ...parseCifar10(batches.test), split: 'test' });
  const all = dataset({ ...common, ...parseCifar10(batches.train), split: 'train' });
  return splitOff(all, options.validation ?? aTenth(all.size), test, batches.train.map((batch) => batch.source).join(', '));
}

const TRAIN_PARTS = ['train1', 'train2', 'train3', 'train4', 'train5'] as const;
type BatchPart = (typeof TRAIN_PARTS)[number] | 'test';
type Cifar10Part = BatchPart | 'archive';

const BATCH_NAMES: Readonly<Record<BatchPart, string>> = {
  train1: 'data_batch_1.bin',
  train2: 'data_batch_2.bin',
  train3: 'data_batch_3.bin',
  train4: 'data_batch_4.bin',
  train5: 'data_batch_5.bin',
  test: 'test_batch.bin',
};

const FOLDER = 'cifar-10-batches-bin';

function publishedFiles({ mirrors, archive }: Cifar10Source): PublishedFiles<Cifar10Part> {
  const either = (part: BatchPart) => [BATCH_NAMES[part], `${BATCH_NAMES[part]}.gz`];
  return {
    title: 'CIFAR-10',
    folder: FOLDER,
    names: {
      archive: [archive.name],
      train1: either('train1'),
      train2: either('train2'),
      train3: either('train3'),
      train4: either('train4'),
      train5: either('train5'),
      test: either('test'),
    },
    lacks: (found) => (found.has('archive') ? [] : lackingBatches((part) => found.has(part))),
    download: { mirrors, files: { archive } },
    advice:
      `Put ${archive.name} (from ${mirrors.urls[0]}), or of its files ${BATCH_NAMES.test} and at least one of ` +
      `data_batch_1.bin to data_batch_5.bin (with or without .gz), into a folder "${FOLDER}" and name the folder it lies in by ` +
      'PAREDOWN_DATA or as the data folder (dir).',
  };
}

function lackingBatches(has: (part: BatchPart) => boolean): string[] {
  return [
    ...(TRAIN_PARTS.some(has) ? [] : ['data_batch_1.bin to data_batch_5.bin (at least one)']),
    ...(has('test') ? [] : [BATCH_NAMES.test]),
  ];
}

interface Batches {
  readonly train: readonly CifarBatch[];
  readonly test: readonly CifarBatch[];
}

async function readBatches(paths: Paths<Cifar10Part>): Promise<Batches> {
  const archive = paths.get('archive');
  if (archive !== undefined) return unpack(archive);
  const read = async (part: BatchPart): Promise<CifarBatch[]> => {
    const path = paths.get(part);
    return path === undefined ? [] : [await readPlainFile(path)];
  };
  return { train: (await Promise.all(TRAIN_PARTS.map(read))).flat(), test: await read('test') };
}

async function unpack(path: string): Promise<Batches> {
  const { bytes, source } = await readPlainFile(path);
  const files = new Map([...tarFiles(bytes, source)].map(([name, file]) => [name.slice(name.lastIndexOf('/') + 1), file]));
  const lacking = lackingBatches((part) => files.has(BATCH_NAMES[part]));
  if (lacking.length > 0) throw new DataError(`${path}: the archive lacks ${lacking.join(', ')}`);
  const batch = (part: BatchPart): CifarBatch[] => {
    const file = files.get(BATCH_NAMES[part]);
    return file === undefined ? [] : [{ bytes: file, source: `${path}, ${BATCH_NAMES[part]}` }];
  };
  return { train: TRAIN_PARTS.flatMap(batch), test: batch('test') };
}
