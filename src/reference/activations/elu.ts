import type { Curve } from './curve.ts';

/** y = x where positive, else e^x - 1; dx = dy where positive, else dy e^x. */
export const elu: Curve = {
  value: (x) => (x > 0 ? x : Math.expm1(x)),
  gradient: (dy, x) => dy * (x > 0 ? 1 : Math.exp(x)),
};
