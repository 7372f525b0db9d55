import { OptionError } from '../../core/errors.ts';
import type { Pair, WindowGeometry } from '../../core/geometry.ts';
import type { Shape, Value } from '../../core/value.ts';
import type { Conv2dTransposeOperation } from '../../deploy/operations.ts';
import { channelsOf } from '../../graph/tensor.ts';
import { transposedFilter } from './filters.ts';
import { PADDINGS } from './schema.ts';
import type { Subgraph, TensorIndex } from './subgraph.ts';
import { namedPadding, sidesOf, stridesOf } from './windows.ts';
import { MOST_FILE_BYTES } from './write.ts';

/**
 * TRANSPOSE_CONV has neither groups, so the groups' channels are taken apart and what is made of them put together, nor dilations, so
 * the filter has zeros between its elements.
 */
export function transposedConvolution(
  subgraph: Subgraph,
  operation: Conv2dTransposeOperation,
  x: TensorIndex,
  shape: Shape,
): TensorIndex {
  const { groups } = operation;
  checkFilter(operation);
  if (groups === 1) return group(subgraph, operation, 0, x, shape);
  const [xShape, groupShape] = [withChannels(subgraph.shapeOf(x), groups), withChannels(shape, groups)];
  const parts = Array.from({ length: groups }, () => subgraph.tensor(xShape));
  subgraph.addTo('SPLIT', [subgraph.integers([3], []), x], parts, { splits: groups });
  const made = parts.map((part, index) => group(subgraph, operation, index, part, groupShape));
  return subgraph.add('CONCATENATION', made, shape, { axis: 3 });
}

/** Padding that has no name cuts rows and columns off the result without padding. */
function group(
  subgraph: Subgraph,
  { filter, bias, window }: Conv2dTransposeOperation,
  index: number,
  x: TensorIndex,
  shape: Shape,
): TensorIndex {
  const [, height = 1, width = 1, outputs = 1] = shape;
  const named = namedPadding(window);
  const [top, bottom, left, right] = named ? [0, 0, 0, 0] : sidesOf(window);
  const whole = [1, height + top + bottom, width + left + right, outputs];
  const channels = channelsOf(subgraph.shapeOf(x));
  const dilations: Pair = [window.dilationHeight, window.dilationWidth];
  const weights = subgraph.weights(filter, `channels ${index * channels} + ${channels}, dilated by ${dilations}`, (value) =>
    transposedFilter(value, dilations, index * channels, channels),
  );
  const own = ({ data }: Value) => ({ shape: [outputs], data: data.slice(index * outputs, (index + 1) * outputs) });
  const biases = bias ? [subgraph.weights(bias, `channels ${index * outputs} + ${outputs}`, own)] : [];
  const options = { padding: PADDINGS[named ?? 'valid'], ...stridesOf(window) };
  const made = subgraph.add('TRANSPOSE_CONV', [subgraph.integers(whole), weights, x, ...biases], whole, options);
  if (named) return made;
  return subgraph.add('SLICE', [made, subgraph.integers([0, top, left, 0]), subgraph.integers([-1, height, width, -1])], shape);
}

function checkFilter({ layer, filter, window }: Conv2dTransposeOperation): void {
  const [, , outputs = 1, inputs = 1] = filter.shape;
  const bytes =
    4 * extent(window.windowHeight, window.dilationHeight) * extent(window.windowWidth, window.dilationWidth) * outputs * inputs;
  if (bytes > MOST_FILE_BYTES)
    throw new OptionError(
      `${layer}: TensorFlow Lite has no dilations of a transposed convolution, and its filter with zeros in between takes ${bytes} bytes, ` +
        `more than the ${MOST_FILE_BYTES} of a file; use smaller dilations`,
    );
}

function extent(size: WindowGeometry['windowHeight'], dilation: number): number {
  return (size - 1) * dilation + 1;
}

function withChannels(shape: Shape, groups: number): Shape {
  return [...shape.slice(0, -1), channelsOf(shape) / groups];
}
