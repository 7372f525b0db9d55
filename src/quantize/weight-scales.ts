import { elements } from '../core/value.ts';
import type { Constant } from '../deploy/operations.ts';
import { clamp, roundHalfEven } from './rounding.ts';
import { largestInteger, type WeightBits } from './types.ts';

/** Shares of the largest weight that the largest integer may stand for. */
const SHARES = /* @__PURE__ */ Array.from({ length: 36 }, (_, i) => 1 - i / 50);

/**
 * For each output channel the scale that rounds its weights with the least squared error: with few bits it pays to cut the largest weights
 * off. A channel of zeros has that of a largest weight of 1.
 */
export function weightScales({ shape, data }: Constant, axis: number, bits: WeightBits): Float32Array {
  const most = largestInteger(bits);
  const inner = elements(shape.slice(axis + 1));
  const channels = shape[axis] ?? 1;
  return Float32Array.from({ length: channels }, (_, channel) => {
    const at = (term: number) => (Math.floor(term / inner) * channels + channel) * inner + (term % inner);
    const own = Float32Array.from({ length: data.length / channels }, (_, term) => data[at(term)] ?? 0);
    const largest = own.reduce((so, value) => Math.max(so, Math.abs(value)), 0);
    if (largest === 0) return 1 / most;
    let best = { scale: largest / most, error: Number.POSITIVE_INFINITY };
    for (const share of SHARES) {
      const scale = Math.fround((share * largest) / most);
      if (scale === 0) break;
      const error = own.reduce((sum, value) => sum + (value - scale * clamp(roundHalfEven(value / scale), -most, most)) ** 2, 0);
      if (error < best.error) best = { scale, error };
    }
    return Math.max(best.scale, SMALLEST_SCALE);
  });
}

/** Quotients of weights by less are no longer exact. */
const SMALLEST_SCALE = 2 ** -120;
