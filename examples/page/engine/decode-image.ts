import { imageBytes } from 'paredown';
import { type Pixels, pixelHash } from './pixel-hash.ts';

export type ImageShape = readonly [number, number, number];

interface Decoded {
  /** Of the shape that was asked for. */
  readonly bytes: Uint8Array;
  /** Of the pixels of the file, whatever the shape. */
  readonly hash: string;
}

/**
 * An image file's bytes as networks see them: upright, laid on white, averaged by area to `shape`, as `imageFolder` does it; and the hash
 * that it divides images by. Rejects for a file that the browser can't decode.
 */
export async function decodeImage(file: Blob, shape: ImageShape, seed: number): Promise<Decoded> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  try {
    const { width, height } = bitmap;
    const pixels: Pixels = { width, height, channels: 3, data: imageBytes(bitmap, [height, width, 3]) };
    return { bytes: imageBytes(pixels, shape), hash: await pixelHash(pixels, seed) };
  } finally {
    bitmap.close();
  }
}
