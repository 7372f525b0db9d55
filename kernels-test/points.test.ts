import { describe, expect, it } from 'vitest';
import { OptionError } from '../src/core/errors.ts';
import { exactSine } from '../src/core/exact-sine.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { datasetHash } from '../src/data/hash.ts';
import { quadrants } from '../src/data/quadrants.ts';
import { sine } from '../src/data/sine.ts';

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

/** The coordinates of point `index`. */
function point(data: Dataset, index: number): number[] {
  const dimensions = data.inputShape[0] as number;
  return [...data.x.subarray(index * dimensions, (index + 1) * dimensions)];
}

function trueLabel(coordinates: number[]): number {
  return coordinates.reduce((product, coordinate) => product * coordinate, 1) < 0 ? 1 : 0;
}

function flipped(data: Dataset): number[] {
  return [...data.y].flatMap((label, index) => (label === trueLabel(point(data, index)) ? [] : [index]));
}

describe('quadrants', () => {
  it.each([1, 2, 3, 5])('labels points of %d dimensions by the sign of their product', (dimensions) => {
    const { train, test } = quadrants({ points: 500, test: 300, dimensions });
    expect(train).toMatchObject({ name: 'quadrants', split: 'train', size: 500, inputShape: [dimensions], classes: 2, scale: 1 });
    expect(test).toMatchObject({ split: 'test', size: 300, inputShape: [dimensions], classes: 2 });
    expect([...flipped(train), ...flipped(test)]).toEqual([]);
  });

  it('draws coordinates with mean 0 and variance 1, without correlation, and both classes equally often', () => {
    const size = 40_000;
    const { test } = quadrants({ points: 1, test: size });
    const points = Array.from({ length: size }, (_, index) => point(test, index) as [number, number]);
    // Five standard deviations of a mean over `size` samples; squares of normal deviates have a variance of 2.
    const bound = 5 / Math.sqrt(size);
    for (const axis of [0, 1] as const) {
      expect(Math.abs(sum(points.map((at) => at[axis])) / size)).toBeLessThan(bound);
      expect(Math.abs(sum(points.map((at) => at[axis] ** 2)) / size - 1)).toBeLessThan(bound * Math.SQRT2);
    }
    expect(Math.abs(sum(points.map(([a, b]) => a * b)) / size)).toBeLessThan(bound);
    expect(Math.abs(sum(test.y) / size - 0.5)).toBeLessThan(bound / 2);
  });

  it('has no point twice, within a split or across splits and seeds', () => {
    const sets = [1, 2].map((seed) => quadrants({ points: 2000, test: 2000, seed }));
    const points = sets.flatMap(({ train, test }) =>
      [train, test].flatMap((data) => [...Array(2000).keys()].map((i) => point(data, i))),
    );
    expect(new Set(points.map((at) => at.join())).size).toBe(8000);
  });

  it('flips the share of training labels that is asked for, and of no test labels', () => {
    const clean = quadrants({ points: 140 });
    const some = quadrants({ points: 140, noise: 0.1 });
    const half = quadrants({ points: 140, noise: 0.5 });
    expect(flipped(some.train)).toHaveLength(14);
    expect(flipped(half.train)).toHaveLength(70);
    expect(flipped(half.train)).toEqual(expect.arrayContaining(flipped(some.train)));
    expect(flipped(quadrants({ points: 140, noise: 0.1, seed: 2 }).train)).not.toEqual(flipped(some.train));
    expect(half.train.x).toEqual(clean.train.x);
    expect(half.test).toEqual(clean.test);
    // 0.25 of 10 labels are 2.5, rounded to 3.
    expect(flipped(quadrants({ points: 10, noise: 0.25 }).train)).toHaveLength(3);
  });

  it('begins a larger split with the smaller one', () => {
    const small = quadrants({ points: 71, test: 30, dimensions: 3 });
    const large = quadrants({ points: 140, test: 90, dimensions: 3 });
    expect(small.train.x).toEqual(large.train.x.subarray(0, 3 * 71));
    expect(small.test.x).toEqual(large.test.x.subarray(0, 3 * 30));
  });

  it('draws the same everywhere', async () => {
    const { train, test } = quadrants({ points: 140, test: 30, dimensions: 3, noise: 0.1, seed: 1 });
    expect(await datasetHash(train)).toBe('e3066832dc74882c5f51d02ee608ae535a6fd6f7e016d3a6cf6d40f746749383');
    expect(await datasetHash(test)).toBe('4a39e93fc79ec6f2b54a29f96c0e0315ded4841fcc5529ba76fe806c8a026105');
  });

  it.each([
    [{}, /quadrants: points must be an integer from 1 to 1000000, got undefined/],
    [{ points: 5, tests: 5 }, /unknown option 'tests'; it takes points, test, dimensions, noise, seed/],
    [{ points: 0 }, /points must be an integer .* got 0/],
    [{ points: 5, test: 1.5 }, /test must be an integer .* got 1.5/],
    [{ points: 5, dimensions: 101 }, /dimensions must be an integer from 1 to 100, got 101/],
    [{ points: 5, noise: 0.6 }, /noise must be a number from 0 to 0.5, got 0.6/],
    [{ points: 5, noise: Number.NaN }, /noise must be .* got NaN/],
    [{ points: 5, seed: -1 }, /quadrants: a seed must be/],
  ])('refuses %j', (options, message) => {
    const draw = () => quadrants(options as Parameters<typeof quadrants>[0]);
    expect(draw).toThrow(OptionError);
    expect(draw).toThrow(message);
  });
});

