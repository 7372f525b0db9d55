import { roundHalfAway } from './rounding.ts';

/** A factor of at least 0: multiplier / 2^31 * 2^shift, multiplier in [2^30, 2^31) or 0. */
export interface Multiplier {
  readonly multiplier: number;
  /** In [-31, 30]. */
  readonly shift: number;
}

/**
 * The factor nearest to a number, as TensorFlow Lite has it (QuantizeMultiplier, tensorflow/lite/kernels/internal/quantization_util.cc).
 * One below 2^-32 is 0.
 */
export function multiplierOf(factor: number): Multiplier {
  const none = { multiplier: 0, shift: 0 };
  if (factor === 0) return none;
  let shift = Math.floor(Math.log2(factor)) + 1;
  // log2 may round up to a power of two, or down from one.
  if (factor >= 2 ** shift) shift++;
  if (factor < 2 ** (shift - 1)) shift--;
  let multiplier = Math.round((factor / 2 ** shift) * 2 ** 31);
  if (multiplier === 2 ** 31) {
    multiplier /= 2;
    shift++;
  }
  return shift < -31 ? none : { multiplier, shift };
}

/**
 * x times a factor in 32 bits, rounded twice: to the high half of the doubled product, halves upwards, then by the shift to the right, halves
 * away from 0 (MultiplyByQuantizedMultiplier without TFLITE_SINGLE_ROUNDING). x 2^shift must fit 32 bits.
 */
export function multiplied(x: number, { multiplier, shift }: Multiplier): number {
  const left = x * 2 ** Math.max(shift, 0);
  return roundHalfAway(highHalf(left, multiplier) / 2 ** Math.max(-shift, 0));
}

/** floor((a b + 2^30) / 2^31) for a in 32 bits and b in 31, whose product a double does not hold. */
function highHalf(a: number, b: number): number {
  const low = b % 2 ** 16;
  const high = (b - low) / 2 ** 16;
  // a b = upper 2^31 + rest, with |rest| below 2^49.
  const upper = Math.floor((a * high) / 2 ** 15);
  const rest = (a * high - upper * 2 ** 15) * 2 ** 16 + a * low;
  return upper + Math.floor((rest + 2 ** 30) / 2 ** 31);
}
