import { OptionError } from '../core/errors.ts';
import { checkSeed } from '../core/random.ts';
import { threefry2x32 } from '../core/threefry.ts';
import type { Attributes, Reference, Tensor64 } from './reference.ts';
import { given, map, numberAttribute } from './tensor.ts';

/**
 * y = x keep / (1 - rate), dx = dy keep / (1 - rate). keep of the element with flat index i is 1 where
 * threefry2x32(key = (seed, layer), counter = (i, step))[0] >= floor(rate 2^32), else 0; attribute `layer` [0] separates
 * the dropouts of one network.
 */
export const dropout: Reference = {
  forward(inputs, attributes) {
    return drop(given('dropout', inputs, 'x'), attributes);
  },
  gradient(_inputs, outputGradient, attributes) {
    return { x: drop(outputGradient, attributes) };
  },
};

function drop(tensor: Tensor64, attributes: Attributes): Tensor64 {
  const rate = numberAttribute('dropout', attributes, 'rate');
  if (rate < 0 || rate >= 1) throw new OptionError(`dropout: rate must be at least 0 and below 1, got ${rate}`);
  const seed = checkSeed('dropout: seed', attributes.seed);
  const layer = checkSeed('dropout: layer', attributes.layer ?? 0);
  const step = checkSeed('dropout: step', attributes.step);
  const threshold = Math.floor(rate * 2 ** 32);
  return map(tensor, (value, i) => (threefry2x32(seed, layer, i, step)[0] >= threshold ? value / (1 - rate) : 0));
}
