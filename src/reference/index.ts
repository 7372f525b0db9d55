import { OptionError } from '../core/errors.ts';
import { checkValue, type Value } from '../core/value.ts';
import { activationReferences } from './activations/registry.ts';
import { abs, add, divide, exp, log, maximum, minimum, multiply, negative, prelu, sqrt, subtract } from './arithmetic.ts';
import { avgPool2d } from './avgPool2d.ts';
import { batchNorm } from './batchNorm.ts';
import { binaryCrossEntropy } from './binaryCrossEntropy.ts';
import { concat } from './concat.ts';
import { conv2d } from './conv2d.ts';
import { conv2dTranspose } from './conv2dTranspose.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { gather } from './gather.ts';
import { globalAvgPool2d } from './globalAvgPool2d.ts';
import { globalMaxPool2d } from './globalMaxPool2d.ts';
import { layerNorm } from './layerNorm.ts';
import { matmul } from './matmul.ts';
import { maxPool2d } from './maxPool2d.ts';
import { meanSquaredError } from './meanSquaredError.ts';
import type { Attributes, Reference, Tensor64 } from './reference.ts';
import { softmax } from './softmax.ts';
import { softmaxCrossEntropy } from './softmaxCrossEntropy.ts';
import { mean, sum } from './sum.ts';
import { transpose } from './transpose.ts';
import { upsample2d } from './upsample2d.ts';

export type { Reference, Tensor64 } from './reference.ts';

/** Every operation on the CPU, by name. */
export const references: Readonly<Record<string, Reference>> = {
  conv2d,
  maxPool2d,
  avgPool2d,
  globalAvgPool2d,
  dense,
  ...activationReferences,
  softmax,
  concat,
  add,
  multiply,
  batchNorm,
  dropout,
  softmaxCrossEntropy,
  meanSquaredError,
  binaryCrossEntropy,
  conv2dTranspose,
  globalMaxPool2d,
  upsample2d,
  prelu,
  transpose,
  subtract,
  divide,
  maximum,
  minimum,
  negative,
  exp,
  log,
  sqrt,
  abs,
  sum,
  mean,
  layerNorm,
  gather,
  matmul,
};

export function referenceOp(
  name: string,
  inputs: Readonly<Record<string, Value | undefined>>,
  attributes: Attributes = {},
): Value {
  return toValue(referenceOf(name).forward(toTensors(name, inputs), attributes));
}

export function referenceGradOp(
  name: string,
  inputs: Readonly<Record<string, Value | undefined>>,
  outputGradient: Value,
  attributes: Attributes = {},
): Record<string, Value> {
  checkValue(`${name}: outputGradient`, outputGradient);
  const gradients = referenceOf(name).gradient(toTensors(name, inputs), toTensor64(outputGradient), attributes);
  return Object.fromEntries(Object.entries(gradients).map(([input, gradient]) => [input, toValue(gradient)]));
}

export function toTensor64(value: Value): Tensor64 {
  return { shape: value.shape, data: Float64Array.from(value.data) };
}

/** The given inputs in float64; an input that is undefined (a bias left out) counts as not given. Throws a ShapeError. */
export function toTensors(op: string, inputs: Readonly<Record<string, Value | undefined>>): Record<string, Tensor64> {
  const tensors: Record<string, Tensor64> = {};
  for (const [name, value] of Object.entries(inputs)) {
    if (value === undefined) continue;
    checkValue(`${op}: ${name}`, value);
    tensors[name] = toTensor64(value);
  }
  return tensors;
}

function toValue(tensor: Tensor64): Value {
  return { shape: tensor.shape, data: Float32Array.from(tensor.data) };
}

function referenceOf(name: string): Reference {
  const reference = Object.hasOwn(references, name) ? references[name] : undefined;
  if (!reference) throw new OptionError(`there is no operation ${name}; there are ${Object.keys(references).join(', ')}`);
  return reference;
}
