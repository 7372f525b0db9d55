import { elements, type Shape } from '../../core/value.ts';

/** Weights of a channel that a scale is chosen by, and scales that are tried. */
const SAMPLE = 1024;
const TRIED = 20;

/**
 * A scale for each channel of weights along `axis`, by which integers of at most `levels` hold them with the least squared error among
 * those that reach from a twentieth of the channel's largest weight to all of it. Where all of a channel are 0, that of the largest scale of
 * the others, or of weights as large as one over the root of their number.
 */
export function firstScales(data: Float32Array, shape: Shape, axis: number, levels: number): Float64Array {
  const [outer, channels, inner] = [elements(shape.slice(0, axis)), shape[axis] ?? 1, elements(shape.slice(axis + 1))];
  const count = outer * inner;
  const step = Math.ceil(count / SAMPLE);
  const scales = Float64Array.from({ length: channels }, (_, channel) => {
    const at = (term: number) => data[(Math.floor(term / inner) * channels + channel) * inner + (term % inner)] ?? 0;
    let largest = 0;
    for (let term = 0; term < count; term++) largest = Math.max(largest, Math.abs(at(term)));
    const sample = Float64Array.from({ length: Math.ceil(count / step) }, (_, i) => at(i * step));
    return largest === 0 ? 0 : bestScale(sample, largest, levels);
  });
  const most = scales.reduce((a, b) => Math.max(a, b), 0);
  const fallback = most > 0 ? most : 1 / (levels * Math.sqrt(count));
  return scales.map((scale) => (scale > 0 ? scale : fallback));
}

function bestScale(sample: Float64Array, largest: number, levels: number): number {
  let best = { scale: largest / levels, error: Number.POSITIVE_INFINITY };
  for (let tried = TRIED; tried > 0; tried--) {
    const scale = (largest * tried) / (TRIED * levels);
    let error = 0;
    for (const weight of sample) {
      const integer = Math.min(levels, Math.round(Math.abs(weight) / scale));
      error += (Math.abs(weight) - integer * scale) ** 2;
    }
    if (error < best.error) best = { scale, error };
  }
  return best.scale;
}
