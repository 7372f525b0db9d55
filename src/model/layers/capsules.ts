import { checked, NUMBER, optional, RECORD } from '../../core/arguments.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { add } from '../../ops/arithmetic.ts';
import { conv2d } from '../../ops/conv2d.ts';
import { summed } from '../../ops/reduction.ts';
import { reshape } from '../../ops/reshape.ts';
import { softmax } from '../../ops/softmax.ts';
import * as field from '../fields.ts';
import type { SimpleDefinition } from './definition.ts';
import { image } from './image.ts';
import { makeLayer, withShared } from './make.ts';
import { squash } from './squash.ts';
import { LINEAR_FIELDS, type LinearLayer, type LinearOptions, linearFields } from './weighted.ts';

export interface CapsulesLayer extends LinearLayer {
  readonly type: 'capsules';
  readonly count: number;
  /** Numbers of a capsule. */
  readonly dimension: number;
}

/**
 * [H,W,D] -> [1,count,dimension]: capsules that see all H * W capsules of D numbers, routed by self-attention, once and without iterations
 * (V. Mazzia, F. Salvetti and M. Chiaberge, "Efficient-CapsNet", 2021). What capsule i predicts of k is u[k,i] = x[i] weights[:,i,k,:];
 * it counts by softmax over k of (u[k,i] . sum over i of u[k,i]) / sqrt(dimension), plus bias[i,k]; the sum over i is squashed.
 */
export const capsules = /* @__PURE__ */ checked(
  'capsules(10, 16)',
  () => ({ count: NUMBER, dimension: NUMBER, options: optional(RECORD) }),
  (count: number, dimension: number, options?: LinearOptions) => makeLayer(capsulesDefinition, { count, dimension }, options),
);

export const capsulesDefinition: SimpleDefinition<CapsulesLayer> = {
  type: 'capsules',
  fields: /* @__PURE__ */ withShared(['count', 'dimension'], LINEAR_FIELDS),
  complete: (where, fields) => ({
    count: field.positiveInteger(where, 'count', fields.count),
    dimension: field.positiveInteger(where, 'dimension', fields.dimension),
    ...linearFields(where, fields, 'heNormal'),
  }),
  outputShape(where, { count, dimension }, input) {
    image(where, input);
    return [1, count, dimension];
  },
  /** Weights [D,H * W,count,dimension] and a bias [H * W,count]. Their fans are those that Keras counts of the pairs of capsules. */
  weights(layer, input) {
    const { count, dimension, init, weightDecay } = layer;
    const [height = 1, width = 1, size = 1] = input;
    const given = height * width;
    const fans = { fanIn: given * count * size, fanOut: given * count * dimension };
    const weights = { role: 'weights', shape: [size, given, count, dimension], init, ...fans, weightDecay };
    if (!layer.bias) return [weights];
    return [weights, { role: 'bias', shape: [given, count], init: layer.biasInit, ...fans, weightDecay: 0 }];
  },
  carriesData: true,
  /** The predictions, how far they agree, and their sums. */
  macs({ count, dimension }, [height = 1, width = 1, size = 1]) {
    return height * width * count * dimension * (size + 2);
  },
  lower(layer, x, lowering) {
    const { count, dimension } = layer;
    const predictions = predicted(x, lowering.weight('weights'), layer);
    const [batch = 1, given = 1] = predictions.shape;
    const bias = layer.bias ? lowering.weight('bias') : undefined;
    const shares = reshape(sharesOf(predictions, bias), [batch, given, count, 1]);
    const sums = summed('capsules', 'multiply', { a: predictions, b: shares }, { axes: [1], shape: [batch, count, dimension] });
    return reshape(squash(sums), [batch, 1, count, dimension]);
  },
};

/** What each of I capsules predicts of each, a group of a convolution of one pixel: [N,I,count,dimension]. */
function predicted(x: Tensor, weights: Tensor, { count, dimension }: CapsulesLayer): Tensor {
  const [batch = 1, height = 1, width = 1, size = 1] = x.shape;
  const given = height * width;
  const filter = reshape(weights, [1, 1, size, given * count * dimension]);
  const products = conv2d({ x: reshape(x, [batch, 1, 1, given * size]), filter }, { groups: given });
  return reshape(products, [batch, given, count, dimension]);
}

/** How much each prediction counts: [N,I,count]. */
function sharesOf(predictions: Tensor, bias: Tensor | undefined): Tensor {
  const [batch = 1, given = 1, count = 1, dimension = 1] = predictions.shape;
  const together = summed('capsules', 'copy', { a: predictions }, { axes: [1], shape: [batch, 1, count, dimension] });
  const agreement = summed(
    'capsules',
    'multiply',
    { a: predictions, b: together },
    { axes: [3], shape: [batch, given, count], factor: 1 / Math.sqrt(dimension) },
  );
  const shares = softmax({ x: agreement });
  return bias ? add({ a: shares, b: bias }) : shares;
}
