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

export async function readImage(source: string | Uint8Array): Promise<DecodedImage> {
  const pixels = typeof source === 'string' ? await readImageFile(source) : await decodeImage(source, 'readImage: the image');
  return { width: pixels.columns, height: pixels.rows, channels: pixels.channels, data: pixels.bytes };
}
