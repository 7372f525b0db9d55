import { basename, join } from 'node:path';
import { DataError } from '../../core/errors.ts';
import { formatShape } from '../../core/value.ts';
import { type IdxArray, parseIdx } from '../../data/idx.ts';
import type { Pixels } from '../../data/pixels.ts';
import type { Split } from '../../data/stratify.ts';
import { readPlainFile } from '../gunzip.ts';
import { onlyGrey } from '../images/pixels.ts';
import type { FoundImage, ImageSource } from './source.ts';
import { kindOf, type LeftOut, type Listing, list } from './tree.ts';

/** Whether a file is taken for idx images or labels, by its name. */
export const isIdx = (name: string) => /idx|ubyte/i.test(name) && /images|labels/i.test(name);

/** An idx file; `siblings` are the names beside it, `folder` that of a folder of such a name, where it lies in one. */
interface IdxFile {
  readonly name: string;
  readonly path: string;
  readonly siblings: ReadonlySet<string>;
  readonly folder?: string;
}

/** The paths of images and of their labels. */
type Pair = { images?: string; labels?: string };

/**
 * Pairs of idx files, gzipped or not: a file is one by a name that has `images` or `labels`, and `idx` or `ubyte`, in it; images and
 * labels of a pair differ in these words and the number after `idx` alone. It may lie in a folder of such a name, as some archives
 * unpack. A pair with the word `test` or `t10k` is the test split,
 * `validation`, `valid` or `val` the validation split, another the training split. Images are bytes [n, rows, columns] or [n, rows,
 * columns, 1 or 3], labels integers [n]; the classes are the labels that occur, in their order. undefined where there is no such
 * file. Throws DataError.
 */
export async function idxPairs(root: Listing, leftOut: LeftOut): Promise<ImageSource | undefined> {
  const files = await idxFiles(root, leftOut);
  if (files.length === 0) return undefined;
  const pairs = pairUp(files, root.path, leftOut);
  for (const name of root.files) if (!isIdx(name)) leftOut.add(kindOf(name, 'idx file'));
  const others = root.folders.filter((name) => !isIdx(name));
  if (others.length > 0) leftOut.add('folder beside the idx files', others.length);
  const read: { split: Split; path: string; images: IdxImages; labels: ArrayLike<number> }[] = [];
  for (const [split, { images: path, labels: labelsPath }] of pairs) {
    const images = await readImages(path);
    const labels = await readLabels(labelsPath);
    if (labels.length !== images.count)
      throw new DataError(
        `${path} holds ${images.count} images, but ${labelsPath} holds ${labels.length} labels; they belong to different sets, or ` +
          'one is damaged',
      );
    read.push({ split, path, images, labels });
  }
  const values = [...new Set(read.flatMap(({ labels }) => [...new Set(Array.from(labels))]))].sort((a, b) => a - b);
  const labelOf = new Map(values.map((value, label) => [value, label]));
  const images = read.flatMap(({ split, path, images: { count, rows, columns, channels, data }, labels }) =>
    Array.from({ length: count }, (_, index): FoundImage => {
      const bytes = rows * columns * channels;
      const label = labelOf.get(labels[index] as number) as number;
      const pixels: Pixels = { rows, columns, channels, bytes: data.subarray(index * bytes, (index + 1) * bytes) };
      return {
        where: `${path}, image ${index}`,
        label,
        split,
        rows,
        columns,
        mayHaveColour: channels === 3,
        read: () => onlyGrey(pixels),
      };
    }),
  );
  const splits = new Set(read.map(({ split }) => split));
  return { layout: 'idx', classNames: values.map(String), splits, images, bad: [], leftOut: leftOut.lines() };
}

/** The files in a folder, then those in the folders of such names in it. */
async function idxFiles(root: Listing, leftOut: LeftOut): Promise<IdxFile[]> {
  const filesIn = ({ path, files }: Listing, folder?: string): IdxFile[] => {
    const siblings = new Set(files);
    return files.filter(isIdx).map((name) => ({ name, path: join(path, name), siblings, ...(folder && { folder }) }));
  };
  const within: IdxFile[] = [];
  for (const name of root.folders.filter(isIdx)) within.push(...filesIn(await list(join(root.path, name), leftOut), name));
  return [...filesIn(root), ...within];
}

