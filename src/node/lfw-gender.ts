import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { dataset } from '../data/dataset.ts';
import { resizeArea } from '../data/resize.ts';
import { readLabelledImages } from './idx-files.ts';
import { idxNames, locate, type PublishedFiles, pathOf } from './published-files.ts';
import { aTenth, checkLoaderOptions, type Splits, splitOff } from './splits.ts';

export interface LfwGenderOptions {
  /** A folder that holds the files, or holds `lfw-gender/` with the files; it is only read. */
  readonly dir?: string;
  /** Rows and columns of the images, 1 to 64; what is smaller than 64 is averaged by area [64]. */
  readonly size?: number;
  /** How many samples at the end of the training images make the validation set [a tenth]. */
  readonly validation?: number;
}

export async function lfwGender(options: LfwGenderOptions = {}): Promise<Splits> {
  checkLoaderOptions('lfwGender', options, ['dir', 'size', 'validation']);
  const { size = SIDE } = options;
  if (!Number.isInteger(size) || size < 1 || size > SIDE)
    throw new OptionError(`lfwGender: size must be an integer from 1 to ${SIDE}, got ${shown(size)}`);
  const paths = await locate(FILES, options);
  const trainImages = pathOf(paths, 'trainImages');
  const read = async (images: string, labels: string, split: string) => {
    const { x, y } = await readLabelledImages(images, labels, [SIDE, SIDE], CLASSES);
    const resized = size === SIDE ? x : resizeArea(x, [SIDE, SIDE, 1], [size, size]);
    const inputShape = [size, size, 1];
    return dataset({ name: 'lfw-gender', split, inputShape, x: resized, y, classes: CLASSES, classNames: NAMES_OF_CLASSES });
  };
  const all = await read(trainImages, pathOf(paths, 'trainLabels'), 'train');
  const test = await read(pathOf(paths, 'testImages'), pathOf(paths, 'testLabels'), 'test');
  return splitOff(all, options.validation ?? aTenth(all.size), test, trainImages);
}

const SIDE = 64;
const NAMES_OF_CLASSES = ['female', 'male'];
const CLASSES = NAMES_OF_CLASSES.length;

const NAMES = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 'test-images-idx3-ubyte',
  testLabels: 'test-labels-idx1-ubyte',
} as const;
type Part = keyof typeof NAMES;

const FILES: PublishedFiles<Part> = {
  title: 'LFW by gender',
  folder: 'lfw-gender',
  names: {
    trainImages: idxNames(NAMES.trainImages),
    trainLabels: idxNames(NAMES.trainLabels),
    testImages: idxNames(NAMES.testImages),
    testLabels: idxNames(NAMES.testLabels),
  },
  lacks: (found) => (Object.keys(NAMES) as Part[]).filter((part) => !found.has(part)).map((part) => NAMES[part]),
  advice:
    'There is no download: crop the centre of the deep-funneled images of Labeled Faces in the Wild ' +
    '(https://vis-www.cs.umass.edu/lfw/) to 64 x 64 gray bytes, keep each person to one split, and write ' +
    `${Object.values(NAMES).join(', ')} (labels: 1 = male, 0 = female; with or without .gz) into a folder "lfw-gender"; name ` +
    'the folder it lies in by PAREDOWN_DATA or as the data folder (dir).',
};
