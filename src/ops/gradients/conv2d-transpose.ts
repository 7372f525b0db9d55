import type { GradientRule } from '../../graph/differentiate.ts';
import { apply, first, required } from '../../graph/tensor.ts';
import { convolution } from '../conv2d.ts';
import type { ConvolutionAttributes } from '../convolution.ts';
import { NO_EPILOGUE } from '../epilogue.ts';
import { summedLike } from '../reduction.ts';
import { filterGradientOperation } from './conv2d.ts';
import { throughEpilogue } from './epilogue.ts';

/** The result is the input of a convolution that would give x: so its gradient goes through that convolution. */
export const conv2dTransposeGradient: GradientRule<ConvolutionAttributes> = (node, [dy], wanted) => {
  const { epilogue, ...window } = node.attributes;
  if (!dy) return {};
  const [x, filter] = [required(node, 'x'), required(node, 'filter')];
  const { bias } = node.inputs;
  const dz = throughEpilogue(epilogue, dy, first(node));
  const shapes = { ...window, xShape: dz.shape, filterShape: filter.shape, bias: false };
  return {
    x: wanted('x') ? first(apply(convolution, { x: dz, filter }, { ...window, epilogue: NO_EPILOGUE })) : undefined,
    filter: wanted('filter') ? first(apply(filterGradientOperation, { x: dz, dy: x }, shapes)) : undefined,
    bias: bias && wanted('bias') ? summedLike(bias, 'conv2dTranspose', 'copy', { a: dz }) : undefined,
  };
};
