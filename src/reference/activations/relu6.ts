import type { Curve } from './curve.ts';

/** y = min(max(x, 0), 6); the derivative at 0 and 6 is 0. */
export const relu6: Curve = {
  value: (x) => Math.min(Math.max(x, 0), 6),
  gradient: (dy, x) => (x > 0 && x < 6 ? dy : Number.isNaN(x) ? x : 0),
};