describe('sine', () => {
  it('is the sine of points that are uniform from -pi to pi', () => {
    const size = 20_000;
    const { train, test } = sine({ points: 500, test: size });
    expect(train).toMatchObject({ name: 'sine', split: 'train', size: 500, inputShape: [1], targetShape: [1], scale: 1 });
    expect(test).toMatchObject({ split: 'test', size });
    for (const data of [train, test])
      data.x.forEach((x, i) => {
        expect(Math.abs(x)).toBeLessThan(Math.PI);
        expect(data.y[i]).toBe(Math.fround(exactSine(x)));
      });
    // The variance of a uniform distribution is a twelfth of its squared width; of its square, by the fourth moment, pi^4 4/45.
    expect(Math.abs(sum(test.x) / size)).toBeLessThan((5 * Math.PI) / Math.sqrt(3 * size));
    const square = sum([...test.x].map((x) => x * x)) / size;
    expect(Math.abs(square - Math.PI ** 2 / 3)).toBeLessThan(5 * Math.sqrt(((4 / 45) * Math.PI ** 4) / size));
  });

  it('adds normal noise of the given deviation to the training targets alone', () => {
    const size = 20_000;
    const clean = sine({ points: size });
    const noisy = sine({ points: size, noise: 0.3 });
    expect(noisy.train.x).toEqual(clean.train.x);
    expect(noisy.test).toEqual(clean.test);
    const errors = [...noisy.train.y].map((y, i) => y - (clean.train.y[i] as number));
    expect(Math.abs(sum(errors) / size)).toBeLessThan((5 * 0.3) / Math.sqrt(size));
    expect(Math.abs(sum(errors.map((e) => e * e)) / size / 0.09 - 1)).toBeLessThan(5 * Math.sqrt(2 / size));
    // Twice the noise is twice the errors, to within the rounding of targets below 4.
    const louder = sine({ points: size, noise: 0.6 });
    louder.train.y.forEach((y, i) => {
      expect(Math.abs(y - (clean.train.y[i] as number) - 2 * (errors[i] as number))).toBeLessThan(2 ** -20);
    });
  });

  it('begins a larger split with the smaller one, and shares no point between splits and seeds', () => {
    const small = sine({ points: 20, test: 30, noise: 0.1 });
    const large = sine({ points: 50, test: 90, noise: 0.1 });
    expect(small.train.y).toEqual(large.train.y.subarray(0, 20));
    expect(small.test.y).toEqual(large.test.y.subarray(0, 30));
    const other = sine({ points: 50, test: 90, seed: 2 });
    expect(new Set([large.train, large.test, other.train, other.test].flatMap(({ x }) => [...x])).size).toBe(280);
  });

  it('draws the same everywhere', async () => {
    const { train, test } = sine({ points: 40, test: 30, noise: 0.1, seed: 1 });
    expect(await datasetHash(train)).toBe('a70938d4aee9b4fc1f8b8f66d67c03b18409334170c09a926abc6adbbf53b79d');
    expect(await datasetHash(test)).toBe('daf1def8b578924d198436744066cdccd34f2ae4947d27da45e448af4b6fa91f');
  });

  it.each([
    [{ points: 5, dimensions: 2 }, /sine: unknown option 'dimensions'; it takes points, test, noise, seed/],
    [{ points: 5, noise: -0.1 }, /noise must be a number from 0 to 1000, got -0.1/],
    [{ points: 5, noise: Infinity }, /noise must be .* got Infinity/],
    [{ points: 2e6 }, /points must be .* got 2000000/],
    [{ points: 5, seed: 0.5 }, /sine: a seed must be/],
  ])('refuses %j', (options, message) => {
    const draw = () => sine(options as Parameters<typeof sine>[0]);
    expect(draw).toThrow(OptionError);
    expect(draw).toThrow(message);
  });
});

describe('exactSine', () => {
  it('is the sine to 1e-15 from -pi to pi', () => {
    let largest = 0;
    for (let i = -100_000; i <= 100_000; i++) {
      const x = (Math.PI * i) / 100_000;
      largest = Math.max(largest, Math.abs(exactSine(x) - Math.sin(x)));
    }
    expect(largest).toBeLessThan(1e-15);
  });

  it('is exact at 0 and at the float64 nearest to pi', () => {
    expect(exactSine(0)).toBe(0);
    expect(exactSine(Math.PI)).toBe(1.2246467991473532e-16);
  });

  it('is odd, also for the smallest numbers', () => {
    for (const x of [5e-324, 1e-8, 0.3, 1.7, 3.1]) expect(exactSine(-x)).toBe(-exactSine(x));
    expect(exactSine(1e-300)).toBe(1e-300);
  });
});
