// Models and what they are made of, with their arguments checked.
import { checked, LIST, NUMBER, optional, RECORD } from '../core/arguments.ts';
import { describe as describeModel } from '../model/describe.ts';
import * as initialisers from '../model/initialisers.ts';
import { MODEL } from '../model/kind.ts';
import * as models from '../model/model.ts';
import { table as modelTable } from '../model/table.ts';
import { mlp as mlpModel } from '../zoo/babu.ts';
import { ke as keModel } from '../zoo/ke.ts';

export { glorotUniform, heNormal, zeros } from '../model/initialisers.ts';
export * from '../model/layers.ts';
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
