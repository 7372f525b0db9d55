import type { Capabilities } from '../gpu/gpu.ts';
import { channelsVariant, cutOf } from './conv2d-gradients/cpu/channels.ts';
import type { Conv2dGradientsProblem, GradientsShape } from './conv2d-gradients/problem.ts';
import { APART, type FusedFamily } from './fused.ts';

/** A convolution's gradients in one dispatch. */
export const conv2dGradientsFamily: FusedFamily<Conv2dGradientsProblem> = {
  name: 'conv2d-gradients',
  variants: [channelsVariant],
  prefer: (problem, capabilities) => (channelsVariant.supports(problem, capabilities) ? 'channels' : APART),
};

/** Into how many partial sums it makes the gradients of filter and bias: a choice by shape and adapter alone. */
export function conv2dGradientsParts(shape: GradientsShape, { subgroupSize }: Capabilities): number {
  return cutOf(shape, subgroupSize).parts;
}
