import type { WindowGeometry } from '../../core/geometry.ts';
import type { Shape } from '../../core/value.ts';
import type { Constant, Conv2dOperation, DenseOperation } from '../../deploy/operations.ts';
import { channelsOf } from '../../graph/tensor.ts';
import { lastAxisFirst } from './filters.ts';
import { padded } from './padding.ts';
import { PADDINGS } from './schema.ts';
import type { Subgraph, TensorIndex } from './subgraph.ts';
import { convolutionPadding, stridesOf } from './windows.ts';

export function convolution(
  subgraph: Subgraph,
  { filter, bias, window, groups }: Conv2dOperation,
  x: TensorIndex,
  shape: Shape,
): TensorIndex {
  const channels = channelsOf(subgraph.shapeOf(x));
  const outputs = channelsOf(shape);
  const [image, padding] = padded(subgraph, x, window, convolutionPadding(window), 0);
  const options = { padding: PADDINGS[padding], ...stridesOf(window), ...dilationsOf(window) };
  const biases = biasOf(subgraph, bias, outputs);
  if (groups === 1 || groups < channels) {
    const weights = subgraph.weights(filter, 'outputs first', lastAxisFirst);
    return subgraph.add('CONV_2D', [image, weights, biases], shape, options);
  }
  const weights = subgraph.weights(filter, 'depthwise', ({ shape: [height = 1, width = 1], data }) => ({
    shape: [1, height, width, outputs],
    data,
  }));
  return subgraph.add('DEPTHWISE_CONV_2D', [image, weights, biases], shape, { ...options, multiplier: outputs / channels });
}

export function dense(subgraph: Subgraph, { weights, bias }: DenseOperation, x: TensorIndex, shape: Shape): TensorIndex {
  const inputs = [x, subgraph.weights(weights, 'outputs first', lastAxisFirst), biasOf(subgraph, bias, channelsOf(shape))];
  return subgraph.add('FULLY_CONNECTED', inputs, shape);
}

/** Zeros where there is none: runtimes differ in whether they do without. */
function biasOf(subgraph: Subgraph, bias: Constant | undefined, size: number): TensorIndex {
  if (bias) return subgraph.vector(bias);
  return subgraph.numbers(`zeros ${size}`, () => ({ shape: [size], data: new Float32Array(size) }));
}

function dilationsOf({ dilationHeight, dilationWidth }: WindowGeometry) {
  return { dilationWidth, dilationHeight };
}
