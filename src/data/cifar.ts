import { DataError } from '../core/errors.ts';

/** Rows and columns of an image. */
export const CIFAR_SIDE = 32;
export const CIFAR_CHANNELS = 3;

/** As the official `batches.meta.txt` has them. */
export const CIFAR10_CLASS_NAMES = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');
export const CIFAR10_CLASSES = CIFAR10_CLASS_NAMES.length;

const PIXELS = CIFAR_SIDE * CIFAR_SIDE;
const RECORD = 1 + CIFAR_CHANNELS * PIXELS;

/** A file of records; `source` names it in errors. */
export interface CifarBatch {
  readonly bytes: Uint8Array;
  readonly source: string;
}

/**
 * Reads the binary version of CIFAR-10 (A. Krizhevsky, 2009), one batch after the other: records of a label byte and three
 * planes (red, green, blue) of 32 x 32 bytes. Images come back interleaved, [n, 32, 32, 3]. Throws DataError, naming the file
 * and the byte, for a file that is not whole records and for a label beyond 9.
 */
export function parseCifar10(batches: readonly CifarBatch[]): { x: Uint8Array; y: Uint8Array } {
  const images = batches.reduce((sum, batch) => sum + countRecords(batch), 0);
  const x = new Uint8Array(images * CIFAR_CHANNELS * PIXELS);
  const y = new Uint8Array(images);
  let image = 0;
  for (const { bytes, source } of batches)
    for (let start = 0; start < bytes.length; start += RECORD) {
      const label = bytes[start] as number;
      if (label >= CIFAR10_CLASSES)
        throw new DataError(
          `${source}, byte ${start}: the label of record ${start / RECORD} is ${label}; expected an integer from 0 to ` +
            `${CIFAR10_CLASSES - 1}`,
        );
      y[image] = label;
      interleave(bytes.subarray(start + 1, start + RECORD), x.subarray(image * CIFAR_CHANNELS * PIXELS));
      image++;
    }
  return { x, y };
}

function countRecords({ bytes, source }: CifarBatch): number {
  if (bytes.length === 0) throw new DataError(`${source}: the file is empty; expected records of ${RECORD} bytes`);
  if (bytes.length % RECORD !== 0)
    throw new DataError(
      `${source}: ${bytes.length} bytes are ${Math.floor(bytes.length / RECORD)} records of ${RECORD} bytes and ` +
        `${bytes.length % RECORD} more; the file is truncated, or holds no records of CIFAR-10`,
    );
  return bytes.length / RECORD;
}

/** From one plane a channel to one pixel after the other. */
function interleave(planes: Uint8Array, pixels: Uint8Array): void {
  for (let pixel = 0; pixel < PIXELS; pixel++)
    for (let channel = 0; channel < CIFAR_CHANNELS; channel++)
      pixels[pixel * CIFAR_CHANNELS + channel] = planes[channel * PIXELS + pixel] as number;
}
