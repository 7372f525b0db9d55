import type { Capabilities } from '../gpu/gpu.ts';
import { stripsVariant } from './conv2d-pool/cpu/strips.ts';
import { subgroupVariant } from './conv2d-pool/cpu/subgroup.ts';
import { directVariant } from './conv2d-pool/direct.ts';
import type { Conv2dPoolProblem } from './conv2d-pool/problem.ts';
import { APART, type FusedFamily } from './fused.ts';

/** Terms of a sum up to which, on a GPU, the memory that pooling at once saves is worth more than a faster product. */
const MOST_GPU_TERMS = 128;

function prefer(problem: Conv2dPoolProblem, capabilities: Capabilities): string {
  if (stripsVariant.supports(problem, capabilities)) return 'strips';
  if (subgroupVariant.supports(problem, capabilities)) return 'subgroup';
  const { windowHeight, windowWidth } = problem.geometry;
  const terms = windowHeight * windowWidth * problem.inputChannels;
  return capabilities.kind === 'gpu' && terms <= MOST_GPU_TERMS ? 'direct' : APART;
}

export const conv2dPoolFamily: FusedFamily<Conv2dPoolProblem> = {
  name: 'conv2d-pool',
  variants: [directVariant, subgroupVariant, stripsVariant],
  prefer,
};
