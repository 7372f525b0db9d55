import { createHash } from 'node:crypto';
import { resizeArea } from '../../data/resize.ts';
import type { Pixels } from '../images/pixels.ts';

/**
 * Bytes of the image with `channels`, averaged by area to `size` where it has another. Grey is repeated for three channels; colour
 * becomes luma, round(0.299 red + 0.587 green + 0.114 blue) (ITU-R BT.601), for one.
 */
export function fitted(pixels: Pixels, size: readonly [rows: number, columns: number], channels: 1 | 3): Uint8Array {
  const { rows, columns } = pixels;
  const bytes = pixels.channels === channels ? pixels.bytes : channels === 1 ? luma(pixels.bytes) : repeated(pixels.bytes);
  return rows === size[0] && columns === size[1] ? bytes : resizeArea(bytes, [rows, columns, channels], size);
}

function luma(colours: Uint8Array): Uint8Array {
  const weighted = (i: number) =>
    299 * (colours[i] as number) + 587 * (colours[i + 1] as number) + 114 * (colours[i + 2] as number);
  return Uint8Array.from({ length: colours.length / 3 }, (_, pixel) => Math.floor((weighted(3 * pixel) + 500) / 1000));
}

function repeated(grey: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: 3 * grey.length }, (_, i) => grey[Math.floor(i / 3)] as number);
}

/** SHA-256, in hexadecimal, of `seed rows columns channels`, a line feed, and the bytes: the same for images that look the same. */
export function seededHash({ rows, columns, channels, bytes }: Pixels, seed: number): string {
  return createHash('sha256').update(`${seed} ${rows} ${columns} ${channels}\n`).update(bytes).digest('hex');
}
