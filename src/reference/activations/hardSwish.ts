import type { Curve } from './curve.ts';

/** y = 0 up to -3, x from 3 on, x (x / 6 + 1 / 2) between; the derivatives at -3 and 3 are 0 and 1. */
export const hardSwish: Curve = {
  value: (x) => (x <= -3 ? 0 : x >= 3 ? x : x * (x / 6 + 0.5)),
  gradient: (dy, x) => dy * (x <= -3 ? 0 : x >= 3 ? 1 : x / 3 + 0.5),
};
