import type { Pair } from '../../core/geometry.ts';
import { elements, type Shape } from '../../core/value.ts';
import { channelsOf } from '../../graph/tensor.ts';
import type { Subgraph, TensorIndex } from './subgraph.ts';

/** To this shape of one sample, of however many. */
export function reshape(subgraph: Subgraph, x: TensorIndex, shape: Shape): TensorIndex {
  return subgraph.add('RESHAPE', [x], [1, ...shape], { shape: [-1, ...shape] });
}

export function channelShuffle(subgraph: Subgraph, groups: number, x: TensorIndex, shape: Shape): TensorIndex {
  const channels = channelsOf(shape);
  const pixels = elements(shape) / channels;
  const grouped = reshape(subgraph, x, [pixels, groups, channels / groups]);
  const turned = subgraph.add('TRANSPOSE', [grouped, subgraph.integers([0, 1, 3, 2])], [1, pixels, channels / groups, groups]);
  return reshape(subgraph, turned, shape);
}

export function upsample(subgraph: Subgraph, factor: Pair, x: TensorIndex, shape: Shape): TensorIndex {
  const [, height = 1, width = 1] = shape;
  const options = nearestOptions(subgraph.shapeOf(x), factor);
  return subgraph.add('RESIZE_NEAREST_NEIGHBOR', [x, subgraph.integers([height, width])], shape, options);
}

/** Runtimes take pixel i from floor(i * (input / output)), in float32. Where that is wrong, the middle of the pixel is right. */
export function nearestOptions([, height = 1, width = 1]: Shape, factor: Pair): { readonly halfPixelCenters?: number } {
  return repeatsExactly(height, factor[0]) && repeatsExactly(width, factor[1]) ? {} : { halfPixelCenters: 1 };
}

function repeatsExactly(size: number, factor: number): boolean {
  const scale = Math.fround(size / (size * factor));
  for (let i = 0; i < size * factor; i++) if (Math.floor(Math.fround(i * scale)) !== Math.floor(i / factor)) return false;
  return true;
}
