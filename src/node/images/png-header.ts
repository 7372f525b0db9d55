import { DataError } from '../../core/errors.ts';
import { crc32 } from '../../formats/crc32.ts';
import { exifOrientation, type Orientation } from './orientation.ts';
import { sizeFault } from './pixels.ts';

/** What a PNG file says of its image before the pixels. */
export interface PngHeader {
  /** As stored, before the image is turned upright. */
  readonly rows: number;
  readonly columns: number;
  /** Bits a sample. */
  readonly depth: number;
  readonly type: number;
  /** Samples a pixel. */
  readonly channels: number;
  readonly interlaced: boolean;
  readonly orientation: Orientation;
}

export const GREY = 0;
export const COLOUR = 2;
export const PALETTE = 3;
export const GREY_ALPHA = 4;

/** The samples of a pixel and the depths, in bits, that the format allows for each of its colour types. */
const TYPES: ReadonlyMap<number, { readonly channels: number; readonly depths: readonly number[] }> = new Map([
  [GREY, { channels: 1, depths: [1, 2, 4, 8, 16] }],
  [COLOUR, { channels: 3, depths: [8, 16] }],
  [PALETTE, { channels: 1, depths: [1, 2, 4, 8] }],
  [GREY_ALPHA, { channels: 2, depths: [8, 16] }],
  [6, { channels: 4, depths: [8, 16] }],
]);

/** The signature and the first chunk, IHDR, with its checksum. */
export const HEADER_END = 33;

/** A chunk of a file; `data` and `crc` are of no use where `end` is beyond the file. */
export interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** The chunk at `start`; undefined where the bytes end before its length and type do. */
export function chunkAt(bytes: Uint8Array, start: number): Chunk | undefined {
  if (start + 8 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, 8);
  return { type: String.fromCharCode(...bytes.subarray(start + 4, start + 8)), start, end: start + 12 + view.getUint32(0) };
}

export const chunkData = (bytes: Uint8Array, { start, end }: Chunk) => bytes.subarray(start + 8, end - 4);

/** Whether the checksum of a chunk that is all there is right. */
export function isWhole(bytes: Uint8Array, { start, end }: Chunk): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(end - 4) === crc32(bytes.subarray(start + 4, end - 4));
}

/**
 * What the beginning of a PNG file tells (W3C, "PNG Specification", third edition); undefined where more of the file is needed.
 * Throws a DataError that begins with `path`.
 */
export function pngHeader(bytes: Uint8Array, path: string): PngHeader | undefined {
  const fail = (problem: string): never => {
    throw new DataError(`${path}: ${problem}`);
  };
  if (bytes.length < HEADER_END) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(8) !== 13 || view.getUint32(12) !== 0x49484452) return fail('does not begin with the header IHDR');
  if (!isWhole(bytes, { type: 'IHDR', start: 8, end: HEADER_END }))
    return fail('is damaged: the checksum of its header IHDR is wrong');
  const [columns, rows] = [view.getUint32(16), view.getUint32(20)];
  const [depth = 0, type = 0, compression, filter, interlacing = 0] = bytes.subarray(24, 29);
  const fault = sizeFault(rows, columns);
  if (fault) return fail(fault);
  const { channels, depths } = TYPES.get(type) ?? { channels: 0, depths: [] };
  if (!depths.includes(depth)) return fail(`declares colour type ${type} with ${depth} bits, which PNG does not have`);
  if (compression !== 0 || filter !== 0 || interlacing > 1)
    return fail(
      `declares methods that PNG does not have: compression ${compression}, filter ${filter}, interlacing ${interlacing}`,
    );
  const orientation = findOrientation(bytes);
  return orientation && { rows, columns, depth, type, channels, interlaced: interlacing === 1, orientation };
}

/** The orientation by the chunk eXIf, which lies before the pixels; undefined where the bytes end before these begin. */
function findOrientation(bytes: Uint8Array): Orientation | undefined {
  for (let start = HEADER_END; ; ) {
    const chunk = chunkAt(bytes, start);
    if (chunk === undefined) return undefined;
    if (chunk.type === 'IDAT' || chunk.type === 'IEND') return 1;
    if (chunk.type === 'eXIf') {
      if (chunk.end > bytes.length) return undefined;
      if (isWhole(bytes, chunk)) return exifOrientation(chunkData(bytes, chunk));
    }
    start = chunk.end;
  }
}
