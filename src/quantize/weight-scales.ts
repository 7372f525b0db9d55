import type { Constant } from '../deploy/operations.ts';
import { channelWeights, largestMagnitude, leastErrorScale } from './least-error.ts';
import { largestInteger, type WeightBits } from './types.ts';

/** Shares of the largest weight that the largest integer may stand for. */
const SHARES = /* @__PURE__ */ Array.from({ length: 36 }, (_, i) => 1 - i / 50);

/** For each output channel the scale of the least squared error. A channel of zeros has that of a largest weight of 1. */
export function weightScales({ shape, data }: Constant, axis: number, bits: WeightBits): Float32Array {
  const most = largestInteger(bits);
  return Float32Array.from({ length: shape[axis] ?? 1 }, (_, channel) => {
    const own = channelWeights(data, shape, axis, channel);
    const largest = largestMagnitude(own);
    return largest === 0 ? 1 / most : Math.max(leastErrorScale(own, largest, most, SHARES), SMALLEST_SCALE);
  });
}

/** Quotients of weights by less are no longer exact. */
const SMALLEST_SCALE = 2 ** -120;
