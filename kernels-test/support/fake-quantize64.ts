import { elements, type Shape } from '../../src/core/value.ts';
import { clamp, roundHalfEven } from '../../src/quantize/rounding.ts';

export interface FakeQuantized64 {
  readonly y: Float64Array;
  readonly ofWeights: Float64Array;
  readonly ofLogScale: Float64Array;
  /** Of each channel: the sum of the magnitudes of what `ofLogScale` adds, times the largest error of w / scale; and its factor. */
  readonly magnitudes: Float64Array;
}

/** Weights as integers hold them and the gradients straight through, in float64; see shaders/fake-quantize/. */
export function fakeQuantize64(
  { data, shape }: { readonly data: ArrayLike<number>; readonly shape: Shape },
  logScale: ArrayLike<number>,
  axis: number,
  levels: number,
  dy: ArrayLike<number>,
): FakeQuantized64 {
  const inner = elements(shape.slice(axis + 1));
  const channels = shape[axis] ?? 1;
  const [y, ofWeights] = [new Float64Array(data.length), new Float64Array(data.length)];
  const [ofLogScale, magnitudes] = [new Float64Array(channels), new Float64Array(channels)];
  const gain = 1 / Math.sqrt((data.length / channels) * levels);
  for (let i = 0; i < data.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    const scale = Math.exp(logScale[channel] ?? Number.NaN);
    const ratio = (data[i] ?? Number.NaN) / scale;
    const inside = Math.abs(ratio) <= levels + 0.5;
    const integer = clamp(roundHalfEven(ratio), -levels, levels);
    const gradient = dy[i] ?? Number.NaN;
    y[i] = integer * scale;
    ofWeights[i] = inside ? gradient : 0;
    ofLogScale[channel] = (ofLogScale[channel] ?? 0) + (gain / scale) * gradient * (inside ? integer - ratio : integer);
    magnitudes[channel] = (magnitudes[channel] ?? 0) + (gain / scale) * Math.abs(gradient) * (levels + 1);
  }
  return { y, ofWeights, ofLogScale, magnitudes };
}
