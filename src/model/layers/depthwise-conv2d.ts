import { ANY, checked, optional, RECORD } from '../../core/arguments.ts';
import type { Pair } from '../../core/geometry.ts';
import { channelsOf } from '../../graph/tensor.ts';
import * as field from '../fields.ts';
import {
  CONVOLUTION_FIELDS,
  type ConvolutionLayer,
  type ConvolutionOptions,
  convolutionMacs,
  convolutionWeights,
  convolvedShape,
  lowerConvolution,
  windowFields,
} from './convolution.ts';
import type { SimpleDefinition } from './definition.ts';
import { image } from './image.ts';
import { makeLayer, withShared } from './make.ts';
import { weightedFields } from './weighted.ts';

/** Each input channel c has filters of its own, which make the output channels c * multiplier + m. */
export interface DepthwiseConv2dLayer extends ConvolutionLayer {
  readonly type: 'depthwiseConv2d';
  readonly multiplier: number;
}

export interface DepthwiseConv2dOptions extends ConvolutionOptions {
  readonly multiplier?: number;
}

/** [H,W,C] -> [H',W',C * multiplier]. */
export const depthwiseConv2d = /* @__PURE__ */ checked(
  "depthwiseConv2d(3, { activation: 'relu' })",
  () => ({ kernel: ANY, options: optional(RECORD) }),
  (kernel: number | Pair, options?: DepthwiseConv2dOptions) => makeLayer(depthwiseConv2dDefinition, { kernel }, options),
);

export const depthwiseConv2dDefinition: SimpleDefinition<DepthwiseConv2dLayer> = {
  type: 'depthwiseConv2d',
  fields: /* @__PURE__ */ withShared(['multiplier'], CONVOLUTION_FIELDS),
  complete: (where, fields) => ({
    ...windowFields(where, fields),
    multiplier: field.positiveInteger(where, 'multiplier', fields.multiplier ?? 1),
    ...weightedFields(where, fields, 'heNormal'),
  }),
  outputShape: (where, layer, input) => convolvedShape(where, layer, input, image(where, input)[2] * layer.multiplier),
  weights: (layer, input, output) => convolutionWeights(layer, input, output, channelsOf(input)),
  carriesData: true,
  macs: (layer, input, output) => convolutionMacs(layer, input, output, channelsOf(input)),
  lower: (layer, x, lowering) => lowerConvolution(layer, x, lowering, channelsOf(x.shape)),
};
