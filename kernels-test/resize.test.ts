import { describe, expect, it } from 'vitest';
import { OptionError } from '../src/core/errors.ts';
import { Random } from '../src/core/random.ts';
import { resizeArea } from '../src/data/resize.ts';

type Size = readonly [rows: number, columns: number];

/** The overlap of new pixel `part` of `to` with old pixel `index` of `from`, as a share of the new pixel. */
function share(from: number, to: number, part: number, index: number): number {
  const scale = from / to;
  return Math.max(0, Math.min((part + 1) * scale, index + 1) - Math.max(part * scale, index)) / scale;
}

/** The definition in float64: the mean over the square below the new pixel, before rounding. One image of one channel. */
function reference(image: Uint8Array, [rows, columns]: Size, [newRows, newColumns]: Size): number[] {
  const means: number[] = [];
  for (let r = 0; r < newRows; r++)
    for (let c = 0; c < newColumns; c++) {
      let mean = 0;
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          mean +=
            share(rows, newRows, r, row) * share(columns, newColumns, c, column) * (image[row * columns + column] as number);
      means.push(mean);
    }
  return means;
}

function noise(length: number, seed = 1): Uint8Array {
  const random = new Random(seed, 0);
  return Uint8Array.from({ length }, () => random.below(256));
}

const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe('resizeArea', () => {
  const sizes: [Size, Size][] = [
    ...[1, 2, 7, 17, 24, 32, 48, 63, 64].map((size): [Size, Size] => [
      [64, 64],
      [size, size],
    ]),
    [
      [5, 9],
      [3, 4],
    ],
    [
      [3, 2],
      [7, 5],
    ],
  ];

  it.each(sizes)('of %j to %j is the mean of what each pixel covers, to the nearest byte', (from, to) => {
    const image = noise(from[0] * from[1]);
    const resized = resizeArea(image, [...from, 1], to);
    const expected = reference(image, from, to);
    expect(resized).toHaveLength(expected.length);
    // Rounding moves a mean by half a level; the reference sums up to 64 x 64 products of shares, 255 x 2^-52 each at most.
    resized.forEach((value, i) => {
      expect(Math.abs(value - (expected[i] as number))).toBeLessThanOrEqual(0.5 + 4096 * 255 * 2 ** -52);
    });
    expect(mean(expected)).toBeCloseTo(mean(image), 9);
    expect(Math.abs(mean(resized) - mean(image))).toBeLessThanOrEqual(0.5);
  });

  it('rounds halves up, and keeps what has one brightness', () => {
    expect([...resizeArea(new Uint8Array([0, 1, 2, 5]), [1, 4, 1], [1, 2])]).toEqual([1, 4]);
    expect(new Set(resizeArea(new Uint8Array(2 * 64 * 64).fill(255), [64, 64, 1], [19, 37]))).toEqual(new Set([255]));
  });

  it('weighs a pixel that two share by its parts', () => {
    // A third of the row is 4/3 pixels: (0 + 30/3) 3/4, (2/3 30 + 2/3 60) 3/4, (60/3 + 240) 3/4.
    expect([...resizeArea(new Uint8Array([0, 30, 60, 240]), [1, 4, 1], [1, 3])]).toEqual([8, 45, 195]);
  });

  it('changes nothing where the size stays', () => {
    const image = noise(6 * 5 * 3);
    expect(resizeArea(image, [6, 5, 3], [6, 5])).toEqual(image);
  });

  it('takes each image and each channel by itself', () => {
    const images = noise(3 * 8 * 6 * 2);
    const resized = resizeArea(images, [8, 6, 2], [3, 4]);
    for (let image = 0; image < 3; image++)
      for (let channel = 0; channel < 2; channel++) {
        const part = (all: Uint8Array, size: number) =>
          all.subarray(image * size * 2, (image + 1) * size * 2).filter((_, i) => i % 2 === channel);
        expect(part(resized, 12)).toEqual(resizeArea(part(images, 48), [8, 6, 1], [3, 4]));
      }
  });

  it.each<[Size, Size, RegExp]>([
    [[0, 4], [2, 2], /from 1 to 65536, got \[0, 4, 1\] to \[2, 2\]/],
    [[4, 4], [2.5, 2], /got \[4, 4, 1\] to \[2.5, 2\]/],
    [[4, 4], [2, 70_000], /from 1 to 65536/],
    [[3, 4], [2, 2], /16 bytes are no whole number of images of \[3, 4, 1\], 12 bytes each/],
  ])('refuses %j to %j', (from, to, message) => {
    const resize = () => resizeArea(new Uint8Array(16), [...from, 1], to);
    expect(resize).toThrow(OptionError);
    expect(resize).toThrow(message);
  });
});
