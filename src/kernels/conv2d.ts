import type { Capabilities } from '../gpu/gpu.ts';
import { channelsVariant } from './conv2d/cpu/channels.ts';
import { pointwiseVariant } from './conv2d/cpu/pointwise.ts';
import { stridedVariant } from './conv2d/cpu/strided.ts';
import { subgroupVariant } from './conv2d/cpu/subgroup.ts';
import { depthwiseVariant } from './conv2d/depthwise.ts';
import { directVariant } from './conv2d/direct.ts';
import { tiled } from './conv2d/gpu/tiled.ts';
import type { Conv2dProblem } from './conv2d/problem.ts';
import type { Family } from './family.ts';
import { withTiled } from './gpu/tiled.ts';

export const conv2dFamily: Family<Conv2dProblem> = {
  name: 'conv2d',
  variants: /* @__PURE__ */ withTiled(
    [directVariant, subgroupVariant, stridedVariant, pointwiseVariant, channelsVariant, depthwiseVariant],
    tiled,
  ),
  prefer(problem, capabilities) {
    if (capabilities.kind === 'gpu') return preferOnGpu(problem, capabilities);
    // SwiftShader, with its 4 lanes, runs `subgroup` faster.
    if (capabilities.subgroupSize !== 4 && depthwiseVariant.supports(problem, capabilities)) return 'depthwise';
    if (pointwiseVariant.supports(problem, capabilities)) return 'pointwise';
    if (channelsVariant.supports(problem, capabilities)) return 'channels';
    if (stridedVariant.supports(problem, capabilities)) return 'strided';
    return subgroupVariant.supports(problem, capabilities) ? 'subgroup' : 'direct';
  },
};

/** Blocks, but for groups of few channels, whose columns would leave most of a block's lanes without work. */
function preferOnGpu(problem: Conv2dProblem, capabilities: Capabilities): string {
  const { groups, outputChannels } = problem;
  if (groups === 1) return tiled.choice(problem);
  if (depthwiseVariant.supports(problem, capabilities)) return 'depthwise';
  return outputChannels / groups >= 4 ? tiled.choice(problem) : 'direct';
}
