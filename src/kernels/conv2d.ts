import { directVariant } from './conv2d/direct.ts';
import type { Conv2dProblem } from './conv2d/problem.ts';
import { subgroupVariant } from './conv2d/subgroup.ts';
import type { Family } from './family.ts';

export const conv2dFamily: Family<Conv2dProblem> = {
  name: 'conv2d',
  variants: [directVariant, subgroupVariant],
  prefer: (problem, capabilities) => (subgroupVariant.supports(problem, capabilities) ? 'subgroup' : 'direct'),
};
