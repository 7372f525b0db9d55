import { describe, expect, it } from 'vitest';
import { datasetHash } from '../src/data/hash.ts';
import { smoothed } from '../src/data/stroke-digits/smoothing.ts';
import { strokeDigits } from '../src/data/stroke-digits.ts';
import { mnist } from '../src/node/mnist.ts';
import { dataFolder } from './support/data.ts';

const SIDE = 28;
const digits = strokeDigits();
const images = Array.from({ length: 10 }, (_, i) => digits.x.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE) as Uint8Array);

describe('strokeDigits', () => {
  it('are the ten digits in order, for a test', () => {
    expect(digits).toMatchObject({ name: 'stroke digits', split: 'test', size: 10, inputShape: [28, 28, 1], classes: 10 });
    expect(digits).toMatchObject({ scale: 1 / 255, offset: 0 });
    expect([...digits.y]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it.each(images.map((image, label) => [label, image] as const))("have the form of MNIST's: %d", (_, image) => {
    let [mass, x, y] = [0, 0, 0];
    const columns: number[] = [];
    const rows: number[] = [];
    image.forEach((ink, pixel) => {
      const [row, column] = [Math.floor(pixel / SIDE), pixel % SIDE];
      mass += ink;
      x += ink * (column + 0.5);
      y += ink * (row + 0.5);
      if (ink > 0) {
        columns.push(column);
        rows.push(row);
      }
    });
    const width = Math.max(...columns) - Math.min(...columns) + 1;
    const height = Math.max(...rows) - Math.min(...rows) + 1;
    // A box of 20 pixels, whose outermost ones may be too pale for a byte. Curves end a little inside their control points.
    expect(Math.max(width, height)).toBeLessThanOrEqual(20);
    expect(Math.max(width, height)).toBeGreaterThanOrEqual(18);
    // Half a pixel, and what rounding to bytes moves.
    expect(Math.abs(x / mass - SIDE / 2)).toBeLessThan(0.51);
    expect(Math.abs(y / mass - SIDE / 2)).toBeLessThan(0.51);
    expect(Math.max(...image)).toBe(255);
    expect(image.filter((ink) => ink > 0 && ink < 255).length).toBeGreaterThan(20);
  });

  it('are the same bytes everywhere', async () => {
    expect(await datasetHash(digits)).toBe('5c932b07dcd298939eb04d74bd05c733d7ad58a59190a2f905dce2e65eaf183e');
  });
});

describe('smoothed', () => {
  it('begins and ends where the way does, and runs through the middle of each piece', () => {
    const [line = []] = smoothed('0,0 8,0 8,8 0,8');
    expect(line[0]).toEqual([0, 0]);
    expect(line.at(-1)).toEqual([0, 8]);
    for (const middle of [
      [4, 0],
      [8, 4],
      [4, 8],
    ])
      expect(line).toContainEqual(middle);
    // The curve from (4, 0) to (8, 4) with control point (8, 0), half way.
    expect(line).toContainEqual([7, 1]);
  });

  it('turns sharply at a position that stands twice, and separates strokes', () => {
    const [line = [], other = []] = smoothed('0,0 8,0 8,0 8,8 / 1,2 3,4');
    expect(line).toContainEqual([8, 0]);
    expect(other).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});

const real = dataFolder();
describe.skipIf(!real)(`beside MNIST${real ? '' : ' (skipped: no data folder; set PAREDOWN_DATA)'}`, () => {
  it('most are nearest to a training image of their own digit', async () => {
    const { train } = await mnist({ dir: real as string, offline: true });
    const nearest = images.map((image) => {
      let [best, least] = [-1, Infinity];
      for (let other = 0; other < train.size; other++) {
        let sum = 0;
        const start = other * image.length;
        for (let i = 0; i < image.length && sum < least; i++) sum += ((image[i] as number) - (train.x[start + i] as number)) ** 2;
        if (sum < least) [best, least] = [train.y[other] as number, sum];
      }
      return best;
    });
    // By guessing, 6 or more of 10 are right once in 6,800 times.
    expect(nearest.filter((label, digit) => label === digit).length).toBeGreaterThanOrEqual(6);
  });
});
