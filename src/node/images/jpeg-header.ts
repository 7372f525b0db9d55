import { DataError } from '../../core/errors.ts';
import { exifOrientation, type Orientation } from './orientation.ts';
import { sizeFault } from './pixels.ts';

/** What a JPEG file says of its image before the pixels. */
export interface JpegHeader {
  /** As stored, before the image is turned upright. */
  readonly rows: number;
  readonly columns: number;
  readonly channels: 1 | 3;
  /** By arithmetic coding, where any number of pixels fits into a byte. */
  readonly arithmetic: boolean;
  readonly orientation: Orientation;
}

const END = 0xd9;
const SCAN = 0xda;
const EXIF = 0xe1;
/** The frames of sequential and progressive images; libjpeg reads no lossless, hierarchical ones. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2, 0xc9, 0xca]);
const OTHER_FRAMES = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf]);
const ARITHMETIC = 0xc9;

/**
 * What the beginning of a JPEG file tells (ITU-T T.81, annex B): its first frame, and what Exif data before it say; undefined where
 * more of the file is needed. Throws a DataError that begins with `path`.
 */
export function jpegHeader(bytes: Uint8Array, path: string): JpegHeader | undefined {
  const fail = (problem: string): never => {
    throw new DataError(`${path}: ${problem}`);
  };
  let orientation: Orientation = 1;
  for (let position = 2; ; ) {
    // Between segments libjpeg passes over what is none, and over fill bytes.
    while (position < bytes.length && (bytes[position] !== 0xff || bytes[position + 1] === 0xff || bytes[position + 1] === 0))
      position++;
    if (position + 4 > bytes.length) return undefined;
    const marker = bytes[position + 1] as number;
    if (marker === END || marker === SCAN) return fail('is damaged: it has no frame header before its pixels');
    if (marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) {
      position += 2;
      continue;
    }
    const length = 256 * (bytes[position + 2] as number) + (bytes[position + 3] as number);
    const segment = bytes.subarray(position + 4, position + 2 + length);
    position += 2 + length;
    if (OTHER_FRAMES.has(marker))
      return fail('is a lossless or hierarchical JPEG, which is not read; save it as an ordinary one');
    if (marker !== EXIF && !FRAMES.has(marker)) continue;
    if (position > bytes.length) return undefined;
    if (marker === EXIF) {
      if (orientation === 1 && isExif(segment)) orientation = exifOrientation(segment.subarray(6));
      continue;
    }
    if (segment.length < 6) return fail('is damaged: its frame header is too short');
    const [depth, rowsHigh = 0, rowsLow = 0, columnsHigh = 0, columnsLow = 0, components] = segment;
    const [rows, columns] = [256 * rowsHigh + rowsLow, 256 * columnsHigh + columnsLow];
    const fault = sizeFault(rows, columns);
    if (fault) return fail(fault);
    if (depth !== 8) return fail(`has ${depth} bits a sample; JPEG of 8 bits is read`);
    if (components === 4) return fail('is a JPEG in CMYK, the colours of printers, which is not read; convert it to RGB');
    if (components !== 1 && components !== 3) return fail(`has ${components} components; JPEG of 1 or 3 is read`);
    return { rows, columns, channels: components, arithmetic: marker >= ARITHMETIC, orientation };
  }
}

const isExif = (segment: Uint8Array) => Buffer.from(segment.subarray(0, 6)).toString('latin1') === 'Exif\0\0';
