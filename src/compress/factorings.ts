import type { Padding } from '../core/geometry.ts';
import type { Shape } from '../core/value.ts';
import type { Conv2dLayer } from '../model/layers/conv2d.ts';
import type { ResolvedLayer } from '../model/resolve.ts';
import type { Layer } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';

/** How a convolution becomes two: a column of the window, then a row; or the window, then a 1 x 1. */
export type FactorForm = 'spatial' | 'channels';

/** A layer's weights as a matrix whose factors are those of two layers. */
export interface Factoring {
  readonly form: FactorForm | 'dense';
  readonly rows: number;
  readonly columns: number;
  at(row: number, column: number): number;
  /** Numbers of the bias, which the second layer keeps. */
  readonly bias: number;
  /** The two layers with so many features between them, and the shapes of their weights. */
  layers(rank: number): readonly [Layer, Layer];
  shapes(rank: number): readonly [Shape, Shape];
  /** Where in the second one's weights a column of feature k lies [k rows of columns]. */
  second?(rank: number, k: number, column: number): number;
}

/** All ways in which a layer can become two; none for one of another type, in groups, or whose weights others have too. */
export function factoringsOf({ layer, name, parameters, weightsOf, inputShape }: ResolvedLayer, weights: Weights): Factoring[] {
  const [parameter] = parameters;
  const data = parameter && weights.get(parameter.name)?.data;
  if (!data || weightsOf !== name || ('shared' in layer && layer.shared !== undefined)) return [];
  if (layer.type === 'dense') {
    const [rows = 1] = inputShape;
    const columns = layer.units;
    return [
      {
        form: 'dense',
        rows,
        columns,
        at: (row, column) => data[row * columns + column] ?? 0,
        bias: layer.bias ? columns : 0,
        layers: (rank) => [{ ...inner(layer), units: rank }, layer],
        shapes: (rank) => [
          [rows, rank],
          [rank, columns],
        ],
      },
    ];
  }
  if (layer.type !== 'conv2d' || layer.groups > 1) return [];
  const [height, width] = layer.kernel;
  const channels = inputShape.at(-1) ?? 1;
  return [...(height > 1 && width > 1 ? [spatial(layer, channels, data)] : []), windowAndMix(layer, channels, data)];
}

/** The first of two layers: neither bias nor activation, and a name of its own. */
function inner<L extends Layer & { readonly bias: boolean; readonly activation?: unknown }>(layer: L): L {
  const { activation: _, ...rest } = layer;
  return {
    ...rest,
    bias: false,
    biasInit: { type: 'zeros' },
    ...(layer.name !== undefined && { name: `${layer.name}_first` }),
  } as L;
}

function spatial(layer: Conv2dLayer, channels: number, data: Float32Array): Factoring {
  const { filters, strides, dilations, padding, bias } = layer;
  const [height, width] = layer.kernel;
  const columns = width * filters;
  return {
    form: 'spatial',
    rows: height * channels,
    columns,
    at(row, column) {
      const [down, channel] = [Math.floor(row / channels), row % channels];
      const [right, filter] = [Math.floor(column / filters), column % filters];
      return data[((down * width + right) * channels + channel) * filters + filter] ?? 0;
    },
    bias: bias ? filters : 0,
    layers: (rank) => [
      {
        ...inner(layer),
        filters: rank,
        kernel: [height, 1],
        strides: [strides[0], 1],
        dilations: [dilations[0], 1],
        padding: along(padding, 0),
      },
      { ...layer, kernel: [1, width], strides: [1, strides[1]], dilations: [1, dilations[1]], padding: along(padding, 1) },
    ],
    shapes: (rank) => [
      [height, 1, channels, rank],
      [1, width, rank, filters],
    ],
    second: (rank, k, column) => (Math.floor(column / filters) * rank + k) * filters + (column % filters),
  };
}

function windowAndMix(layer: Conv2dLayer, channels: number, data: Float32Array): Factoring {
  const { filters, bias } = layer;
  const [height, width] = layer.kernel;
  return {
    form: 'channels',
    rows: height * width * channels,
    columns: filters,
    at: (row, column) => data[row * filters + column] ?? 0,
    bias: bias ? filters : 0,
    layers: (rank) => [
      { ...inner(layer), filters: rank },
      { ...layer, kernel: [1, 1], strides: [1, 1], dilations: [1, 1], padding: 'valid' },
    ],
    shapes: (rank) => [
      [height, width, channels, rank],
      [1, 1, rank, filters],
    ],
  };
}

/** A padding of one axis, 0 for height and 1 for width, and none of the other. */
function along(padding: Padding, axis: 0 | 1): Padding {
  if (typeof padding === 'string') return padding;
  const [top, bottom, left, right] = padding;
  return axis === 0 ? [top, bottom, 0, 0] : [0, 0, left, right];
}
