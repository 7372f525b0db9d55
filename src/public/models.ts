// Models and what they are made of, with their arguments checked.
import { ANY, checked, checkedAlone, LIST, NUMBER, optional, RECORD } from '../core/arguments.ts';
import { describe as describeModel } from '../model/describe.ts';
import * as initialisers from '../model/initialisers.ts';
import { MODEL } from '../model/kind.ts';
import * as layers from '../model/layers.ts';
import * as models from '../model/model.ts';
import { table as modelTable } from '../model/table.ts';
import { mlp as mlpModel } from '../zoo/babu.ts';
import { ke as keModel } from '../zoo/ke.ts';

export { glorotUniform, heNormal, zeros } from '../model/initialisers.ts';
export { branch, residual } from '../model/layers.ts';
export { parseModel } from '../model/model.ts';

const OPTIONS = { options: optional(RECORD) };

/** N(0, stddev^2). */
export const normal = /* @__PURE__ */ checked('normal(0.01)', () => ({ stddev: NUMBER }), initialisers.normal);
/** N(0, stddev^2) with draws beyond two standard deviations drawn again. */
export const truncatedNormal = /* @__PURE__ */ checked(
  'truncatedNormal(0.01)',
  () => ({ stddev: NUMBER }),
  initialisers.truncatedNormal,
);
/** All `value`. */
export const constant = /* @__PURE__ */ checked('constant(0.1)', () => ({ value: NUMBER }), initialisers.constant);

/** [H,W,C] -> [H',W',filters]. Every constructor here throws an OptionError for an option that is unknown or wrong. */
export const conv2d = /* @__PURE__ */ checked(
  "conv2d(32, 3, { activation: 'relu' })",
  () => ({ filters: NUMBER, kernel: ANY, ...OPTIONS }),
  layers.conv2d,
);
/** [H,W,C] -> [H',W',C * multiplier]. */
export const depthwiseConv2d = /* @__PURE__ */ checked(
  "depthwiseConv2d(3, { activation: 'relu' })",
  () => ({ kernel: ANY, ...OPTIONS }),
  layers.depthwiseConv2d,
);
const NAMED = "for a name of its own { ...flatten(), name: 'features' }, with any layer in place of flatten()";

/** [H,W,C] -> [H',W',C]; the strides are the window's size unless given. */
export const maxPool2d = /* @__PURE__ */ checked(
  'maxPool2d(2, { strides: 2 })',
  () => ({ size: ANY, ...OPTIONS }),
  layers.maxPool2d,
);
/** [H,W,C] -> [H',W',C]; the strides are the window's size unless given, and padding is not counted. */
export const avgPool2d = /* @__PURE__ */ checked(
  'avgPool2d(2, { strides: 2 })',
  () => ({ size: ANY, ...OPTIONS }),
  layers.avgPool2d,
);
/** [IN] -> [units]. */
export const dense = /* @__PURE__ */ checked(
  "dense(10, { activation: 'relu' })",
  () => ({ units: NUMBER, ...OPTIONS }),
  layers.dense,
);
/** In training, drops each element with probability `rate` and scales the others by 1 / (1 - rate). */
export const dropout = /* @__PURE__ */ checkedAlone('dropout(0.5)', () => ({ rate: NUMBER }), NAMED, layers.dropout);
/** Batch normalisation over all axes but the last. */
export const batchNorm = /* @__PURE__ */ checked('batchNorm({ momentum: 0.9 })', () => OPTIONS, layers.batchNorm);
/** An activation of each element; of all of the last axis together, for 'softmax'. */
export const activation = /* @__PURE__ */ checkedAlone("activation('relu')", () => ({ kind: ANY }), NAMED, layers.activation);
/** [H,W,C] -> [H * W * C]. */
export const flatten = /* @__PURE__ */ checkedAlone('flatten()', () => ({}), NAMED, layers.flatten);
/** [H,W,C] -> [C]. */
export const globalAvgPool2d = /* @__PURE__ */ checkedAlone('globalAvgPool2d()', () => ({}), NAMED, layers.globalAvgPool2d);

/**
 * A model: the shape of one sample, [height, width, channels] or [size], and its layers in order. Throws an OptionError for
 * a layer that is wrong in itself and a ShapeError for one that does not fit its input; both name the layer.
 */
export const model = /* @__PURE__ */ checked(
  'model([28, 28, 1], [flatten(), dense(10)])',
  () => ({ input: LIST, layers: LIST }),
  models.model,
);
/** Counts a model's parameters, activations and multiply-accumulates, layer by layer and in all. */
export const describe = /* @__PURE__ */ checked('describe(model)', () => ({ model: MODEL }), describeModel);
/**
 * The layer table: output shape, parameters (biases included), activations and multiply-accumulates of each layer for one
 * sample, and their totals. Layers inside a branch or residual are indented.
 */
export const table = /* @__PURE__ */ checked('table(model)', () => ({ model: MODEL }), modelTable);

/**
 * A network of X. Ke, W. Cao, F. Lv, "Relationship between Complexity and Precision of Convolutional Neural Networks", there
 * for two classes: cuda-convnet's layers-19pct with the same number of filters in all convolutions, the reading that fits the study. Pools
 * are 3x3 with stride 2, the first of maxima, the others of averages; initial weights and weight decay are cuda-convnet's.
 */
export const ke = /* @__PURE__ */ checked('ke({ filters: 64, layers: 3 })', () => OPTIONS, keModel);
/** The dense networks of the double-descent study: `depth` hidden layers of `width` units with ReLU. */
export const mlp = /* @__PURE__ */ checked(
  'mlp({ inputs: 2, depth: 3, width: 10, outputs: 1 })',
  () => ({ options: RECORD }),
  mlpModel,
);
