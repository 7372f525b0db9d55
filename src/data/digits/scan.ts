import type { Random } from '../../core/random.ts';
import { SIDE } from './raster.ts';

/** Turns ink on paper into the bytes of a poor scan: a random contrast, a pale background, noise, now and then a worn streak. */
export function scan(ink: Float64Array, bytes: Uint8Array, random: Random): void {
  if (random.uniform() < 0.12) wear(ink, random);
  const paper = 0.12 * random.uniform() * random.uniform();
  const contrast = (1 - 0.5 * random.uniform() * random.uniform()) * (1 - paper);
  const grain = 0.22 * random.uniform() * random.uniform();
  for (let pixel = 0; pixel < SIDE * SIDE; pixel += 2) {
    const word = random.uint32();
    bytes[pixel] = level(paper + contrast * (ink[pixel] as number) + grain * triangular(word));
    bytes[pixel + 1] = level(paper + contrast * (ink[pixel + 1] as number) + grain * triangular(word >>> 16));
  }
}

/** Fades the ink along a straight band through the image. */
function wear(ink: Float64Array, random: Random): void {
  const x = SIDE * (0.25 + 0.5 * random.uniform());
  const y = SIDE * (0.25 + 0.5 * random.uniform());
  const dx = 2 * random.uniform() - 1;
  const dy = 2 * random.uniform() - 1;
  const halfWidth = (0.6 + 1.4 * random.uniform()) * Math.sqrt(dx * dx + dy * dy);
  const left = 0.15 + 0.5 * random.uniform();
  for (let row = 0; row < SIDE; row++)
    for (let column = 0; column < SIDE; column++) {
      const away = Math.abs((column + 0.5 - x) * dy - (row + 0.5 - y) * dx);
      const pixel = row * SIDE + column;
      if (away < halfWidth) ink[pixel] = (ink[pixel] as number) * left;
    }
}

/** From the low 16 bits of a word, a number from -1 to 1 with a triangular distribution (standard deviation 0.41). */
function triangular(word: number): number {
  return ((word & 255) + ((word >>> 8) & 255) - 255) / 255;
}

function level(brightness: number): number {
  return Math.floor(255 * Math.min(Math.max(brightness, 0), 1) + 0.5);
}
