import { directVariant } from './conv2d-filter-gradient/direct.ts';
import type { FilterGradientProblem } from './conv2d-filter-gradient/problem.ts';
import { subgroupVariant } from './conv2d-filter-gradient/subgroup.ts';
import type { Family } from './family.ts';

export const filterGradientFamily: Family<FilterGradientProblem> = {
  name: 'conv2d-filter-gradient',
  variants: [directVariant, subgroupVariant],
  prefer: (problem, capabilities) => (subgroupVariant.supports(problem, capabilities) ? 'subgroup' : 'direct'),
};
