import { ANY, checked, NUMBER, optional, RECORD } from '../../core/arguments.ts';
import type { Pair } from '../../core/geometry.ts';
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
import { checkGroups, image } from './image.ts';
import { makeLayer, withShared } from './make.ts';
import { weightedFields } from './weighted.ts';

export interface Conv2dLayer extends ConvolutionLayer {
  readonly type: 'conv2d';
  readonly filters: number;
  readonly groups: number;
}

export interface Conv2dOptions extends ConvolutionOptions {
  readonly groups?: number;
}

/** [H,W,C] -> [H',W',filters]. Every maker of a layer throws an OptionError for an option that is unknown or wrong. */
export const conv2d = /* @__PURE__ */ checked(
  "conv2d(32, 3, { activation: 'relu' })",
  () => ({ filters: NUMBER, kernel: ANY, options: optional(RECORD) }),
  (filters: number, kernel: number | Pair, options?: Conv2dOptions) => makeLayer(conv2dDefinition, { filters, kernel }, options),
);

export const conv2dDefinition: SimpleDefinition<Conv2dLayer> = {
  type: 'conv2d',
  fields: /* @__PURE__ */ withShared(['filters', 'groups'], CONVOLUTION_FIELDS),
  complete: (where, fields) => ({
    filters: field.positiveInteger(where, 'filters', fields.filters),
    ...windowFields(where, fields),
    groups: field.positiveInteger(where, 'groups', fields.groups ?? 1),
    ...weightedFields(where, fields, 'heNormal'),
  }),
  outputShape(where, layer, input) {
    checkGroups(where, layer.groups, image(where, input)[2], layer.filters);
    return convolvedShape(where, layer, input, layer.filters);
  },
  weights: (layer, input, output) => convolutionWeights(layer, input, output, layer.groups),
  carriesData: true,
  macs: (layer, input, output) => convolutionMacs(layer, input, output, layer.groups),
  lower: (layer, x, lowering) => lowerConvolution(layer, x, lowering, layer.groups),
};
