import { batchNormFamily } from './batch-norm.ts';
import { batchNormGradientFamily, batchNormSumsFamily } from './batch-norm-gradient.ts';
import { batchNormMomentsFamily, batchNormStatisticsFamily } from './batch-norm-statistics.ts';
import { broadcastFamily } from './broadcast.ts';
import { conv2dFamily } from './conv2d.ts';
import { filterGradientFamily } from './conv2d-filter-gradient.ts';
import { mapFamily } from './elementwise.ts';
import type { Family, Variant } from './family.ts';
import { fillFamily } from './fill.ts';
import { gatherFamily, gatherGradientFamily } from './gather.ts';
import { normalizeFamily } from './layer-norm.ts';
import { lossFamily, meanLossFamily } from './loss.ts';
import { matmulFamily } from './matmul.ts';
import { poolFamily } from './pool.ts';
import { poolGradientFamily } from './pool-gradient.ts';
import { sumFamily, sumSplitsFamily } from './reduce.ts';
import { softmaxFamily } from './softmax.ts';

/** What can be said of a family without knowing its problems. */
export type FamilyInfo = Pick<Family<never>, 'name'> & { readonly variants: readonly Pick<Variant<never>, 'name' | 'madeFor'>[] };

/**
 * Every family that operations by themselves are lowered to; the tests run each variant that an adapter can. Fused families, which
 * take two operations, have tests of their own.
 */
export const families: readonly FamilyInfo[] = [
  batchNormFamily,
  batchNormGradientFamily,
  batchNormMomentsFamily,
  batchNormStatisticsFamily,
  batchNormSumsFamily,
  broadcastFamily,
  conv2dFamily,
  fillFamily,
  filterGradientFamily,
  gatherFamily,
  gatherGradientFamily,
  lossFamily,
  mapFamily,
  matmulFamily,
  meanLossFamily,
  normalizeFamily,
  poolFamily,
  poolGradientFamily,
  softmaxFamily,
  sumFamily,
  sumSplitsFamily,
];
