import { type Padding, type Pair, windowGeometry } from '../../core/geometry.ts';
import { elements, type Shape } from '../../core/value.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { conv2d } from '../../ops/conv2d.ts';
import * as field from '../fields.ts';
import type { LayerLowering, Weight } from './definition.ts';
import { image } from './image.ts';
import { WEIGHTED_FIELDS, type WeightedLayer, type WeightedOptions, weightAndBias } from './weighted.ts';

/** What the convolutions share. */
export interface ConvolutionLayer extends WeightedLayer {
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilations: Pair;
}

export interface ConvolutionOptions extends WeightedOptions {
  readonly strides?: number | Pair;
  readonly padding?: Padding;
  readonly dilations?: number | Pair;
}

export const CONVOLUTION_FIELDS = ['kernel', 'strides', 'padding', 'dilations', ...WEIGHTED_FIELDS] as const;

export function windowFields(where: string, fields: field.Fields) {
  return {
    kernel: field.pair(where, 'kernel', fields.kernel),
    strides: field.pair(where, 'strides', fields.strides ?? 1),
    padding: field.padding(where, fields.padding),
    dilations: field.pair(where, 'dilations', fields.dilations ?? 1),
  };
}

export function convolvedShape(where: string, layer: ConvolutionLayer, input: Shape, filters: number): Shape {
  const [height, width] = image(where, input);
  const window = windowGeometry(where, [height, width], layer.kernel, layer.strides, layer.padding, layer.dilations);
  return [window.outputHeight, window.outputWidth, filters];
}

/** A filter [KH,KW,C/groups,K] and a bias [K]. */
export function convolutionWeights(layer: ConvolutionLayer, input: Shape, output: Shape, groups: number): Weight[] {
  const [channels = 1, filters = 1] = [input.at(-1), output.at(-1)];
  const [height, width] = layer.kernel;
  const area = height * width;
  const fans = { fanIn: (area * channels) / groups, fanOut: (area * filters) / groups };
  return weightAndBias(layer, 'filter', [height, width, channels / groups, filters], filters, fans);
}

/** Each element of the output sums over one window of its group's channels. */
export function convolutionMacs(layer: ConvolutionLayer, input: Shape, output: Shape, groups: number): number {
  return elements(output) * ((elements(layer.kernel) * (input.at(-1) ?? 1)) / groups);
}

export function lowerConvolution(layer: ConvolutionLayer, x: Tensor, lowering: LayerLowering, groups: number): Tensor {
  const { strides, padding, dilations, activation } = layer;
  return conv2d(
    { x, filter: lowering.weight('filter'), bias: layer.bias ? lowering.weight('bias') : undefined },
    { strides, padding, dilations, groups, activation },
  );
}
