import { constants, inflateSync } from 'node:zlib';
import { COLOUR, chunkAt, chunkData, GREY, HEADER_END, isWhole, PALETTE, type PngHeader } from './png-header.ts';

/** What makes the pixels of a PNG file. */
export interface PngData {
  /** Red, green, blue of each colour. */
  readonly palette: Uint8Array;
  /** The chunk tRNS, of the length that the colour type asks for; empty where there is none. */
  readonly transparency: Uint8Array;
  /** The chunks IDAT together, compressed. */
  readonly compressed: Uint8Array;
}

/**
 * Takes a file apart as libpng 1.6 does by default: a chunk that is needed must be whole, with its checksum; one that is not, is
 * passed over, damaged or not, as is a tRNS that does not fit; nothing is read behind the pixels. Throws an Error.
 */
export function pngData(file: Uint8Array, { type, depth }: PngHeader): PngData {
  let palette: Uint8Array = new Uint8Array(0);
  let transparency: Uint8Array = new Uint8Array(0);
  const parts: Uint8Array[] = [];
  for (let start = HEADER_END; start < file.length; ) {
    const chunk = chunkAt(file, start);
    if (chunk?.type !== 'IDAT' && parts.length > 0) break;
    if (chunk === undefined || chunk.end > file.length)
      throw new Error(`the file ends after ${file.length} bytes, inside the chunk ${chunk?.type ?? `at byte ${start}`}`);
    if (!isWhole(file, chunk)) {
      if (isCritical(chunk.type)) throw new Error(`the checksum of the chunk ${printable(chunk.type)} at byte ${start} is wrong`);
    } else {
      const data = chunkData(file, chunk);
      if (chunk.type === 'IDAT') parts.push(data);
      else if (chunk.type === 'PLTE') {
        if (palette.length > 0) throw new Error('it has two palettes');
        if (type === PALETTE) palette = checkedPalette(data, depth);
      } else if (chunk.type === 'tRNS') {
        if (transparency.length === 0 && fits(data, type, palette)) transparency = data;
      } else if (chunk.type === 'IEND') break;
      else if (isCritical(chunk.type)) throw new Error(`the chunk ${printable(chunk.type)} at byte ${start} is unknown`);
    }
    start = chunk.end;
  }
  if (parts.length === 0) throw new Error('it has no pixels (no chunk IDAT)');
  if (type === PALETTE && palette.length === 0) throw new Error('it has no palette (no chunk PLTE)');
  return { palette, transparency, compressed: parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts) };
}

/** A capital as the first letter of its type says that a chunk can't be done without. */
const isCritical = (type: string) => !/^[a-z][A-Za-z]{3}$/.test(type);

const printable = (type: string) => JSON.stringify(type);

function checkedPalette(data: Uint8Array, depth: number): Uint8Array {
  if (data.length === 0 || data.length % 3 !== 0 || data.length > 3 * 256)
    throw new Error(`its palette has ${data.length} bytes; expected 3 for each of 1 to 256 colours`);
  return data.subarray(0, 3 * 2 ** depth);
}

/** Whether tRNS has the length of its colour type; in one with a palette it follows that. */
function fits({ length }: Uint8Array, type: number, palette: Uint8Array): boolean {
  if (type === PALETTE) return length > 0 && length <= palette.length / 3;
  return length === (type === GREY ? 2 : type === COLOUR ? 6 : -1);
}

/** No deflate stream expands further: 258 bytes take two bits at least. */
const LARGEST_RATIO = 1032;

/** Pixels too many are passed over, up to so many bytes. */
const MOST_EXCESS = 2 ** 26;

/**
 * The first `length` bytes that a zlib stream expands to; what follows them is passed over. Throws an Error where they are fewer or
 * damaged, or the checksum behind them is wrong.
 */
export function inflateTo(length: number, compressed: Uint8Array): Uint8Array {
  if (length > LARGEST_RATIO * compressed.length)
    throw new Error(`its ${compressed.length} compressed bytes can't hold the ${length} that its pixels take`);
  // A stream that ends early gives what it has: a checksum that is cut is none.
  const out = inflateSync(compressed, { maxOutputLength: length + MOST_EXCESS, finishFlush: constants.Z_SYNC_FLUSH });
  if (out.length < length) throw new Error(`it holds ${out.length} bytes of pixels, expected ${length}`);
  return out.subarray(0, length);
}