/** The pair of each split. A plain file is preferred to a gzipped one of the same name, any to one in a folder of its name. */
function pairUp(files: readonly IdxFile[], root: string, leftOut: LeftOut): Map<Split, Required<Pair>> {
  const pairs = new Map<string, Pair>();
  for (const { name, path, siblings, folder } of files) {
    const base = name.replace(/\.gz$/i, '');
    if (base !== name && siblings.has(base)) {
      leftOut.add(`${name}, of which there is ${base}`);
      continue;
    }
    const kind = /images/i.test(base) ? 'images' : 'labels';
    const key = base
      .toLowerCase()
      .replace(/images|labels/, '*')
      .replace(/[-.]idx\d?/, '-idx');
    const pair = pairs.get(key) ?? {};
    const other = pair[kind];
    if (other !== undefined && folder !== undefined) {
      leftOut.add(`${join(folder, name)}, of which there is ${basename(other)}`);
      continue;
    }
    if (other !== undefined)
      throw new DataError(`${other} and ${name}: two files of ${kind} that belong together; keep one of them`);
    pairs.set(key, { ...pair, [kind]: path });
  }
  const found = new Map<Split, Required<Pair>>();
  for (const { images, labels } of pairs.values()) {
    if (images === undefined || labels === undefined)
      throw new DataError(
        `${images ?? labels}: there are no ${images ? 'labels' : 'images'} to it; expected a file of the same name with ` +
          `"${images ? 'labels' : 'images'}" in place of "${images ? 'images' : 'labels'}", with or without .gz`,
      );
    const split = splitOf(images.slice(root.length));
    const other = found.get(split);
    if (other)
      throw new DataError(`${other.images} and ${images}: both are taken for the ${split} split; keep one pair in the folder`);
    found.set(split, { images, labels });
  }
  if (!found.has('train'))
    throw new DataError(`${root}: has idx files of the ${[...found.keys()].join(' and ')} split, but none to train on`);
  return found;
}

function splitOf(name: string): Split {
  const words = new Set(name.toLowerCase().split(/[^a-z0-9]+/));
  if (words.has('test') || words.has('t10k')) return 'test';
  return words.has('validation') || words.has('valid') || words.has('val') ? 'validation' : 'train';
}

interface IdxImages {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

async function readImages(path: string): Promise<IdxImages> {
  const { shape, data } = await readIdxFile(path);
  const [count = 0, rows = 0, columns = 0, channels = 1] = shape;
  if (shape.length < 3 || shape.length > 4 || (channels !== 1 && channels !== 3))
    throw new DataError(
      `${path}: expected images of shape [n, rows, columns] or [n, rows, columns, 1 or 3], found ${formatShape(shape)}`,
    );
  if (!(data instanceof Uint8Array))
    throw new DataError(`${path}, byte 2: expected elements of type 08 (unsigned bytes), found ${data.constructor.name}`);
  return { count, rows, columns, channels, data };
}

async function readLabels(path: string): Promise<ArrayLike<number>> {
  const { shape, data } = await readIdxFile(path);
  if (shape.length !== 1)
    throw new DataError(`${path}: expected one label for each image, shape [n], found ${formatShape(shape)}`);
  if (data instanceof Float32Array || data instanceof Float64Array)
    throw new DataError(`${path}, byte 2: expected integer labels, found ${data.constructor.name}`);
  return data;
}

/** What a gzipped file may expand to: all of EMNIST by class is 521 MiB. */
const LIMIT_BYTES = 2 ** 31;

async function readIdxFile(path: string): Promise<IdxArray> {
  const { bytes, source } = await readPlainFile(path, LIMIT_BYTES);
  return parseIdx(bytes, source);
}
