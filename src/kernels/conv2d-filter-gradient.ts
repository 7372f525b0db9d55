import type { Capabilities } from '../gpu/gpu.ts';
import { stripsSubgroupVariant } from './conv2d-filter-gradient/cpu/strips-subgroup.ts';
import { subgroupVariant } from './conv2d-filter-gradient/cpu/subgroup.ts';
import { directVariant } from './conv2d-filter-gradient/direct.ts';
import { stripsVariant } from './conv2d-filter-gradient/gpu/strips.ts';
import { tiled } from './conv2d-filter-gradient/gpu/tiled.ts';
import type { FilterGradientProblem } from './conv2d-filter-gradient/problem.ts';
import type { Family } from './family.ts';
import { withTiled } from './gpu/tiled.ts';

export const filterGradientFamily: Family<FilterGradientProblem> = {
  name: 'conv2d-filter-gradient',
  variants: /* @__PURE__ */ withTiled([directVariant, subgroupVariant, stripsVariant, stripsSubgroupVariant], tiled),
  prefer(problem, capabilities) {
    if (capabilities.kind === 'gpu') return preferOnGpu(problem, capabilities);
    const outputs = problem.outputChannels / problem.groups;
    const idle = outputs <= MOST_OF_FEW && outputs % capabilities.subgroupSize !== 0;
    if (idle && stripsSubgroupVariant.supports(problem, capabilities)) return 'strips-subgroup';
    return subgroupVariant.supports(problem, capabilities) ? 'subgroup' : 'direct';
  },
};

/** Output channels of a group which would leave too many lanes idle, were the lanes along them. Measured on lavapipe; see bench/README.md. */
const MOST_OF_FEW = 10;

/** Blocks, but for groups of few channels, which strips make with the lanes along the groups. */
function preferOnGpu(problem: FilterGradientProblem, capabilities: Capabilities): string {
  const { groups, outputChannels } = problem;
  if (groups > 1 && stripsVariant.supports(problem, capabilities)) return 'strips';
  return groups === 1 || outputChannels / groups >= 4 ? tiled.choice(problem) : 'direct';
}
