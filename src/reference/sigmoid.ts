import type { Reference } from './reference.ts';
import { at, given, map } from './tensor.ts';

/** y = 1 / (1 + e^-x); dx = dy y (1 - y), where 1 - y = 1 / (1 + e^x). */
export const sigmoid: Reference = {
  forward(inputs) {
    return map(given('sigmoid', inputs, 'x'), logistic);
  },
  gradient(inputs, outputGradient) {
    return { x: map(given('sigmoid', inputs, 'x'), (x, i) => at(outputGradient.data, i) * logistic(x) * logistic(-x)) };
  },
};

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
