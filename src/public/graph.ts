// The graph layer, with its arguments checked.
import { checked, checkedAsync, LIST, listOf, NUMBER, optional, RECORD, TEXT } from '../core/arguments.ts';
import type { Shape, Value } from '../core/value.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { GPU } from '../gpu/kind.ts';
import { TENSOR } from '../graph/kind.ts';
import { input as inputTensor } from '../graph/sources.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { Init } from '../model/initialisers.ts';
import { MODEL, WEIGHTS } from '../model/kind.ts';
import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import * as activations from '../ops/activation.ts';
import * as arithmetic from '../ops/arithmetic.ts';
import * as norms from '../ops/batch-norm.ts';
import * as concats from '../ops/concat.ts';
import * as convolutions from '../ops/conv2d.ts';
import * as transposed from '../ops/conv2d-transpose.ts';
import * as denses from '../ops/dense.ts';
import * as dropouts from '../ops/dropout.ts';
import * as gathers from '../ops/gather.ts';
import * as layerNorms from '../ops/layer-norm.ts';
import * as losses from '../ops/loss.ts';
import * as products from '../ops/matmul.ts';
import * as pools from '../ops/pool.ts';
import * as reductions from '../ops/reduction.ts';
import { checkedOperation } from '../ops/registry.ts';
import * as shapes from '../ops/reshape.ts';
import * as softmaxes from '../ops/softmax.ts';
import * as transposes from '../ops/transpose.ts';
import * as upsamples from '../ops/upsample.ts';
import * as applied from '../program/apply.ts';
import * as programs from '../program/program.ts';

/** What is empty is refused with more words. */
const NAME = { ...TEXT, is: (value: unknown) => typeof value === 'string' };

const FIRST_VALUE = { ...RECORD, description: 'an initialiser, such as zeros() or constant(1), or a value { shape, data }' };

/** A tensor that is given anew at each run. */
export const input = /* @__PURE__ */ checked("input('x', [50, 28, 28, 1])", () => ({ name: NAME, shape: LIST }), inputTensor);
/** A tensor that lives on the GPU from run to run. Fans, for initialisers that want them: the last axis is outputs, all others inputs. */
export const parameter: (name: string, shape: Shape, init: Init | Value, options?: programs.ParameterOptions) => Tensor =
  /* @__PURE__ */ checked(
    "parameter('w', [784, 10], glorotUniform())",
    () => ({ name: NAME, shape: LIST, init: FIRST_VALUE, options: optional(RECORD) }),
    programs.parameter,
  );
/**
 * The output of a model for a batch x [N, ...input], as at inference; its weights are parameters by their names. Throws a ShapeError where
 * weights or x do not fit.
 */
export const apply: (model: Model, weights: Weights, x: Tensor) => Tensor = /* @__PURE__ */ checked(
  'apply(model, weights, x)',
  () => ({ model: MODEL, weights: WEIGHTS, x: TENSOR }),
  applied.apply,
);
/** The gradients of a scalar loss with respect to parameters or inputs. Throws a ShapeError where the loss does not depend on one. */
export const gradient = /* @__PURE__ */ checked(
  'gradient(loss, [w, b])',
  () => ({ loss: TENSOR, parameters: listOf(TENSOR) }),
  programs.gradient,
);
/** Plans a graph. Throws a ShapeError or OptionError where names clash or the update is impossible, a LimitError where it is too large. */
export const compile: (gpu: Gpu, options: programs.ProgramOptions) => Promise<programs.Program> = /* @__PURE__ */ checkedAsync(
  'compile(gpu, { outputs: { y } })',
  () => ({ gpu: GPU, options: RECORD }),
  programs.compile,
);

/** The same elements under another shape: no copy, unless x is a part of another tensor. */
export const reshape = /* @__PURE__ */ checked('reshape(x, [50, 784])', () => ({ x: TENSOR, shape: LIST }), shapes.reshape);
/** [N, ...] -> [N, product of the rest]. */
export const flatten = /* @__PURE__ */ checked('flatten(x)', () => ({ x: TENSOR }), shapes.flatten);
/** Channels `offset` to `offset + channels` of x: a view, never a copy. */
export const slice = /* @__PURE__ */ checked(
  'slice(x, 0, 8)',
  () => ({ x: TENSOR, offset: NUMBER, channels: NUMBER }),
  concats.slice,
);

