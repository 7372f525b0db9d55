import type { Pixels } from '../../data/pixels.ts';

/**
 * How an image is to be turned to stand upright (Exif 2.32, 4.6.4, tag 274): 1 as it is, 2 mirrored left to right, 3 half a turn,
 * 4 mirrored top to bottom, 5 transposed, 6 a quarter turn clockwise, 7 transposed over the other diagonal, 8 a quarter turn
 * counter-clockwise.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const TAG = 274;
const SHORT = 3;
const ENTRY_BYTES = 12;

/** The orientation that Exif data (a TIFF header and its directories) tell; 1 where they tell none, or are damaged. */
export function exifOrientation(exif: Uint8Array): Orientation {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const order = exif.length < 8 ? 0 : view.getUint16(0);
  const little = order === 0x4949;
  if ((!little && order !== 0x4d4d) || view.getUint16(2, little) !== 42) return 1;
  const directory = view.getUint32(4, little);
  if (directory + 2 > exif.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let index = 0; index < entries; index++) {
    const entry = directory + 2 + index * ENTRY_BYTES;
    if (entry + ENTRY_BYTES > exif.length) return 1;
    if (view.getUint16(entry, little) !== TAG) continue;
    const value =
      view.getUint16(entry + 2, little) === SHORT ? view.getUint16(entry + 8, little) : view.getUint32(entry + 8, little);
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

/** Whether rows and columns change places. */
export const isSideways = (orientation: Orientation) => orientation >= 5;

/** The image as it is to be seen. */
export function upright(pixels: Pixels, orientation: Orientation): Pixels {
  if (orientation === 1) return pixels;
  const { rows, columns, channels, bytes } = pixels;
  const turned = new Uint8Array(bytes.length);
  const [height, width] = isSideways(orientation) ? [columns, rows] : [rows, columns];
  const fromBottom = orientation === 3 || orientation === 4 || orientation === 6 || orientation === 7;
  const fromRight = orientation === 2 || orientation === 3 || orientation === 7 || orientation === 8;
  let target = 0;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [down, right] = isSideways(orientation) ? [column, row] : [row, column];
      const source = (fromBottom ? rows - 1 - down : down) * columns + (fromRight ? columns - 1 - right : right);
      for (let channel = 0; channel < channels; channel++) turned[target++] = bytes[source * channels + channel] as number;
    }
  return { rows: height, columns: width, channels, bytes: turned };
}
