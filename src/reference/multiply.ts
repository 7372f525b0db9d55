import type { Reference } from './reference.ts';
import { at, given, map } from './tensor.ts';

/** y = a b, element by element; da = dy b, db = dy a. */
export const multiply: Reference = {
  forward(inputs) {
    const b = given('multiply', inputs, 'b');
    return map(given('multiply', inputs, 'a'), (a, i) => a * at(b.data, i));
  },
  gradient(inputs, outputGradient) {
    const a = given('multiply', inputs, 'a');
    const b = given('multiply', inputs, 'b');
    return {
      a: map(outputGradient, (dy, i) => dy * at(b.data, i)),
      b: map(outputGradient, (dy, i) => dy * at(a.data, i)),
    };
  },
};