/** x where positive, else exp(x) - 1. */
export const elu = /* @__PURE__ */ checkedOperation('elu', /* @__PURE__ */ activations.activationOperation('elu'));
/** x Phi(x), Phi the distribution function of the standard normal (not its approximation by tanh). */
export const gelu = /* @__PURE__ */ checkedOperation('gelu', /* @__PURE__ */ activations.activationOperation('gelu'));
/** x / 6 + 1 / 2, kept between 0 and 1. */
export const hardSigmoid = /* @__PURE__ */ checkedOperation(
  'hardSigmoid',
  /* @__PURE__ */ activations.activationOperation('hardSigmoid'),
);
/** x hardSigmoid(x). */
export const hardSwish = /* @__PURE__ */ checkedOperation(
  'hardSwish',
  /* @__PURE__ */ activations.activationOperation('hardSwish'),
);
/** x where positive, else slope x; slope is 0.01 unless given. */
export const leakyRelu = /* @__PURE__ */ checkedOperation(
  'leakyRelu',
  /* @__PURE__ */ activations.activationOperation('leakyRelu'),
);
/** x where positive, else 0. */
export const relu = /* @__PURE__ */ checkedOperation('relu', /* @__PURE__ */ activations.activationOperation('relu'));
/** x, kept between 0 and 6. */
export const relu6 = /* @__PURE__ */ checkedOperation('relu6', /* @__PURE__ */ activations.activationOperation('relu6'));
/** 1 / (1 + exp(-x)), element by element. */
export const sigmoid = /* @__PURE__ */ checkedOperation('sigmoid', /* @__PURE__ */ activations.activationOperation('sigmoid'));
/** x sigmoid(x). */
export const silu = /* @__PURE__ */ checkedOperation('silu', /* @__PURE__ */ activations.activationOperation('silu'));
/** The hyperbolic tangent, element by element. */
export const tanh = /* @__PURE__ */ checkedOperation('tanh', /* @__PURE__ */ activations.activationOperation('tanh'));
/** a + b; as in NumPy, axes are aligned at the last, and one of one element is repeated. */
export const add = /* @__PURE__ */ checkedOperation('add', arithmetic.add);
/** a b, element by element, broadcast like a sum. */
export const multiply = /* @__PURE__ */ checkedOperation('multiply', arithmetic.multiply);
/** a - b, broadcast like a sum. */
export const subtract = /* @__PURE__ */ checkedOperation('subtract', arithmetic.subtract);
/** a / b, broadcast like a sum. */
export const divide = /* @__PURE__ */ checkedOperation('divide', arithmetic.divide);
/** The larger of a and b, broadcast like a sum. Equal ones share the gradient by halves. */
export const maximum = /* @__PURE__ */ checkedOperation('maximum', arithmetic.maximum);
/** The smaller of a and b, broadcast like a sum. Equal ones share the gradient by halves. */
export const minimum = /* @__PURE__ */ checkedOperation('minimum', arithmetic.minimum);
/** -x. */
export const negative = /* @__PURE__ */ checkedOperation('negative', arithmetic.negative);
/** e to the power of x, element by element. */
export const exp = /* @__PURE__ */ checkedOperation('exp', arithmetic.exp);
/** The natural logarithm, element by element: -infinity of 0, NaN of negative numbers. */
export const log = /* @__PURE__ */ checkedOperation('log', arithmetic.log);
/** The square root, element by element: NaN of negative numbers. */
export const sqrt = /* @__PURE__ */ checkedOperation('sqrt', arithmetic.sqrt);
/** The magnitude, element by element; its derivative at 0 is 0. */
export const abs = /* @__PURE__ */ checkedOperation('abs', arithmetic.abs);
/** x where positive, else slope x; slope is [C], one a channel, or [1] or [], one for all. */
export const prelu = /* @__PURE__ */ checkedOperation('prelu', arithmetic.prelu);
/** The sum over `axes` [all], which stay as axes of one element with `keepDims` [false]. */
export const sum = /* @__PURE__ */ checkedOperation('sum', reductions.sum);
/** The mean over `axes` [all], which stay as axes of one element with `keepDims` [false]. */
export const mean = /* @__PURE__ */ checkedOperation('mean', reductions.mean);
/** The parts x[i] of x [ROWS, ...] for each index i, a whole number as float32: [...indices, ...]. */
export const gather = /* @__PURE__ */ checkedOperation('gather', gathers.gather);
/**
 * Products of matrices: a [..., M, K] times b [..., K, N], each transposed first where `transposeA` or `transposeB` says so; leading axes
 * are broadcast.
 */
