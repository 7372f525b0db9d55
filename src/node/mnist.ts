import { numbered } from '../data/class-names.ts';
import { dataset } from '../data/dataset.ts';
import type { DownloadProgress } from './download.ts';
import { readLabelledImages } from './idx-files.ts';
import { type MnistPart, type MnistSource, OFFICIAL_MNIST } from './mnist-source.ts';
import { idxNames, locate, type PublishedFiles, pathOf } from './published-files.ts';
import { checkLoaderOptions, type Splits, splitOff } from './splits.ts';

export interface MnistOptions {
  /** A folder that holds the files, or holds `mnist/`, `archive/` or `MNIST/raw/` with the files; it is only read. */
  readonly dir?: string;
  /** How many samples at the end of the training files make the validation set [5000]. */
  readonly validation?: number;
  /** Reads only what is there [false]. */
  readonly offline?: boolean;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

export type MnistSplits = Splits;

export function mnist(options: MnistOptions = {}): Promise<MnistSplits> {
  return mnistFrom(OFFICIAL_MNIST, options);
}

/** `mnist`, published by another source. */
export async function mnistFrom(source: MnistSource, options: MnistOptions): Promise<MnistSplits> {
  checkLoaderOptions('mnist', options, ['dir', 'validation', 'offline', 'onProgress', 'signal']);
  const paths = await locate(publishedFiles(source), options);
  const trainImages = pathOf(paths, 'trainImages');
  const training = await readLabelledImages(trainImages, pathOf(paths, 'trainLabels'), IMAGE, CLASSES);
  const testing = await readLabelledImages(pathOf(paths, 'testImages'), pathOf(paths, 'testLabels'), IMAGE, CLASSES);
  const common = { name: 'mnist', inputShape: [...IMAGE, 1], classes: CLASSES, classNames: numbered(CLASSES) };
  const test = dataset({ ...common, ...testing, split: 'test' });
  return splitOff(dataset({ ...common, ...training, split: 'train' }), options.validation ?? 5000, test, trainImages);
}

const IMAGE = [28, 28] as const;
const CLASSES = 10;

function publishedFiles(source: MnistSource): PublishedFiles<MnistPart> {
  const { trainImages, trainLabels, testImages, testLabels } = source.files;
  const parts = Object.keys(source.files) as MnistPart[];
  const published = (part: MnistPart) => source.files[part].name;
  return {
    title: 'MNIST',
    folder: 'mnist',
    // As Kaggle's archive unpacks, and as torchvision lays it out.
    otherFolders: ['archive', 'MNIST/raw'],
    names: {
      trainImages: idxNames(trainImages.name),
      trainLabels: idxNames(trainLabels.name),
      testImages: idxNames(testImages.name),
      testLabels: idxNames(testLabels.name),
    },
    lacks: (found) => parts.filter((part) => !found.has(part)).map(published),
    download: source,
    advice:
      `Put ${parts.map(published).join(', ')} (with or without .gz) into a folder "mnist" and name the folder it lies in by ` +
      'PAREDOWN_DATA or as the data folder (dir), or use the built-in data set, digits.',
  };
}
