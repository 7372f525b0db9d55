/**
 * What float32 arithmetic on a GPU may lose. Every bound of the tests is built from these numbers.
 *
 * UNIT is the unit roundoff of float32 under rounding to nearest, which is what every driver does for +, - and *: each result is
 * within UNIT of the true one, relatively. A unit in the last place (ULP) of a number v is at most 2 UNIT |v|. The accuracies of
 * functions are those of the WGSL specification, section "Accuracy of Concrete Floating Point Expressions".
 */
export const UNIT = 2 ** -24;

/** The unit roundoff of f16, its smallest normal number, below which anything may be flushed to 0, and its largest number. */
const HALF_UNIT = 2 ** -11;
const HALF_TINY = 2 ** -14;
export const HALF_MAX = 65504;

let inHalves = false;

/** What `f` expects of a plan of mixed precision, whose activations pass through memory in f16. */
export function withHalves<T>(f: () => T): T {
  inHalves = true;
  try {
    return f();
  } finally {
    inHalves = false;
  }
}

/** What storing a number that is known within `error` adds to its error: nothing in float32, in which it was made. */
export function storing(value: number, error: number): number {
  if (!inHalves) return 0;
  const magnitude = Math.abs(value) + error;
  return HALF_UNIT * magnitude + (Math.abs(value) - error < HALF_TINY ? Math.min(magnitude, HALF_TINY) : 0);
}

/** x / y: 2.5 ULP. */
export const DIVISION = 5 * UNIT;

/** 1 / sqrt(x) by whatever way a kernel takes: sqrt is inherited from 1 / inverseSqrt(x), 2 + 2.5 ULP, and one more division. */
export const RECIPROCAL_SQUARE_ROOT = 14 * UNIT;

/** tanh: an absolute error. */
export const TANH = 1e-5;

/** The smallest normal float32: anything below may be flushed to 0. */
export const TINY = 2 ** -126;

/** exp(x): 3 + 2 |x| ULP. */
export function exponential(x: number): number {
  return (6 + 4 * Math.abs(x)) * UNIT;
}

/** log(x) = y for x >= 1, an absolute error: 2^-21 for x in [1, 2], 3 ULP beyond. */
export function logarithm(y: number): number {
  return Math.max(2 ** -21, 6 * UNIT * Math.abs(y));
}

/**
 * log(1 + x) for x >= 0, relative. x <= 1: s = x / (2 + x) has the error of a sum and a division, which 2 atanh s takes 1.125 times at
 * most; the series and its two products have five roundings more. x > 1: log has 3 ULP, and the rounding of 1 + x is below 1.5 UNIT of it.
 */
export const LOG1P = 1.125 * (DIVISION + UNIT) + 5 * UNIT;

/**
 * The error of a sum of `terms` products in any order, with or without fused multiply-add, relative to the sum of the terms'
 * magnitudes. No order can exceed terms x UNIT (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 4.2);
 * with rounding errors of mean 0, lambda sqrt(terms) UNIT is exceeded with a probability below 2 terms exp(-lambda^2 / 2)
 * (Higham and Mary, A new approach to probabilistic rounding error analysis, 2019), which for lambda = 8 is 2.6e-14 a term.
 */
export function sumError(terms: number): number {
  return Math.min(terms, 8 * Math.sqrt(terms)) * UNIT;
}

/**
 * The largest power of two from 1 down to 2^-10 that divides every number, or 0. Where the quanta of two factors are not 0, their
 * products are multiples of the quanta's product, and a sum of such products is exact while it stays below 2^24 times that.
 */
export function quantumOf(data: Float64Array): number {
  for (let quantum = 1; quantum >= 2 ** -10; quantum /= 2)
    if (data.every((value) => Number.isInteger(value / quantum))) return quantum;
  return 0;
}

/** The error of a sum of `terms` products whose magnitudes add up to `magnitude` and that are multiples of `quantum` (0: of nothing). */
export function errorOfSum(terms: number, magnitude: number, quantum: number): number {
  return quantum > 0 && magnitude <= 2 ** 24 * quantum ? 0 : sumError(terms) * magnitude + TINY;
}
