import { DataError } from '../../core/errors.ts';
import type { Pixels } from '../../data/pixels.ts';
import { formatOf, type ImageFormat, notRead } from './formats.ts';
import { decodeJpeg } from './jpeg.ts';
import { type JpegHeader, jpegHeader } from './jpeg-header.ts';
import { isSideways } from './orientation.ts';
import { decodePng } from './png.ts';
import { GREY, GREY_ALPHA, type PngHeader, pngHeader } from './png-header.ts';

/** What the beginning of a file tells of its image. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Of the image as it is to be seen, upright. */
  readonly rows: number;
  readonly columns: number;
  /** False where the format alone tells that all pixels are grey. */
  readonly mayHaveColour: boolean;
}

/**
 * The header of a PNG or JPEG file, told by its content, whatever its name; undefined where more of the file is needed than `start`.
 * Throws a DataError that begins with `path`.
 */
export function imageHeader(start: Uint8Array, path: string): ImageHeader | undefined {
  const header = headerOf(start, path);
  if (header === undefined) return undefined;
  const { rows, columns, orientation } = header;
  const [height, width] = isSideways(orientation) ? [columns, rows] : [rows, columns];
  const mayHaveColour = header.format === 'JPEG' ? header.channels === 3 : header.type !== GREY && header.type !== GREY_ALPHA;
  return { format: header.format, rows: height, columns: width, mayHaveColour };
}

/** The pixels of a PNG or JPEG file, told by its content, upright; see `decodePng` and `decodeJpeg`. Throws a DataError that begins with `path`. */
export async function decodeImage(file: Uint8Array, path: string): Promise<Pixels> {
  const header = headerOf(file, path);
  if (header === undefined) throw endsInHeader(file, path);
  return header.format === 'JPEG' ? decodeJpeg(file, header, path) : decodePng(file, header, path);
}

/** For a file that is too short for its header. */
export function endsInHeader(file: Uint8Array, path: string): DataError {
  return new DataError(
    file.length === 0 ? `${path}: the file is empty` : `${path}: the file ends after ${file.length} bytes, inside its header`,
  );
}

/** The bytes by which a format is known. */
const FORMAT_BYTES = 16;

type Header = ({ readonly format: 'PNG' } & PngHeader) | ({ readonly format: 'JPEG' } & JpegHeader);

function headerOf(start: Uint8Array, path: string): Header | undefined {
  const format = formatOf(start);
  if (format === 'PNG') {
    const header = pngHeader(start, path);
    return header && { format, ...header };
  }
  if (format === 'JPEG') {
    const header = jpegHeader(start, path);
    return header && { format, ...header };
  }
  if (start.length === 0) return undefined;
  if (format !== undefined) throw new DataError(`${path}: is a file of another format: ${notRead(format)}`);
  const beginning = Array.from(start.subarray(0, FORMAT_BYTES / 2), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new DataError(`${path}: is neither a PNG nor a JPEG file: it begins with ${beginning}`);
}
