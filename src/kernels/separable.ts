import type { Capabilities } from '../gpu/gpu.ts';
import { APART, type FusedFamily } from './fused.ts';
import { columnsVariant } from './separable/cpu/columns.ts';
import { gainsFromColumns, type SeparableProblem } from './separable/problem.ts';

export const separableFamily: FusedFamily<SeparableProblem> = {
  name: 'separable',
  variants: [columnsVariant],
  prefer: (problem: SeparableProblem, capabilities: Capabilities) =>
    gainsFromColumns(problem) && columnsVariant.supports(problem, capabilities) ? columnsVariant.name : APART,
};
