import { type Curve, logistic } from './curve.ts';

/** y = 1 / (1 + e^-x); dx = dy y (1 - y), where 1 - y = 1 / (1 + e^x). */
export const sigmoid: Curve = {
  value: logistic,
  gradient: (dy, x) => dy * logistic(x) * logistic(-x),
};
