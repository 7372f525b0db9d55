// The graph layer, with its arguments checked.
import { checked, checkedAsync, LIST, listOf, NUMBER, optional, RECORD, TEXT } from '../core/arguments.ts';
import { GPU } from '../gpu/kind.ts';
import { TENSOR } from '../graph/kind.ts';
import { input as inputTensor } from '../graph/sources.ts';
import * as activations from '../ops/activation.ts';
import * as arithmetic from '../ops/arithmetic.ts';
import * as norms from '../ops/batch-norm.ts';
import * as concats from '../ops/concat.ts';
import * as convolutions from '../ops/conv2d.ts';
import * as denses from '../ops/dense.ts';
import * as dropouts from '../ops/dropout.ts';
import * as losses from '../ops/loss.ts';
import * as pools from '../ops/pool.ts';
import { checkedOperation } from '../ops/registry.ts';
import * as shapes from '../ops/reshape.ts';
import * as softmaxes from '../ops/softmax.ts';
import * as programs from '../train/program.ts';

/** What is empty is refused with more words. */
const NAME = { ...TEXT, is: (value: unknown) => typeof value === 'string' };

export const input = /* @__PURE__ */ checked("input('x', [50, 28, 28, 1])", { name: NAME, shape: LIST }, inputTensor);
export const parameter = /* @__PURE__ */ checked(
  "parameter('w', [784, 10], glorotUniform())",
  { name: NAME, shape: LIST, init: RECORD, options: optional(RECORD) },
  programs.parameter,
);
export const gradient = /* @__PURE__ */ checked(
  'gradient(loss, [w, b])',
  { loss: TENSOR, parameters: listOf(TENSOR) },
  programs.gradient,
);
export const compile = /* @__PURE__ */ checkedAsync(
  'compile(gpu, { outputs: { y } })',
  { gpu: GPU, options: RECORD },
  programs.compile,
);

export const reshape = /* @__PURE__ */ checked('reshape(x, [50, 784])', { x: TENSOR, shape: LIST }, shapes.reshape);
export const flatten = /* @__PURE__ */ checked('flatten(x)', { x: TENSOR }, shapes.flatten);
export const slice = /* @__PURE__ */ checked('slice(x, 0, 8)', { x: TENSOR, offset: NUMBER, channels: NUMBER }, concats.slice);

export const leakyRelu = /* @__PURE__ */ checkedOperation('leakyRelu', activations.leakyRelu);
export const relu = /* @__PURE__ */ checkedOperation('relu', activations.relu);
export const sigmoid = /* @__PURE__ */ checkedOperation('sigmoid', activations.sigmoid);
export const tanh = /* @__PURE__ */ checkedOperation('tanh', activations.tanh);
export const add = /* @__PURE__ */ checkedOperation('add', arithmetic.add);
export const multiply = /* @__PURE__ */ checkedOperation('multiply', arithmetic.multiply);
export const batchNorm = /* @__PURE__ */ checkedOperation('batchNorm', norms.batchNorm);
export const concat = /* @__PURE__ */ checkedOperation('concat', concats.concat);
export const conv2d = /* @__PURE__ */ checkedOperation('conv2d', convolutions.conv2d);
export const dense = /* @__PURE__ */ checkedOperation('dense', denses.dense);
export const dropout = /* @__PURE__ */ checkedOperation('dropout', dropouts.dropout);
export const binaryCrossEntropy = /* @__PURE__ */ checkedOperation('binaryCrossEntropy', losses.binaryCrossEntropy);
export const meanSquaredError = /* @__PURE__ */ checkedOperation('meanSquaredError', losses.meanSquaredError);
export const softmaxCrossEntropy = /* @__PURE__ */ checkedOperation('softmaxCrossEntropy', losses.softmaxCrossEntropy);
export const avgPool2d = /* @__PURE__ */ checkedOperation('avgPool2d', pools.avgPool2d);
export const globalAvgPool2d = /* @__PURE__ */ checkedOperation('globalAvgPool2d', pools.globalAvgPool2d);
export const maxPool2d = /* @__PURE__ */ checkedOperation('maxPool2d', pools.maxPool2d);
export const softmax = /* @__PURE__ */ checkedOperation('softmax', softmaxes.softmax);
