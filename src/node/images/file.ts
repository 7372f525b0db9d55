import { open } from 'node:fs/promises';
import type { Pixels } from '../../data/pixels.ts';
import { fileError, readBytes } from '../file-error.ts';
import { decodeImage, endsInHeader, type ImageHeader, imageHeader } from './decode.ts';

/** Most headers lie in so many bytes; where one does not, for a preview or a colour profile in it, twice as many are read. */
const FIRST_BYTES = 2 ** 14;

/** The header of an image, from as little of its file as tells it. Throws a DataError that begins with `path`. */
export async function readImageHeader(path: string): Promise<ImageHeader> {
  for (let bytes = FIRST_BYTES; ; bytes *= 2) {
    const start = await beginning(path, bytes);
    const header = imageHeader(start, path);
    if (header) return header;
    if (start.length < bytes) throw endsInHeader(start, path);
  }
}

/** Reads and decodes an image. Throws a DataError that begins with `path`. */
export async function readImageFile(path: string): Promise<Pixels> {
  return decodeImage(await readBytes(path), path);
}

async function beginning(path: string, bytes: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const start = new Uint8Array(bytes);
      let length = 0;
      for (let read = -1; read !== 0 && length < bytes; length += read)
        read = (await file.read(start, length, bytes - length, length)).bytesRead;
      return start.subarray(0, length);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw await fileError(path, 'read', error);
  }
}
