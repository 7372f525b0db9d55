import { binary } from './broadcast.ts';
import type { Reference } from './reference.ts';
import { at, given, map } from './tensor.ts';

const AB = ['a', 'b'] as const;

/** y = a + b; da = db = dy. Inputs of all binary operations are broadcast, and their gradients summed over what was repeated. */
export const add = binary(
  'add',
  AB,
  (a, b) => a + b,
  (_a, _b, dy) => [dy, dy],
);

/** y = a - b; da = dy, db = -dy. */
export const subtract = binary(
  'subtract',
  AB,
  (a, b) => a - b,
  (_a, _b, dy) => [dy, -dy],
);

/** y = a b; da = dy b, db = dy a. */
export const multiply = binary(
  'multiply',
  AB,
  (a, b) => a * b,
  (a, b, dy) => [dy * b, dy * a],
);

/** y = a / b; da = dy / b, db = -dy a / b^2. */
export const divide = binary(
  'divide',
  AB,
  (a, b) => a / b,
  (a, b, dy) => [dy / b, (-dy * a) / b ** 2],
);

/** y = the larger; the gradient goes to it, and by halves to two that are equal. Of NaN it is NaN. */
export const maximum = binary('maximum', AB, Math.max, (a, b, dy) => [shareOf(a - b, dy), shareOf(b - a, dy)]);

/** y = the smaller, likewise. */
export const minimum = binary('minimum', AB, Math.min, (a, b, dy) => [shareOf(b - a, dy), shareOf(a - b, dy)]);

function shareOf(ahead: number, dy: number): number {
  if (Number.isNaN(ahead)) return ahead;
  return ahead > 0 ? dy : ahead === 0 ? dy / 2 : 0;
}

/** y = x where positive, else slope x; dx = dy or slope dy, the slope's gradient is dy x where x is not positive. Of NaN it is NaN. */
export const prelu = binary(
  'prelu',
  ['x', 'slope'],
  (x, slope) => (x > 0 ? x : slope * x),
  (x, slope, dy) => (Number.isNaN(x) ? [x, x] : x > 0 ? [dy, 0] : [slope * dy, dy * x]),
);

function unary(op: string, f: (x: number) => number, slope: (x: number, dy: number) => number): Reference {
  return {
    forward: (inputs) => map(given(op, inputs, 'x'), f),
    gradient: (inputs, outputGradient) => ({ x: map(given(op, inputs, 'x'), (x, i) => slope(x, at(outputGradient.data, i))) }),
  };
}

export const negative = unary(
  'negative',
  (x) => -x,
  (_x, dy) => -dy,
);

/** dx = dy e^x. */
export const exp = unary('exp', Math.exp, (x, dy) => dy * Math.exp(x));

/** dx = dy / x. */
export const log = unary('log', Math.log, (x, dy) => dy / x);

/** dx = dy / (2 sqrt(x)). */
export const sqrt = unary('sqrt', Math.sqrt, (x, dy) => dy / (2 * Math.sqrt(x)));

/** dx = dy sign(x), 0 at 0. Of NaN it is NaN. */
export const abs = unary('abs', Math.abs, (x, dy) => (x > 0 ? dy : x < 0 ? -dy : Number.isNaN(x) ? x : 0));
