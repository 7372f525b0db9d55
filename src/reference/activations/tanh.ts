import type { Curve } from './curve.ts';

/** y = tanh x; dx = dy / cosh^2 x, which is dy (1 - y^2) without its cancellation. */
export const tanh: Curve = {
  value: Math.tanh,
  gradient: (dy, x) => dy / Math.cosh(x) ** 2,
};
