import type { Reference } from './reference.ts';
import { at, given, map, numberAttribute } from './tensor.ts';

/** y = x where x > 0, else slope x; dx = dy where x > 0, else slope dy: the derivative at 0 is the slope. Of NaN it is NaN. */
export const leakyRelu: Reference = {
  forward(inputs, attributes) {
    const slope = numberAttribute('leakyRelu', attributes, 'slope', 0.01);
    return map(given('leakyRelu', inputs, 'x'), (x) => (x > 0 ? x : slope * x));
  },
  gradient(inputs, outputGradient, attributes) {
    const slope = numberAttribute('leakyRelu', attributes, 'slope', 0.01);
    return { x: map(given('leakyRelu', inputs, 'x'), (x, i) => (x > 0 ? 1 : x <= 0 ? slope : x) * at(outputGradient.data, i)) };
  },
};
