import { type Calculus, differentiate, type GradientRule } from '../../graph/differentiate.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Differentiable } from '../differentiable.ts';
import { added } from '../elementwise.ts';
import { batchNormGradient } from './batch-norm.ts';
import { calculationGradient, reductionGradient } from './calculation.ts';
import { concatGradient, sliceGradient } from './concat.ts';
import { conv2dGradient } from './conv2d.ts';
import { conv2dPoolGradient } from './conv2d-pool.ts';
import { conv2dTransposeGradient } from './conv2d-transpose.ts';
import { denseGradient } from './dense.ts';
import { elementwiseGradient } from './elementwise.ts';
import { fakeQuantizeActivationsGradient, fakeQuantizeGradient } from './fake-quantize.ts';
import { gatherGradient } from './gather.ts';
import { normalizeGradient } from './layer-norm.ts';
import { lossGradient } from './loss.ts';
import { matmulGradient } from './matmul.ts';
import { poolGradient } from './pool.ts';
import { reshapeGradient } from './reshape.ts';
import { separableGradient } from './separable.ts';
import { softmaxGradient } from './softmax.ts';
import { transposeGradient } from './transpose.ts';

const RULES: { readonly [N in Differentiable]: GradientRule<never> } = {
  batchNorm: batchNormGradient,
  calculation: calculationGradient,
  concat: concatGradient,
  conv2d: conv2dGradient,
  conv2dPool: conv2dPoolGradient,
  conv2dTranspose: conv2dTransposeGradient,
  dense: denseGradient,
  elementwise: elementwiseGradient,
  fakeQuantize: fakeQuantizeGradient,
  fakeQuantizeActivations: fakeQuantizeActivationsGradient,
  gather: gatherGradient,
  loss: lossGradient,
  matmul: matmulGradient,
  normalize: normalizeGradient,
  pool: poolGradient,
  reduction: reductionGradient,
  reshape: reshapeGradient,
  separable: separableGradient,
  slice: sliceGradient,
  softmax: softmaxGradient,
  transpose: transposeGradient,
};

const calculus: Calculus = {
  ruleOf: ({ name }) => (Object.hasOwn(RULES, name) ? (RULES[name as Differentiable] as GradientRule) : undefined),
  add: added,
};

/** The gradients of `output` with respect to parameters or inputs from `seed`, that of output itself; see differentiate(). */
export function gradientsOf(output: Tensor, seed: Tensor, parameters: readonly Tensor[]): (Tensor | undefined)[] {
  return differentiate(output, seed, parameters, calculus);
}
