import { filled } from '../../graph/sources.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { activation } from '../../ops/activation.ts';
import { add, divide, multiply, negative } from '../../ops/arithmetic.ts';
import { calculated } from '../../ops/calculation.ts';
import { summed } from '../../ops/reduction.ts';

/** Added to each squared length, so that a capsule of zeros has a gradient: Keras' epsilon, as the published code has it. */
const EPSILON = 1e-7;

/** The length of each vector on the last axis, sqrt(|x|^2 + 1e-7): [..., D] -> [..., 1]. Its square is f32, since f16 holds neither it nor 1e-7. */
export function lengths(x: Tensor): Tensor {
  const axis = x.shape.length - 1;
  const shape = [...x.shape.slice(0, -1), 1];
  const squares = summed('lengths', 'multiply', { a: x, b: x }, { axes: [axis], shape, inF32: true });
  const sum = add({ a: squares, b: filled([1], EPSILON, 'f32') });
  return calculated('lengths', 'sqrt', { a: sum }, { type: 'activation' });
}

/**
 * Each vector on the last axis with a length below 1: (1 - exp(-n)) x / n, where n is its length (V. Mazzia, F. Salvetti and M. Chiaberge,
 * "Efficient-CapsNet", 2021). (1 - exp(-n)) / n is elu(-n) / -n, which keeps the digits of short vectors.
 */
export function squash(x: Tensor): Tensor {
  const below = negative({ x: lengths(x) });
  return multiply({ a: x, b: divide({ a: activation(below, 'elu'), b: below }) });
}
