import type { Curve } from './curve.ts';

/** y = x where positive, else slope x; the derivative at 0 is the slope. */
export const leakyRelu: Curve = {
  value: (x, option) => (x > 0 ? x : option('slope') * x),
  gradient: (dy, x, option) => (x > 0 ? 1 : x <= 0 ? option('slope') : x) * dy,
};
