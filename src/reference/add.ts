import type { Reference } from './reference.ts';
import { at, given, map } from './tensor.ts';

/** y = a + b; da = db = dy. */
export const add: Reference = {
  forward(inputs) {
    const b = given('add', inputs, 'b');
    return map(given('add', inputs, 'a'), (a, i) => a + at(b.data, i));
  },
  gradient(_inputs, outputGradient) {
    return { a: map(outputGradient, (dy) => dy), b: map(outputGradient, (dy) => dy) };
  },
};
