import { roundHalfAway } from './rounding.ts';

/** A factor of at least 0: multiplier / 2^31 * 2^shift, multiplier in [2^30, 2^31) or 0. */
export interface Multiplier {
  readonly multiplier: number;
  /** In [-31, 30]. */
  readonly shift: number;
}

/** How often an integer times a factor is rounded: once by runtimes of today, twice by those that are not built with TFLITE_SINGLE_ROUNDING. */
export type Rounding = 'once' | 'twice';

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

/** x times a factor, in 32 bits (MultiplyByQuantizedMultiplier, tensorflow/lite/kernels/internal/common.cc). x 2^shift must fit 32 bits. */
export function multiplied(x: number, factor: Multiplier, rounding: Rounding): number {
  return rounding === 'once' ? roundedOnce(x, factor) : roundedTwice(x, factor);
}

/** floor((x multiplier + 2^(30 - shift)) / 2^(31 - shift)): to the nearest integer, halves upwards. */
function roundedOnce(x: number, { multiplier, shift }: Multiplier): number {
  // A double does not hold the product of 62 bits; its lowest bits, below the half that is added, don't reach the result.
  const cut = 2 ** Math.min(16, 30 - shift);
  const low = multiplier % cut;
  const product = x * ((multiplier - low) / cut) + Math.floor((x * low) / cut);
  const unit = 2 ** (31 - shift) / cut;
  return Math.floor((product + unit / 2) / unit);
}

/** To the high half of the doubled product, halves upwards, then by the shift to the right, halves away from 0. */
function roundedTwice(x: number, { multiplier, shift }: Multiplier): number {
  const high = roundedOnce(x * 2 ** Math.max(shift, 0), { multiplier, shift: 0 });
  return roundHalfAway(high / 2 ** Math.max(-shift, 0));
}
