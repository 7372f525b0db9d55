import { createHash } from 'node:crypto';
import type { Pixels } from '../../data/pixels.ts';

/** SHA-256, in hexadecimal, of `seed rows columns channels`, a line feed, and the bytes: the same for images that look the same. */
export function seededHash({ rows, columns, channels, bytes }: Pixels, seed: number): string {
  return createHash('sha256').update(`${seed} ${rows} ${columns} ${channels}\n`).update(bytes).digest('hex');
}
