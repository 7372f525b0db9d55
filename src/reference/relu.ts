import type { Reference } from './reference.ts';
import { at, given, map } from './tensor.ts';

/** y = max(x, 0); dx = dy where x > 0, else 0: the derivative at 0 is 0. Of NaN it is NaN. */
export const relu: Reference = {
  forward(inputs) {
    return map(given('relu', inputs, 'x'), (x) => Math.max(x, 0));
  },
  gradient(inputs, outputGradient) {
    return { x: map(given('relu', inputs, 'x'), (x, i) => (x > 0 ? at(outputGradient.data, i) : Number.isNaN(x) ? x : 0)) };
  },
};
