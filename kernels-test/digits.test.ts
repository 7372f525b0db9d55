import { describe, expect, it } from 'vitest';
import { OptionError } from '../src/core/errors.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { digits } from '../src/data/digits.ts';
import { datasetHash } from '../src/data/hash.ts';

const IMAGE = 28 * 28;

function image(data: Dataset, index: number): Uint8Array {
  return data.x.subarray(index * IMAGE, (index + 1) * IMAGE) as Uint8Array;
}

function bytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function labelCounts(data: Dataset): number[] {
  const counts = Array<number>(10).fill(0);
  for (const label of data.y) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** The share of `test` whose nearest sample of `train`, by squared difference, has the same label. */
function nearestNeighbourAccuracy(train: Dataset, test: Dataset): number {
  let right = 0;
  for (let t = 0; t < test.size; t++) {
    const wanted = image(test, t);
    let nearest = -1;
    let least = Infinity;
    for (let s = 0; s < train.size; s++) {
      const other = image(train, s);
      let sum = 0;
      for (let i = 0; i < IMAGE && sum < least; i++) {
        const difference = (wanted[i] as number) - (other[i] as number);
        sum += difference * difference;
      }
      if (sum < least) [least, nearest] = [sum, s];
    }
    if (train.y[nearest] === test.y[t]) right++;
  }
  return right / test.size;
}

describe('digits', () => {
  const { train, validation, test } = digits({ train: 1000, test: 101 });

  it('has the documented sizes, shapes and names', () => {
    expect(train).toMatchObject({ name: 'digits', split: 'train', size: 1000, inputShape: [28, 28, 1], classes: 10 });
    expect(train).toMatchObject({ scale: 1 / 255, offset: 0 });
    expect(validation).toMatchObject({ split: 'validation', size: 101 });
    expect(test).toMatchObject({ split: 'test', size: 101 });
    expect(digits({ train: 1, test: 1 }).validation.size).toBe(1);
  });

  it('draws the same bytes everywhere', async () => {
    const small = digits({ train: 200, test: 50, seed: 1 });
    expect(await datasetHash(small.train)).toBe('c39b2b77b2bfb1ea0929ad6c33c8006a286002a2e4912aaaac295acc2634f70b');
    expect(await datasetHash(small.validation)).toBe('30168aea47ecda0396c4de8ef802d3552dfa7d9a793d7d04e7e87881d9916c98');
    expect(await datasetHash(small.test)).toBe('7aa0845c646727cc2a5b782ef3ea5f6c5bd1cef6f7a593586a194a7d3421b3e4');
  });

  it('begins a larger set with the smaller one', () => {
    const small = digits({ train: 37, test: 13 });
    for (const [part, whole] of [
      [small.train, train],
      [small.validation, validation],
      [small.test, test],
    ] as const) {
      expect(Buffer.compare(bytes(part.x), bytes(whole.x.subarray(0, part.x.length)))).toBe(0);
      expect(Buffer.compare(bytes(part.y), bytes(whole.y.subarray(0, part.y.length)))).toBe(0);
    }
  });

  it('holds each class equally often, to within one, in random order', () => {
    expect(labelCounts(train)).toEqual(Array(10).fill(100));
    for (const part of [validation, test]) {
      const counts = labelCounts(part);
      expect(Math.max(...counts) - Math.min(...counts)).toBe(1);
    }
    const runs = new Set(Array.from({ length: 100 }, (_, run) => train.y.subarray(10 * run, 10 * run + 10).join()));
    expect(runs.size).toBe(100);
  });

  it('draws no image twice, within a split, across splits or across seeds', () => {
    const images = new Set<string>();
    const other = digits({ train: 100, test: 100, seed: 2 });
    const parts = [train, validation, test, other.train, other.validation, other.test];
    for (const part of parts) for (let i = 0; i < part.size; i++) images.add(Buffer.from(image(part, i)).toString('base64'));
    expect(images.size).toBe(parts.reduce((sum, part) => sum + part.size, 0));
  });

  it('shows ink in every image, and most of it away from the border', () => {
    for (let i = 0; i < train.size; i++) {
      const pixels = image(train, i);
      expect(Math.max(...pixels)).toBeGreaterThan(100);
      let inside = 0;
      let border = 0;
      pixels.forEach((value, pixel) => {
        const [row, column] = [Math.floor(pixel / 28), pixel % 28];
        if (Math.min(row, column) < 2 || Math.max(row, column) > 25) border += value;
        else inside += value;
      });
      expect(inside).toBeGreaterThan(border);
    }
  });

  it('can be learned, but not by comparing pixels alone', () => {
    // Guessing is right for 0.1 of 101 samples, with a standard deviation of 0.03.
    const accuracy = nearestNeighbourAccuracy(train, test);
    expect(accuracy).toBeGreaterThan(0.1 + 6 * 0.03);
    expect(accuracy).toBeLessThan(0.97);
  });

  it.each([
    [{ trian: 5 }, /unknown option 'trian'; it takes train, test, seed/],
    [{ train: 0 }, /train must be an integer from 1 to 1000000, got 0/],
    [{ test: 2.5 }, /test must be an integer from 1 to 1000000, got 2.5/],
    [{ train: 2e9 }, /train must be .* got 2000000000/],
    [{ seed: -1 }, /digits: a seed must be an integer .* got -1/],
    [{ seed: '1' }, /digits: a seed must be an integer .* got "1"/],
  ])('refuses %j', (options, message) => {
    const draw = () => digits(options as Parameters<typeof digits>[0]);
    expect(draw).toThrow(OptionError);
    expect(draw).toThrow(message);
  });
});
