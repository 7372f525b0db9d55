import { type Curve, logistic } from './curve.ts';

/** y = x s(x), s(x) = 1 / (1 + e^-x); dx = dy s(x) (1 + x s(-x)). */
export const silu: Curve = {
  value: (x) => (x === Number.NEGATIVE_INFINITY ? 0 : x * logistic(x)),
  gradient: (dy, x) => dy * (Math.abs(x) === Number.POSITIVE_INFINITY ? Number(x > 0) : logistic(x) * (1 + x * logistic(-x))),
};
