import type { Curve } from './curve.ts';

/** y = 0 up to -3, 1 from 3 on, x / 6 + 1 / 2 between; the derivative at -3 and 3 is 0. */
export const hardSigmoid: Curve = {
  value: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5),
  gradient: (dy, x) => (Math.abs(x) < 3 ? dy / 6 : Number.isNaN(x) ? x : 0),
};
