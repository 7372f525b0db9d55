import { convertIndexedToRgb, type DecodedPng, decode, hasPngSignature } from 'fast-png';
import { DataError } from '../../core/errors.ts';
import { onlyGrey } from './pixels.ts';
import { checkData } from './png-data.ts';
import type { Pixels } from './source.ts';

/** What a PNG file says of itself in its first bytes. */
export interface PngHeader {
  readonly rows: number;
  readonly columns: number;
  readonly mayHaveColour: boolean;
}

/** The signature and the first chunk, IHDR, with its checksum. */
export const PNG_HEADER_BYTES = 33;

const GREY = 0;
const PALETTE = 3;
const GREY_ALPHA = 4;

/** The depths, in bits, that the format allows for each of its colour types. */
const DEPTHS: ReadonlyMap<number, readonly number[]> = new Map([
  [GREY, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [PALETTE, [1, 2, 4, 8]],
  [GREY_ALPHA, [8, 16]],
  [6, [8, 16]],
]);

/** How many samples a pixel has; one where it is not listed. */
const CHANNELS: ReadonlyMap<number, number> = new Map([
  [2, 3],
  [GREY_ALPHA, 2],
  [6, 4],
]);

/** An image beyond it is refused before it takes 8 bytes a pixel of memory. */
const MAXIMUM_PIXELS = 2 ** 27;

/** Reads the header of a PNG file (W3C, "PNG Specification", third edition). Throws a DataError that begins with `path`. */
export function pngHeader(start: Uint8Array, path: string): PngHeader {
  const fail = (problem: string): never => {
    throw new DataError(`${path}: ${problem}`);
  };
  if (start.length === 0) return fail('the file is empty');
  if (start.length < 8 || !hasPngSignature(start)) return fail(`is no PNG file: it begins with ${hex(start.subarray(0, 8))}`);
  if (start.length < PNG_HEADER_BYTES) return fail(`the file ends after ${start.length} bytes, inside its header`);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (view.getUint32(8) !== 13 || view.getUint32(12) !== 0x49484452) return fail('does not begin with the header IHDR');
  const [columns, rows] = [view.getUint32(16), view.getUint32(20)];
  const [depth, type, interlaced] = [view.getUint8(24), view.getUint8(25), view.getUint8(28) !== 0];
  if (rows === 0 || columns === 0) return fail(`declares ${rows} x ${columns} pixels`);
  if (rows * columns > MAXIMUM_PIXELS)
    return fail(`declares ${rows} x ${columns} pixels; at most ${MAXIMUM_PIXELS} are read. Make it smaller`);
  if (!DEPTHS.get(type)?.includes(depth)) return fail(`declares colour type ${type} with ${depth} bits, which PNG does not have`);
  // fast-png 8.0.0 takes each pixel of such an image for a whole byte.
  if (interlaced && depth < 8)
    return fail(`is interlaced with ${depth} bits, which is not read here; save it without interlacing`);
  return { rows, columns, mayHaveColour: type !== GREY && type !== GREY_ALPHA };
}

/**
 * The pixels of a PNG file as bytes: each sample s of 1 to 16 bits becomes round(255 s / its largest value), what is transparent is
 * laid on white first, palettes are looked up. Checksums are verified; colour profiles and gamma are not applied; of an animation the
 * still image is taken. Throws a DataError that begins with `path`.
 */
export function decodePng(file: Uint8Array, path: string): Pixels {
  const { rows, columns } = pngHeader(file.subarray(0, PNG_HEADER_BYTES), path);
  try {
    const type = file[25] as number;
    checkData(file, rows, columns, (file[24] as number) * (CHANNELS.get(type) ?? 1), file[28] !== 0);
    const samples = samplesOf(decode(file, { checkCrc: true }), type === PALETTE);
    const expected = rows * columns * samples.channels;
    if (samples.data.length !== expected) throw new Error(`${samples.data.length} samples, expected ${expected}`);
    return onlyGrey({ rows, columns, ...onWhite(samples) });
  } catch (error) {
    throw new DataError(`${path}: is damaged: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Samples from 0 to `largest`, pixel by pixel: grey or red, green, blue, then alpha where `channels` is 2 or 4. */
interface Samples {
  readonly data: ArrayLike<number>;
  readonly channels: number;
  readonly largest: number;
  /** The one colour that is transparent where there is no alpha. */
  readonly transparent?: ArrayLike<number>;
}

function samplesOf(png: DecodedPng, palette: boolean): Samples {
  if (palette) {
    const data = convertIndexedToRgb(png);
    return { data, channels: data.length / (png.width * png.height), largest: 255 };
  }
  const data = png.depth < 8 ? unpack(png) : png.data;
  const { channels, transparency } = png;
  return { data, channels, largest: 2 ** png.depth - 1, ...(transparency && { transparent: transparency }) };
}

/** Grey samples of 1, 2 or 4 bits, of which each row begins with a new byte. */
function unpack({ data, width, height, depth }: DecodedPng): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8);
  const mask = 2 ** depth - 1;
  return Uint8Array.from({ length: width * height }, (_, pixel) => {
    const bit = (pixel % width) * depth;
    const byte = data[Math.floor(pixel / width) * rowBytes + (bit >> 3)] as number;
    return (byte >> (8 - depth - (bit & 7))) & mask;
  });
}

function onWhite({ data, channels, largest, transparent }: Samples): Pick<Pixels, 'channels' | 'bytes'> {
  const colours = channels < 3 ? 1 : 3;
  const hasAlpha = channels % 2 === 0;
  const count = data.length / channels;
  const bytes = new Uint8Array(count * colours);
  const whole = 2 * largest * largest;
  for (let pixel = 0; pixel < count; pixel++) {
    const start = pixel * channels;
    let alpha = hasAlpha ? (data[start + colours] as number) : largest;
    if (transparent && isColour(data, start, colours, transparent)) alpha = 0;
    for (let colour = 0; colour < colours; colour++) {
      // Integers below 2^53: the quotient is rounded to the nearest byte, halves up.
      const sum = (data[start + colour] as number) * alpha + largest * (largest - alpha);
      bytes[pixel * colours + colour] = Math.floor((510 * sum + largest * largest) / whole);
    }
  }
  return { channels: colours, bytes };
}

function isColour(data: ArrayLike<number>, start: number, colours: number, colour: ArrayLike<number>): boolean {
  for (let i = 0; i < colours; i++) if (data[start + i] !== colour[i]) return false;
  return true;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