export const matmul = /* @__PURE__ */ checkedOperation('matmul', products.matmul);
/** The axes of x in another order: axis i of the result is axis `permutation[i]` of x [in reverse order]. */
export const transpose = /* @__PURE__ */ checkedOperation('transpose', transposes.transpose);
/** (x - mean) / sqrt(variance + epsilon) scale + offset, over all axes but the last, population variance. */
export const batchNorm = /* @__PURE__ */ checkedOperation('batchNorm', norms.batchNorm);
/** The inputs side by side on the last axis, in the order of the record. */
export const concat = /* @__PURE__ */ checkedOperation('concat', concats.concat);
/** Convolution of x [N,H,W,C] with filter [KH,KW,C/groups,K] and bias [K]: y [N,OH,OW,K]. */
export const conv2d = /* @__PURE__ */ checkedOperation('conv2d', convolutions.conv2d);
/**
 * The transposed convolution of x [N,H,W,IN] with filter [KH,KW,OUT/groups,IN] and bias [OUT]: y [N,OH,OW,OUT], where OH is H times the
 * stride ('same'), at least a window besides ('valid'), or what (H - 1) stride + window - padding leaves.
 */
export const conv2dTranspose = /* @__PURE__ */ checkedOperation('conv2dTranspose', transposed.conv2dTranspose);
/** y [N,OUT] = x [N,IN] weights [IN,OUT] + bias [OUT]. */
export const dense = /* @__PURE__ */ checkedOperation('dense', denses.dense);
/**
 * Zeroes each element with probability `rate` and divides the others by 1 - rate. The noise is a pure function of seed, step,
 * layer and the element's index (Threefry-2x32), drawn anew by the gradient instead of kept.
 */
export const dropout = /* @__PURE__ */ checkedOperation('dropout', dropouts.dropout);
/**
 * The mean or sum over the batch of -log sigmoid(z) where the label is 1 and -log(1 - sigmoid(z)) where it is 0, for logits z [N,1]
 * or [N] and labels [N]: shape []; with `reduction: 'none'` of each sample, [N].
 */
export const binaryCrossEntropy = /* @__PURE__ */ checkedOperation('binaryCrossEntropy', losses.binaryCrossEntropy);
/** The mean over all elements of (prediction - target)^2, or the sum over the batch of each sample's mean: shape []; with `reduction: 'none'` these means, [N]. */
export const meanSquaredError = /* @__PURE__ */ checkedOperation('meanSquaredError', losses.meanSquaredError);
/**
 * The mean or sum over the batch of -log softmax(logits [N,K]) at labels [N] (class indices as floats): shape []; with
 * `reduction: 'none'` of each sample, [N].
 */
export const softmaxCrossEntropy = /* @__PURE__ */ checkedOperation('softmaxCrossEntropy', losses.softmaxCrossEntropy);
/** The mean of each window of x [N,H,W,C] over the elements that lie in the image. */
export const avgPool2d = /* @__PURE__ */ checkedOperation('avgPool2d', pools.avgPool2d);
/** The mean of each channel: [N,H,W,C] -> [N,C]. */
export const globalAvgPool2d = /* @__PURE__ */ checkedOperation('globalAvgPool2d', pools.globalAvgPool2d);
/** The largest element of each channel: [N,H,W,C] -> [N,C]. */
export const globalMaxPool2d = /* @__PURE__ */ checkedOperation('globalMaxPool2d', pools.globalMaxPool2d);
/** Each pixel of x [N,H,W,C] repeated `factor` times (a number, or [height, width]): nearest neighbours. */
export const upsample2d = /* @__PURE__ */ checkedOperation('upsample2d', upsamples.upsample2d);
/** The largest element of each window of x [N,H,W,C]; padding never wins. */
export const maxPool2d = /* @__PURE__ */ checkedOperation('maxPool2d', pools.maxPool2d);
/**
 * scale (x - mean) / sqrt(variance + epsilon) + offset, with the statistics of each pixel's channels, or of each sample
 * (`axes: 'sample'`); scale and offset are [C], or [1] or [] for all channels.
 */
export const layerNorm = /* @__PURE__ */ checkedOperation('layerNorm', layerNorms.layerNorm);
/** Softmax along the last axis. */
export const softmax = /* @__PURE__ */ checkedOperation('softmax', softmaxes.softmax);
