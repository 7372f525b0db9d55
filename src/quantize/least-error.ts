import { elements, type Shape } from '../core/value.ts';
import { clamp, roundHalfEven } from './rounding.ts';

/** The weights of an output channel, which lies along `axis`: all of them, or every so many-th. */
export function channelWeights(data: Float32Array, shape: Shape, axis: number, channel: number, every = 1): Float32Array {
  const [channels, inner] = [shape[axis] ?? 1, elements(shape.slice(axis + 1))];
  const at = (term: number) => (Math.floor(term / inner) * channels + channel) * inner + (term % inner);
  const count = Math.ceil(data.length / channels / every);
  return Float32Array.from({ length: count }, (_, i) => data[at(i * every)] ?? 0);
}

export function largestMagnitude(weights: Float32Array): number {
  return weights.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/**
 * Of the float32 scales by which the integer `most` stands for a share of the largest weight, the one that rounds the weights with the least
 * squared error: with few bits it pays to cut the largest off. `shares` fall from 1.
 */
export function leastErrorScale(weights: Float32Array, largest: number, most: number, shares: readonly number[]): number {
  let best = { scale: largest / most, error: Number.POSITIVE_INFINITY };
  for (const share of shares) {
    const scale = Math.fround((share * largest) / most);
    if (scale === 0) break;
    const error = weights.reduce(
      (sum, value) => sum + (value - scale * clamp(roundHalfEven(value / scale), -most, most)) ** 2,
      0,
    );
    if (error < best.error) best = { scale, error };
  }
  return best.scale;
}
