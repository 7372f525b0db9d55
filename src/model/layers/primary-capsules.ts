import { ANY, checked, NUMBER, optional, RECORD } from '../../core/arguments.ts';
import { ShapeError } from '../../core/errors.ts';
import type { Padding, Pair } from '../../core/geometry.ts';
import { elements, type Shape } from '../../core/value.ts';
import { channelsOf } from '../../graph/tensor.ts';
import { reshape } from '../../ops/reshape.ts';
import * as field from '../fields.ts';
import { type ConvolutionOptions, convolutionMacs, convolvedShape, lowerConvolution, windowFields } from './convolution.ts';
import type { SimpleDefinition } from './definition.ts';
import { image } from './image.ts';
import { makeLayer, withShared } from './make.ts';
import { squash } from './squash.ts';
import { LINEAR_FIELDS, type LinearLayer, linearFields, weightAndBias } from './weighted.ts';

export interface PrimaryCapsulesLayer extends LinearLayer {
  readonly type: 'primaryCapsules';
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilations: Pair;
  /** Numbers of a capsule. */
  readonly dimension: number;
}

export type PrimaryCapsulesOptions = Omit<ConvolutionOptions, 'activation'>;

/**
 * [H,W,C] -> [H',W' * C / dimension,dimension]: a convolution of each channel by itself, whose channels become capsules, `dimension` of them
 * each (which must divide C), squashed to lengths below 1. Capsules are the pixels of an image, their numbers its channels.
 */
export const primaryCapsules = /* @__PURE__ */ checked(
  'primaryCapsules(9, 8)',
  () => ({ kernel: ANY, dimension: NUMBER, options: optional(RECORD) }),
  (kernel: number | Pair, dimension: number, options?: PrimaryCapsulesOptions) =>
    makeLayer(primaryCapsulesDefinition, { kernel, dimension }, options),
);

export const primaryCapsulesDefinition: SimpleDefinition<PrimaryCapsulesLayer> = {
  type: 'primaryCapsules',
  fields: /* @__PURE__ */ withShared(['kernel', 'strides', 'padding', 'dilations', 'dimension'], LINEAR_FIELDS),
  complete: (where, fields) => ({
    ...windowFields(where, fields),
    dimension: field.positiveInteger(where, 'dimension', fields.dimension),
    ...linearFields(where, fields, 'glorotUniform'),
  }),
  outputShape(where, layer, input) {
    const { dimension } = layer;
    const channels = image(where, input)[2];
    if (channels % dimension !== 0)
      throw new ShapeError(`${where}: the dimension of a capsule, ${dimension}, must divide the ${channels} channels`);
    const [height = 1, width = 1] = convolvedShape(where, layer, input, channels);
    return [height, (width * channels) / dimension, dimension];
  },
  /** A filter [KH,KW,1,C] and a bias [C]. Its fans are those that Keras counts, with which the published networks begin. */
  weights(layer, input) {
    const channels = channelsOf(input);
    const [height, width] = layer.kernel;
    const area = height * width;
    const fans = { fanIn: area, fanOut: area * channels };
    return weightAndBias(layer, 'filter', [height, width, 1, channels], channels, fans);
  },
  carriesData: true,
  macs: (layer, input, output) => convolutionMacs(layer, input, output, channelsOf(input)),
  lower(layer, x, lowering) {
    const y = lowerConvolution(layer, x, lowering, channelsOf(x.shape));
    return squash(reshape(y, capsulesOf(y.shape, layer.dimension)));
  },
};

function capsulesOf(shape: Shape, dimension: number): Shape {
  const [batch = 1, height = 1] = shape;
  return [batch, height, elements(shape) / (batch * height * dimension), dimension];
}
