import { createHash } from 'node:crypto';
import { basename, dirname, resolve, sep } from 'node:path';
import { refuseUnknown } from '../core/arguments.ts';
import { DataError, OptionError } from '../core/errors.ts';
import { checkSeed } from '../core/random.ts';
import { shown } from '../core/shown.ts';
import { dataset, subset } from '../data/dataset.ts';
import { fitted, type Pixels } from '../data/pixels.ts';
import { MAXIMUM_SIDE } from '../data/resize.ts';
import { checkedShares, counted, type Hashed, SPLITS, type Split, stratify } from '../data/stratify.ts';
import { openFolder } from './image-folder/open.ts';
import { reorder } from './image-folder/order.ts';
import { classesOf, type FoundImages, firstTen, sizesOf, warningsOf } from './image-folder/report.ts';
import type { ImageSource } from './image-folder/source.ts';
import type { Splits } from './splits.ts';

export interface ImageFolderOptions {
  /** The folder; it is only read. */
  readonly dir: string;
  /** Height and width to resize to, or one number for both [the size that all images have]. */
  readonly size?: number | readonly [height: number, width: number];
  /** [1 where all pixels of all images are grey, else 3] */
  readonly channels?: 1 | 3;
  /** The share of a class's distinct images in the validation split, where the folder makes none [0.1]. */
  readonly validation?: number;
  /** The share in the test split, where the folder makes none [0.15]. */
  readonly test?: number;
  /** Another seed makes other splits [1]. */
  readonly seed?: number;
}

export interface ImageFolder extends Splits {
  readonly found: FoundImages;
}

export async function imageFolder(options: ImageFolderOptions): Promise<ImageFolder> {
  const { dir, shares, seed } = checkOptions(options);
  const source = await openFolder(dir);
  checkShares(options, source, dir);
  const { images, classNames } = source;
  if (images.length === 0) throw unreadable(source.bad, dir);
  if (classNames.length === 1) throw oneClass(source, dir);
  const sizes = sizesOf(images);
  const size = checkedSize(options.size, sizes, source, dir);
  const { x, channels, hashes } = await readAll(source, size, options.channels, seed, dir);

  const hashed = images.map(({ label, split }, index) => ({ label, split, hash: hashes[index] as string }));
  const splits = named(dir, () => stratify(hashed, classNames, shares));
  const order = inOrder(hashed, splits);
  reorder(x, size[0] * size[1] * channels, order);
  const labels = order.map((index) => images[index]?.label ?? 0);
  const y = classNames.length > 256 ? Int32Array.from(labels) : Uint8Array.from(labels);
  const all = dataset({ name: basename(dir), inputShape: [...size, channels], x, y, classes: classNames.length, classNames });
  const classes = classesOf(images, splits, classNames);
  const trained = splits.filter((split) => split === 'train').length;
  const tested = splits.filter((split) => split === 'test').length;
  return {
    train: subset(all, 0, trained, 'train'),
    validation: subset(all, trained, all.size - tested, 'validation'),
    test: subset(all, all.size - tested, all.size, 'test'),
    found: {
      layout: source.layout,
      classes,
      sizes,
      leftOut: source.leftOut,
      warnings: warningsOf(images, splits, hashes, classNames),
    },
  };
}

const OPTIONS = ['dir', 'size', 'channels', 'validation', 'test', 'seed'];
/** Of a side of `size`: images themselves may be larger. */
const LARGEST_SIZE = 4096;
const MAXIMUM_BYTES = 2 ** 31;

function checkOptions(options: ImageFolderOptions) {
  refuseUnknown('imageFolder', options, OPTIONS);
  const { dir, size, channels, validation, test } = options;
  if (typeof dir !== 'string' || dir === '')
    throw new OptionError(`imageFolder: dir must be the path of a folder, got ${shown(dir)}`);
  const sides = size === undefined || Array.isArray(size) ? size : [size, size];
  if (sides && (sides.length !== 2 || !sides.every((side) => Number.isInteger(side) && side >= 1 && side <= LARGEST_SIZE)))
    throw new OptionError(
      `imageFolder: size must be [height, width] or a number, each from 1 to ${LARGEST_SIZE}, got ${shown(size)}`,
    );
  if (channels !== undefined && channels !== 1 && channels !== 3)
    throw new OptionError(`imageFolder: channels must be 1 or 3, got ${shown(channels)}`);
  const shares = checkedShares('imageFolder', {
    ...(validation !== undefined && { validation }),
    ...(test !== undefined && { test }),
  });
  return { dir: resolve(dir), shares, seed: checkSeed('imageFolder', options.seed ?? 1) };
}

/** A share of a split that the folder makes itself would go unheard. */
function checkShares(options: ImageFolderOptions, { splits }: ImageSource, dir: string): void {
  for (const split of ['validation', 'test'] as const)
    if (options[split] !== undefined && splits.has(split))
      throw new OptionError(`imageFolder: ${dir} has a ${split} split of its own; leave out the option "${split}"`);
}

