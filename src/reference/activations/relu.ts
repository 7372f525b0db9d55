import type { Curve } from './curve.ts';

/** y = max(x, 0); the derivative at 0 is 0. */
export const relu: Curve = {
  value: (x) => Math.max(x, 0),
  gradient: (dy, x) => (x > 0 ? dy : Number.isNaN(x) ? x : 0),
};
