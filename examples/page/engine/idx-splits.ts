import { dataset, type IdxArray, parseIdx, subset } from 'paredown';
import type { Splits } from './session.ts';

/** An idx file, decompressed. */
export interface IdxFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export const MNIST_NAMES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const;

/** As many of MNIST's training images as the command line keeps for validation, and of smaller sets a tenth. */
const VALIDATION = 5000;

/**
 * The data of idx files by MNIST's names: training images and labels, and those to test on (t10k or test). Where there are none, the last tenth
 * of the training images is. Throws a DataError for a damaged file, an Error for one that lacks or does not belong.
 */
export function idxSplits(files: readonly IdxFile[]): Splits {
  const pairs = { train: pairOf(files, false), test: pairOf(files, true) };
  if (!pairs.train)
    throw new Error(`There are no images to train on; MNIST's four files are ${MNIST_NAMES.join(', ')}, with or without .gz.`);
  const train = read(pairs.train);
  const test = pairs.test && read(pairs.test);
  if (test && test.inputShape.join() !== train.inputShape.join())
    throw new Error(
      `${pairs.test?.images.name}: images of ${test.inputShape.join(' x ')}, but those to train on are ${train.inputShape.join(' x ')}.`,
    );
  const labels = Math.max(largest(train.y), test ? largest(test.y) : 0);
  const classes = Math.max(10, labels + 1);
  const classNames = Array.from({ length: classes }, (_, index) => String(index));
  const common = { name: 'MNIST', classes, classNames };
  const all = dataset({ ...common, ...train });
  const tenth = Math.max(1, Math.floor(all.size / 10));
  const validation = Math.min(VALIDATION, tenth);
  const tested = test ? 0 : tenth;
  if (all.size < 3)
    throw new Error(`${pairs.train.images.name}: ${all.size} images are too few to train, validate and test with.`);
  const end = all.size - tested;
  return {
    train: subset(all, 0, end - validation, 'train'),
    validation: subset(all, end - validation, end, 'validation'),
    test: test ? dataset({ ...common, ...test, split: 'test' }) : subset(all, end, all.size, 'test'),
  };
}

interface Pair {
  readonly images: IdxFile;
  readonly labels: IdxFile;
}

function pairOf(files: readonly IdxFile[], test: boolean): Pair | undefined {
  const own = files.filter(({ name }) => /t10k|test/i.test(name) === test);
  const only = (what: 'images' | 'labels') => {
    const [first, second] = own.filter(({ name }) => name.toLowerCase().includes(what));
    if (second)
      throw new Error(`${first?.name} and ${second.name}: two files of ${what} for the same images; choose one of them.`);
    return first;
  };
  const [images, labels] = [only('images'), only('labels')];
  if (!images && !labels) return undefined;
  if (!images || !labels)
    throw new Error(
      `${(images ?? labels)?.name}: there are no ${images ? 'labels' : 'images'} to it. Choose the files together: ${MNIST_NAMES.join(', ')}.`,
    );
  return { images, labels };
}

function read({ images, labels }: Pair): { x: Uint8Array; y: Uint8Array; inputShape: number[] } {
  const x = bytesOf(images);
  const y = bytesOf(labels);
  const [count = 0, rows = 0, columns = 0, channels = 1] = x.shape;
  if (x.shape.length < 3 || x.shape.length > 4 || (channels !== 1 && channels !== 3))
    throw new Error(`${images.name}: expected images [n, rows, columns], found an array [${x.shape.join(', ')}].`);
  if (y.shape.length !== 1)
    throw new Error(`${labels.name}: expected one label for each image, found an array [${y.shape.join(', ')}].`);
  if (y.shape[0] !== count)
    throw new Error(
      `${images.name} holds ${count} images, but ${labels.name} ${y.shape[0]} labels; they do not belong together.`,
    );
  return { x: x.data, y: y.data, inputShape: [rows, columns, channels] };
}

function bytesOf({ name, bytes }: IdxFile): IdxArray & { data: Uint8Array } {
  const { shape, data } = parseIdx(bytes, name);
  if (!(data instanceof Uint8Array)) throw new Error(`${name}: expected elements of bytes, found ${data.constructor.name}.`);
  return { shape, data };
}

const largest = (labels: Uint8Array) => labels.reduce((most, label) => Math.max(most, label), 0);
