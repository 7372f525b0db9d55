import type { Capabilities } from '../gpu/gpu.ts';
import { APART, type FusedFamily } from './fused.ts';
import { gradientColumnsVariant, partsOf } from './separable/cpu/gradient-columns.ts';
import { gainsFromColumns, type SeparableGradientProblem, type SeparableSizes, suitsColumns } from './separable/problem.ts';

export const separableGradientFamily: FusedFamily<SeparableGradientProblem> = {
  name: 'separable-gradient',
  variants: [gradientColumnsVariant],
  prefer: (problem: SeparableGradientProblem, capabilities: Capabilities) =>
    gainsFromColumns(problem) && gradientColumnsVariant.supports(problem, capabilities) ? gradientColumnsVariant.name : APART,
};

/** Into how many partial sums it makes the gradients of filters and bias: a choice by problem and adapter alone. */
export function separableGradientParts(problem: SeparableSizes, capabilities: Capabilities): number {
  return suitsColumns(problem, capabilities) ? partsOf(problem, capabilities.subgroupSize) : 1;
}
