import { describe, expect, test } from 'vitest';
import { deviation, mean } from '../src/core/statistics.ts';
import { tQuantile } from '../src/core/student-t.ts';

describe("the quantile of Student's t", () => {
  // One degree of freedom is Cauchy's distribution: -1 / tan(pi p). Two: (2p - 1) sqrt(2 / (4p (1 - p))).
  const PROBABILITIES = [1e-6, 0.01, 0.2, 0.45, 0.501, 0.6, 0.9, 0.95, 0.975, 0.999];

  test.each(PROBABILITIES)('is exact where there is a formula: %d', (p) => {
    const [cauchy, two] = [-1 / Math.tan(Math.PI * p), (2 * p - 1) * Math.sqrt(2 / (4 * p * (1 - p)))];
    expect(Math.abs(tQuantile(p, 1) / cauchy - 1)).toBeLessThan(1e-12);
    expect(Math.abs(tQuantile(p, 2) / two - 1)).toBeLessThan(1e-12);
  });

  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, three decimals.
  test.each([
    [0.95, 4, 2.132],
    [0.95, 9, 1.833],
    [0.975, 4, 2.776],
    [0.99, 30, 2.457],
    [0.999, 100, 3.174],
  ])('at %d with %d degrees of freedom is %d', (p, degrees, printed) => {
    expect(tQuantile(p, degrees)).toBeCloseTo(printed, 3);
    expect(tQuantile(1 - p, degrees)).toBeCloseTo(-printed, 3);
  });

  // 1.959963984540054 is the normal distribution's; t = z + (z^3 + z) / (4 degrees) + O(1 / degrees^2) (Abramowitz and Stegun 26.7.5).
  test('nears the normal one as degrees of freedom grow, whole or not', () => {
    const z = 1.959963984540054;
    for (const degrees of [1e4, 12_345.6, 1e6])
      expect(Math.abs(tQuantile(0.975, degrees) - z - (z ** 3 + z) / (4 * degrees))).toBeLessThan(10 / degrees ** 2 + 1e-12);
    expect(tQuantile(0.95, 4.5)).toBeLessThan(tQuantile(0.95, 4));
    expect(tQuantile(0.95, 4.5)).toBeGreaterThan(tQuantile(0.95, 5));
  });

  test('is 0 in the middle, infinite at the ends, and NaN for what is none', () => {
    expect([tQuantile(0.5, 3), tQuantile(0, 3), tQuantile(1, 3)]).toEqual([0, -Infinity, Infinity]);
    expect([tQuantile(1.1, 3), tQuantile(0.5, 0), tQuantile(Number.NaN, 3), tQuantile(0.5, Number.NaN)]).toEqual(
      Array.from({ length: 4 }, () => Number.NaN),
    );
  });
});

test('mean and deviation of a sample', () => {
  expect(mean([1, 2, 3, 4, 5])).toBe(3);
  expect(deviation([1, 2, 3, 4, 5])).toBe(Math.sqrt(2.5));
  expect(mean([])).toBeNaN();
  expect([deviation([]), deviation([7])]).toEqual([undefined, undefined]);
  expect(deviation([1, Number.NaN])).toBeNaN();
});
