import { DataError } from '../core/errors.ts';
import { formatShape } from '../core/value.ts';
import { type IdxArray, parseIdx } from '../data/idx.ts';
import { readPlainFile } from './gunzip.ts';

/**
 * Reads a pair of idx files, gzipped or not: images of `size` (rows, columns) and their labels, bytes both. Throws DataError,
 * naming the file, where one is damaged or of another shape, a label is not below `classes`, or their numbers differ.
 */
export async function readLabelledImages(
  imagesPath: string,
  labelsPath: string,
  size: readonly [rows: number, columns: number],
  classes: number,
): Promise<{ x: Uint8Array; y: Uint8Array }> {
  const images = await readIdxFile(imagesPath);
  const [count = 0, ...rest] = images.shape;
  if (rest.length !== 2 || rest[0] !== size[0] || rest[1] !== size[1])
    throw new DataError(
      `${imagesPath}: expected images of ${size[0]} x ${size[1]}, shape [n, ${size[0]}, ${size[1]}], ` +
        `found ${formatShape(images.shape)}`,
    );
  const labels = await readIdxFile(labelsPath);
  if (labels.shape.length !== 1)
    throw new DataError(`${labelsPath}: expected one label for each image, shape [n], found ${formatShape(labels.shape)}`);
  if (labels.shape[0] !== count)
    throw new DataError(
      `${imagesPath} holds ${count} images, but ${labelsPath} holds ${labels.shape[0]} labels; they belong to different sets, ` +
        'or one is damaged',
    );
  const x = bytesIn(images, imagesPath);
  const y = bytesIn(labels, labelsPath);
  const wrong = y.findIndex((label) => label >= classes);
  if (wrong >= 0)
    throw new DataError(
      `${labelsPath}, byte ${LABELS_START + wrong}: label ${wrong} is ${y[wrong]}; expected an integer from 0 to ${classes - 1}`,
    );
  return { x, y };
}

/** Where the data of a one-axis idx file begin. */
const LABELS_START = 8;

async function readIdxFile(path: string): Promise<IdxArray> {
  const { bytes, source } = await readPlainFile(path);
  return parseIdx(bytes, source);
}

function bytesIn(array: IdxArray, path: string): Uint8Array {
  if (!(array.data instanceof Uint8Array))
    throw new DataError(`${path}, byte 2: expected elements of type 08 (unsigned bytes), found ${array.data.constructor.name}`);
  return array.data;
}
