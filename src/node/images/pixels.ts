import type { Pixels } from '../../data/pixels.ts';

/** An image beyond it is refused before anything is allocated for it. */
export const MAXIMUM_PIXELS = 2 ** 27;

/** What is wrong with an image of this size; undefined where nothing is. */
export function sizeFault(rows: number, columns: number): string | undefined {
  if (rows === 0 || columns === 0) return `declares ${rows} x ${columns} pixels`;
  if (rows * columns > MAXIMUM_PIXELS)
    return `declares ${rows} x ${columns} pixels; at most ${MAXIMUM_PIXELS} are read. Make it smaller`;
  return undefined;
}

/** The same image with one channel where red, green and blue are the same in all its pixels. */
export function onlyGrey(pixels: Pixels): Pixels {
  const { channels, bytes } = pixels;
  if (channels === 1) return pixels;
  for (let i = 0; i < bytes.length; i += 3) if (bytes[i] !== bytes[i + 1] || bytes[i] !== bytes[i + 2]) return pixels;
  const grey = new Uint8Array(bytes.length / 3);
  for (let pixel = 0; pixel < grey.length; pixel++) grey[pixel] = bytes[3 * pixel] as number;
  return { ...pixels, channels: 1, bytes: grey };
}
