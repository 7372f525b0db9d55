import { OptionError } from '../core/errors.ts';

export function resizeArea(
  images: Uint8Array,
  from: readonly [rows: number, columns: number, channels: number],
  to: readonly [rows: number, columns: number],
): Uint8Array {
  if (from.length !== 3 || to.length !== 2)
    throw new OptionError(
      `resizeArea: sizes must be [rows, columns, channels] and [rows, columns], got [${from.join(', ')}] and [${to.join(', ')}]`,
    );
  const [rows, columns, channels] = from;
  const [newRows, newColumns] = to;
  const count = images.length / (rows * columns * channels);
  if ([...from, ...to].some((size) => !Number.isInteger(size) || size < 1 || size > MAXIMUM_SIDE))
    throw new OptionError(
      `resizeArea: each size must be an integer from 1 to ${MAXIMUM_SIDE}, got [${from.join(', ')}] to [${to.join(', ')}]`,
    );
  if (!Number.isInteger(count))
    throw new OptionError(
      `resizeArea: ${images.length} bytes are no whole number of images of [${from.join(', ')}], ` +
        `${rows * columns * channels} bytes each`,
    );

  const vertical = coverage(rows, newRows);
  const horizontal = coverage(columns, newColumns);
  const area = rows * columns;
  const resized = new Uint8Array(count * newRows * newColumns * channels);
  const band = new Float64Array(columns * channels);
  let out = 0;
  for (let image = 0; image < count; image++)
    for (const rowWeights of vertical) {
      sumRows(images, image * area * channels, rowWeights, band);
      for (const columnWeights of horizontal)
        for (let channel = 0; channel < channels; channel++) {
          let sum = 0;
          for (const { index, weight } of columnWeights) sum += weight * (band[index * channels + channel] as number);
          resized[out++] = Math.floor((2 * sum + area) / (2 * area));
        }
    }
  return resized;
}

/** Sums of bytes times weights then stay below 2^53, where float64 is exact. */
export const MAXIMUM_SIDE = 65_536;

interface Cover {
  readonly index: number;
  readonly weight: number;
}

/**
 * For each of `to` equal parts of a line, which of the `from` old parts it covers, and how much of each: in units of 1 / `to` of
 * an old part, so that the weights of a new part are integers with the sum `from`.
 */
function coverage(from: number, to: number): Cover[][] {
  return Array.from({ length: to }, (_, part) => {
    const begin = part * from;
    const end = begin + from;
    const covers: Cover[] = [];
    for (let index = Math.floor(begin / to); index * to < end; index++)
      covers.push({ index, weight: Math.min(end, (index + 1) * to) - Math.max(begin, index * to) });
    return covers;
  });
}

/** The weighted sum of an image's rows, element by element, into `band`. */
function sumRows(images: Uint8Array, start: number, weights: readonly Cover[], band: Float64Array): void {
  band.fill(0);
  for (const { index, weight } of weights) {
    const row = start + index * band.length;
    for (let i = 0; i < band.length; i++) band[i] = (band[i] as number) + weight * (images[row + i] as number);
  }
}
