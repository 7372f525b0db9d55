import type { Curve } from './curve.ts';

/** y = x Phi(x), Phi(x) = erfc(-x / sqrt 2) / 2; dx = dy (Phi(x) + x phi(x)), phi(x) = e^(-x^2 / 2) / sqrt(2 pi). */
export const gelu: Curve = {
  value: (x) => times(x, erfc(-x * Math.SQRT1_2) / 2),
  gradient: (dy, x) => dy * (erfc(-x * Math.SQRT1_2) / 2 + times(x, Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI))),
};

/** x p, where p of 0 wins over an infinite x. */
function times(x: number, p: number): number {
  return p === 0 ? 0 : x * p;
}

/** 1 - erf(x), to about 1e-14 of it. */
function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 0) return 2 - erfc(-x);
  return x < 2 ? 1 - erfSeries(x) : erfcFraction(x);
}

/** erf(x) = 2 / sqrt(pi) e^(-x^2) sum of 2^n x^(2n + 1) / (2n + 1)!!, a sum of positive terms (Abramowitz and Stegun, 7.1.6). */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc(x) = e^(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + (3/2) / ...))) (Abramowitz and Stegun, 7.1.14), from the 200th on. */
function erfcFraction(x: number): number {
  let rest = x;
  for (let n = 200; n >= 1; n--) rest = x + n / 2 / rest;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / rest;
}
