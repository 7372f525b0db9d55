import type { Reference } from './reference.ts';
import { at, given, map } from './tensor.ts';

/** y = tanh x; dx = dy / cosh^2 x, which is dy (1 - y^2) without its cancellation. */
export const tanh: Reference = {
  forward(inputs) {
    return map(given('tanh', inputs, 'x'), Math.tanh);
  },
  gradient(inputs, outputGradient) {
    return { x: map(given('tanh', inputs, 'x'), (x, i) => at(outputGradient.data, i) / Math.cosh(x) ** 2) };
  },
};
