import { decodeImage } from './images/decode.ts';
import { readImageFile } from './images/file.ts';

export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  /** 1 where all pixels are grey, else 3: red, green, blue. */
  readonly channels: 1 | 3;
  /** Bytes [height, width, channels]. */
  readonly data: Uint8Array;
}

/**
 * Reads a PNG or JPEG file, or its bytes, by the rules of `imageFolder`: the format is told by the content, what is transparent is
 * laid on white, Exif data turn the image upright, colour profiles and gamma are not applied. Throws DataError for a file that is
 * missing, damaged, of another format or of more than 2^27 pixels; OptionError.
 */
export async function readImage(source: string | Uint8Array): Promise<DecodedImage> {
  const pixels = typeof source === 'string' ? await readImageFile(source) : await decodeImage(source, 'readImage: the image');
  return { width: pixels.columns, height: pixels.rows, channels: pixels.channels, data: pixels.bytes };
}
