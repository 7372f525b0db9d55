import { ANY, checked, NUMBER, optional, RECORD } from '../../core/arguments.ts';
import { ShapeError } from '../../core/errors.ts';
import { type Pair, windowGeometry } from '../../core/geometry.ts';
import { elements, formatShape } from '../../core/value.ts';
import { conv2dTranspose as transposed, transposedSize } from '../../ops/conv2d-transpose.ts';
import * as field from '../fields.ts';
import type { Conv2dOptions } from './conv2d.ts';
import { CONVOLUTION_FIELDS, type ConvolutionLayer, windowFields } from './convolution.ts';
import type { SimpleDefinition } from './definition.ts';
import { checkGroups, image } from './image.ts';
import { makeLayer, withShared } from './make.ts';
import { weightAndBias, weightedFields } from './weighted.ts';

export interface Conv2dTransposeLayer extends ConvolutionLayer {
  readonly type: 'conv2dTranspose';
  readonly filters: number;
  readonly groups: number;
}

/**
 * [H,W,C] -> [H',W',filters], the way back of a convolution of these strides and padding, as in Keras: 'same' gives H * stride, 'valid'
 * H * stride + max(kernel - stride, 0), [top, bottom, left, right] takes as much from (H - 1) * stride + kernel (PyTorch).
 */
export const conv2dTranspose = /* @__PURE__ */ checked(
  'conv2dTranspose(32, 2, { strides: 2 })',
  () => ({ filters: NUMBER, kernel: ANY, options: optional(RECORD) }),
  (filters: number, kernel: number | Pair, options?: Conv2dOptions) =>
    makeLayer(conv2dTransposeDefinition, { filters, kernel }, options),
);

export const conv2dTransposeDefinition: SimpleDefinition<Conv2dTransposeLayer> = {
  type: 'conv2dTranspose',
  fields: /* @__PURE__ */ withShared(['filters', 'groups'], CONVOLUTION_FIELDS),
  complete: (where, fields) => ({
    filters: field.positiveInteger(where, 'filters', fields.filters),
    ...windowFields(where, fields),
    groups: field.positiveInteger(where, 'groups', fields.groups ?? 1),
    ...weightedFields(where, fields, 'heNormal'),
  }),
  outputShape(where, { filters, groups, kernel, strides, padding, dilations }, input) {
    const [height, width, channels] = image(where, input);
    checkGroups(where, groups, channels, filters);
    const sides = typeof padding === 'string' ? undefined : padding;
    const output = [
      transposedSize(height, kernel[0], strides[0], dilations[0], sides ? [sides[0], sides[1]] : (padding as 'same' | 'valid')),
      transposedSize(width, kernel[1], strides[1], dilations[1], sides ? [sides[2], sides[3]] : (padding as 'same' | 'valid')),
    ] as const;
    if (output.some((size) => size < 1))
      throw new ShapeError(`${where}: its padding leaves nothing of the output, ${formatShape(output)}; pad by less`);
    // Throws where windows reach farther than shaders count.
    windowGeometry(where, output, kernel, strides, padding, dilations);
    return [...output, filters];
  },
  /** A filter [KH,KW,filters/groups,C], as Keras has it, and a bias [filters]. Each output element sums over a share of the window. */
  weights(layer, input) {
    const [channels = 1] = input.slice(-1);
    const { kernel, strides, filters, groups } = layer;
    const area = elements(kernel);
    const fans = { fanIn: (area * channels) / (groups * elements(strides)), fanOut: (area * filters) / groups };
    return weightAndBias(layer, 'filter', [...kernel, filters / groups, channels], filters, fans);
  },
  carriesData: true,
  /** Each element of the input goes into one window of its group's filters. */
  macs: (layer, input) => elements(input) * ((elements(layer.kernel) * layer.filters) / layer.groups),
  lower(layer, x, lowering) {
    const { strides, padding, dilations, groups, activation } = layer;
    return transposed(
      { x, filter: lowering.weight('filter'), bias: layer.bias ? lowering.weight('bias') : undefined },
      { strides, padding, dilations, groups, activation },
    );
  },
};