function checkedSize(
  option: ImageFolderOptions['size'],
  sizes: FoundImages['sizes'],
  { images, bad }: ImageSource,
  dir: string,
): readonly [number, number] {
  const [first] = sizes;
  if (option === undefined && first && sizes.length === 1) return [first.height, first.width];
  if (option === undefined) {
    const lines = sizes.map(({ height, width, images: count }) => `${height} x ${width} (${counted(count, 'image')})`);
    const damaged = bad.length > 0 ? `. Besides, ${bad.length} can't be read: ${firstTen(bad)}` : '';
    throw new DataError(
      `${dir}: the images differ in size (height x width): ${firstTen(lines, ', ')}; give the option size (--size), to which all are resized${damaged}`,
    );
  }
  const [height, width] = typeof option === 'number' ? [option, option] : option;
  const large = images.filter(
    ({ rows, columns }) => (rows !== height || columns !== width) && Math.max(rows, columns) > MAXIMUM_SIDE,
  );
  if (large.length > 0)
    throw new DataError(
      `${dir}: images with a side above ${MAXIMUM_SIDE} are not resized here: ` +
        `${firstTen(large.map(({ where, rows, columns }) => `${where} (${rows} x ${columns})`))}; make them smaller`,
    );
  return [height, width];
}

/** Archives often unpack into one folder, in which, however deep, lies that of the classes. */
function oneClass({ layout, images, classNames: [name = ''] }: ImageSource, dir: string): DataError {
  const folders = images.map(({ where }) => dirname(where));
  const around = folders.reduce(commonFolder, folders[0] ?? dir);
  const deeper = layout !== 'idx' && around !== dir && folders.some((folder) => folder !== around);
  return new DataError(
    `${dir}: holds one class alone, "${name}" (${counted(images.length, 'image')}); two at least are needed` +
      (deeper ? `. Where the folders in ${around} are the classes, name that folder` : ''),
  );
}

/** The deepest folder that holds both, or is one of them. */
function commonFolder(a: string, b: string): string {
  const parts = b.split(sep);
  const differs = a.split(sep).findIndex((part, index) => part !== parts[index]);
  return differs === -1 ? a : parts.slice(0, differs).join(sep);
}

/** Decodes one image after the other into one array, and tells the hashes of their pixels. */
async function readAll(
  { images, bad: unread }: ImageSource,
  size: readonly [number, number],
  channels: 1 | 3 | undefined,
  seed: number,
  dir: string,
): Promise<{ x: Uint8Array; channels: 1 | 3; hashes: string[] }> {
  const room = channels ?? (images.some((image) => image.mayHaveColour) ? 3 : 1);
  const bytes = size[0] * size[1] * room;
  if (images.length * bytes > MAXIMUM_BYTES)
    throw new DataError(
      `${dir}: ${images.length} images of ${size[0]} x ${size[1]} x ${room} are ${images.length * bytes} bytes; at most ` +
        `${MAXIMUM_BYTES} are read. Give a smaller size`,
    );
  const x = new Uint8Array(images.length * bytes);
  const bad = [...unread];
  let colour = false;
  const hashes: string[] = [];
  for (const [index, image] of images.entries())
    try {
      const pixels = await image.read();
      colour ||= pixels.channels === 3;
      hashes.push(seededHash(pixels, seed));
      x.set(fitted(pixels, size, room), index * bytes);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      bad.push(error.message);
    }
  if (bad.length > 0) throw unreadable(bad, dir);
  const onlyGrey = channels === undefined && room === 3 && !colour;
  return { x: onlyGrey ? firstOfThree(x) : x, channels: onlyGrey ? 1 : room, hashes };
}

function unreadable(bad: readonly string[], dir: string): DataError {
  return new DataError(
    `${dir}: ${bad.length} ${bad.length === 1 ? 'image' : 'images'} can't be read; mend or remove ` +
      `${bad.length === 1 ? 'it' : 'them'}:\n${firstTen(
        [...bad].sort().map((line) => `  ${line}`),
        '\n',
      )}`,
  );
}

/** Of pixels with three equal channels one. */
function firstOfThree(colours: Uint8Array): Uint8Array {
  const grey = new Uint8Array(colours.length / 3);
  for (let pixel = 0; pixel < grey.length; pixel++) grey[pixel] = colours[3 * pixel] as number;
  return grey;
}

/** Lets an error begin with the folder. */
function named<T>(dir: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DataError ? new DataError(`${dir}: ${error.message}`) : error;
  }
}

/** Training images first, then those of validation, then the test's; in each split by hash, and by label where that is the same. */
function inOrder(images: readonly Hashed[], splits: readonly Split[]): number[] {
  const ranked = images.map(({ hash, label }, index) => ({ index, hash, label, rank: SPLITS.indexOf(splits[index] as Split) }));
  ranked.sort((a, b) => a.rank - b.rank || (a.hash === b.hash ? a.label - b.label : a.hash < b.hash ? -1 : 1));
  return ranked.map(({ index }) => index);
}

/** SHA-256, in hexadecimal, of `seed rows columns channels`, a line feed, and the bytes: the same for images that look the same. */
function seededHash({ rows, columns, channels, bytes }: Pixels, seed: number): string {
  return createHash('sha256').update(`${seed} ${rows} ${columns} ${channels}\n`).update(bytes).digest('hex');
}
