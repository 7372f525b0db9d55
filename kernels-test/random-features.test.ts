import { Matrix } from 'ml-matrix';
import { DataError, type Dataset, dataset } from 'paredown/node';
import { describe, expect, test } from 'vitest';
import { minimumNorm } from '../examples/table/tables/minimum-norm.ts';
import { errorOf, oneHot, randomFeatures, squaredLoss } from '../examples/table/tables/random-features.ts';

/** Rounding of a well-conditioned system of a few numbers near 1. */
const CLOSE = 64 * Number.EPSILON;

function expectClose(found: Matrix, expected: readonly (readonly number[])[], bound = CLOSE): void {
  expect([found.rows, found.columns]).toEqual([expected.length, expected[0]?.length]);
  for (const [row, values] of expected.entries())
    for (const [column, value] of values.entries())
      expect(Math.abs(found.get(row, column) - value), `at ${row}, ${column}`).toBeLessThanOrEqual(bound);
}

describe('least squares of minimum norm', () => {
  test.each([
    {
      name: 'fewer unknowns than equations: a line through (0, 0), (1, 0), (2, 3)',
      x: [
        [1, 0],
        [1, 1],
        [1, 2],
      ],
      y: [[0], [0], [3]],
      weights: [[-0.5], [1.5]],
      rank: 2,
    },
    {
      name: 'as many: the only solution',
      x: [
        [2, 1],
        [1, 3],
      ],
      y: [[4], [7]],
      weights: [[1], [2]],
      rank: 2,
    },
    { name: 'more: the shortest solution', x: [[1, 1]], y: [[2]], weights: [[1], [1]], rank: 1 },
    {
      name: 'more, several outputs',
      x: [
        [1, 0, 1],
        [0, 2, 0],
      ],
      y: [
        [2, 4],
        [6, 8],
      ],
      weights: [
        [1, 2],
        [3, 4],
        [1, 2],
      ],
      rank: 2,
    },
    {
      name: 'dependent columns and rows',
      x: [
        [1, 1],
        [1, 1],
      ],
      y: [[2], [4]],
      weights: [[1.5], [1.5]],
      rank: 1,
    },
    { name: 'no features at all', x: [[0, 0]], y: [[5]], weights: [[0], [0]], rank: 0 },
  ])('$name', ({ x, y, weights, rank }) => {
    const found = minimumNorm(new Matrix(x), new Matrix(y));
    expectClose(found.weights, weights);
    expect(found.rank).toBe(rank);
  });

  test('tells the singular values at the ends', () => {
    const { smallest, largest } = minimumNorm(
      new Matrix([
        [3, 0],
        [0, -0.5],
        [0, 0],
      ]),
      Matrix.zeros(3, 1),
    );
    expect(smallest).toBeCloseTo(0.5, 14);
    expect(largest).toBeCloseTo(3, 14);
  });

  test('a badly conditioned square system loses digits by its condition number, not by the square of it', () => {
    const size = 8;
    const hilbert = new Matrix(Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => 1 / (i + j + 1))));
    const ones = Matrix.ones(size, 1);
    const { weights, smallest, largest } = minimumNorm(hilbert, hilbert.mmul(ones));
    const condition = largest / smallest;
    // About 1.5e10: its square is beyond float64, so that the normal equations have no digit right.
    expect(condition * condition * Number.EPSILON).toBeGreaterThan(1);
    expectClose(weights, ones.to2DArray(), 4 * size * condition * Number.EPSILON);
  });

  test('refuses what has no answer', () => {
    expect(() => minimumNorm(new Matrix([[1, Number.NaN]]), new Matrix([[1]]))).toThrow(DataError);
    expect(() => minimumNorm(new Matrix([[1]]), new Matrix([[Number.POSITIVE_INFINITY]]))).toThrow('y holds a number');
    expect(() => minimumNorm(new Matrix([[1]]), new Matrix([[1], [2]]))).toThrow('1 rows of x, but 2 of y');
  });
});

const pixelsOf = (images: readonly (readonly number[])[], labels: readonly number[]): Dataset =>
  dataset({ inputShape: [images[0]?.length ?? 1], x: Uint8Array.from(images.flat()), y: Uint8Array.from(labels), classes: 3 });

describe('random Fourier features', () => {
  const images = pixelsOf(
    [
      [0, 255, 51, 0, 102],
      [204, 0, 51, 255, 0],
      [0, 0, 0, 0, 0],
    ],
    [2, 0, 1],
  );

  test('have the Gaussian kernel as their mean product', () => {
    const [count, sigma] = [40_000, 0.8];
    const features = randomFeatures({ pixels: 5, count, sigma, seed: 3 })(images);
    const products = features.mmul(features.transpose());
    for (let a = 0; a < 3; a++)
      for (let b = 0; b < 3; b++) {
        const squares = Array.from(
          { length: 5 },
          (_, i) => ((images.x[5 * a + i] ?? 0) / 255 - (images.x[5 * b + i] ?? 0) / 255) ** 2,
        );
        const distance = squares.reduce((sum, square) => sum + square, 0);
        // A product is a mean of terms cos(s) + cos(t) of variance at most 2; five standard deviations.
        const error = Math.abs(products.get(a, b) - Math.exp(-distance / (2 * sigma ** 2)));
        expect(error, `${a}, ${b}`).toBeLessThan(5 * Math.sqrt(2 / count));
      }
  });

  test('begin with those of a smaller number, and differ by seed', () => {
    const first = (count: number, seed: number) =>
      Matrix.mul(randomFeatures({ pixels: 5, count, sigma: 1, seed })(images).subMatrix(0, 2, 0, 9), Math.sqrt(count / 2));
    expectClose(first(37, 1), first(10, 1).to2DArray());
    expect(Matrix.sub(first(10, 2), first(10, 1)).norm()).toBeGreaterThan(0.1);
  });

  test('error and loss are those of the outputs', () => {
    const targets = oneHot(images);
    expect(targets.to2DArray()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 1, 0],
    ]);
    const output = new Matrix([
      [0, 0, 1],
      [0.5, 0.75, 0],
      [0, 1, 2],
    ]);
    expect(errorOf(output, targets)).toBe(2 / 3);
    expect(squaredLoss(output, targets)).toBeCloseTo((0.25 + 0.5625 + 4) / 3, 14);
  });
});
