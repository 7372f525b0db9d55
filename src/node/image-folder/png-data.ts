import { inflateSync } from 'node:zlib';

/** The steps of the seven passes of an interlaced image: first row and column, then the distance to the next. */
const ADAM7 = [
  [0, 0, 8, 8],
  [0, 4, 8, 8],
  [4, 0, 8, 4],
  [0, 2, 4, 4],
  [2, 0, 4, 2],
  [0, 1, 2, 2],
  [1, 0, 2, 1],
] as const;

/**
 * Throws an Error unless the compressed data of a PNG file (the chunks IDAT together) are whole, with their checksum, and expand to
 * exactly the scanlines of an image of this size: fast-png 8.0.0 takes what a row lacks for zeros, and sets no bound to what comes.
 */
export function checkData(file: Uint8Array, rows: number, columns: number, bitsPerPixel: number, interlaced: boolean): void {
  const passes = interlaced ? ADAM7 : [[0, 0, 1, 1] as const];
  let expected = 0;
  for (const [row, column, rowStep, columnStep] of passes) {
    const width = Math.ceil((columns - column) / columnStep);
    const height = Math.ceil((rows - row) / rowStep);
    if (width > 0 && height > 0) expected += height * (1 + Math.ceil((width * bitsPerPixel) / 8));
  }
  const length = inflatedLength(dataOf(file), expected);
  if (length !== expected)
    throw new Error(`it holds ${length ?? 'more'} bytes of pixels, expected ${expected} for ${rows} x ${columns}`);
}

/** The length of what a zlib stream expands to; undefined where it is above `limit`. */
function inflatedLength(compressed: Uint8Array, limit: number): number | undefined {
  try {
    return inflateSync(compressed, { maxOutputLength: limit }).length;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}

function dataOf(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts: Uint8Array[] = [];
  for (let start = 8; start + 12 <= file.length; ) {
    const length = view.getUint32(start);
    const end = start + 12 + length;
    if (end > file.length) throw new Error(`the file ends after ${file.length} bytes, inside a chunk that ends at ${end}`);
    if (view.getUint32(start + 4) === IDAT) parts.push(file.subarray(start + 8, end - 4));
    start = end;
  }
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

const IDAT = 0x49444154;
