import { imageBytes } from 'paredown';

export type ImageShape = readonly [number, number, number];

/**
 * An image file's bytes as networks see them: upright, laid on white, averaged by area to `shape`, as `imageFolder` does it. Rejects for a
 * file that the browser can't decode.
 */
export async function decodeImage(file: Blob, shape: ImageShape): Promise<Uint8Array> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  try {
    return imageBytes(bitmap, shape);
  } finally {
    bitmap.close();
  }
}
