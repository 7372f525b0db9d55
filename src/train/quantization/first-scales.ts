import { elements, type Shape } from '../../core/value.ts';
import { channelWeights, largestMagnitude, leastErrorScale } from '../../quantize/least-error.ts';

/** Weights of a channel that a scale is chosen by. */
const SAMPLE = 1024;
/** Shares of the largest weight that are tried: training moves the scale on. */
const SHARES = /* @__PURE__ */ Array.from({ length: 20 }, (_, i) => 1 - i / 20);

/**
 * A scale for each channel of weights along `axis`, of the least squared error for integers of at most `levels`. Where all of a channel are
 * 0, that of the largest scale of the others, or of weights as large as one over the root of their number.
 */
export function firstScales(data: Float32Array, shape: Shape, axis: number, levels: number): Float64Array {
  const channels = shape[axis] ?? 1;
  const count = elements(shape) / channels;
  const scales = Float64Array.from({ length: channels }, (_, channel) => {
    const largest = largestMagnitude(channelWeights(data, shape, axis, channel));
    if (largest === 0) return 0;
    return leastErrorScale(channelWeights(data, shape, axis, channel, Math.ceil(count / SAMPLE)), largest, levels, SHARES);
  });
  const most = scales.reduce((a, b) => Math.max(a, b), 0);
  const fallback = most > 0 ? most : 1 / (levels * Math.sqrt(count));
  return scales.map((scale) => (scale > 0 ? scale : fallback));
}
