import type { Decision } from '../../src/kernels/family.ts';
import { batchNormCase, batchNormGradientCase } from './batch-norm.ts';
import { batchNormChannelsCase, batchNormGradientChannelsCase } from './batch-norm-channels.ts';
import { batchNormMomentsCase, batchNormStatisticsCase, batchNormSumsCase } from './batch-norm-sums.ts';
import type { KernelCase } from './case.ts';
import { conv2dCase, filterGradientCase } from './conv2d.ts';
import { conv2dGradientsCase } from './conv2d-gradients.ts';
import { conv2dPoolCase, conv2dPoolFilterGradientCase } from './conv2d-pool.ts';
import { denseGradientsCase } from './dense-gradients.ts';
import { fillCase, mapCase, sumSplitsCase } from './elementwise.ts';
import { gatherCase, gatherGradientCase } from './gather.ts';
import { lossCase, meanLossCase, softmaxCase } from './loss.ts';
import { matmulCase } from './matmul.ts';
import { poolCase, poolGradientCase } from './pool.ts';
import { separableCase, separableGradientCase } from './separable.ts';
import { broadcastCase, normalizeCase, sumCase } from './strided.ts';

/** What the problems of each kernel family mean. A test asks that every family of src/kernels/registry.ts is here. */
const CASES: Readonly<Record<string, (problem: never) => KernelCase>> = {
  'batch-norm': batchNormCase,
  'batch-norm-channels': batchNormChannelsCase,
  'batch-norm-gradient': batchNormGradientCase,
  'batch-norm-gradient-channels': batchNormGradientChannelsCase,
  'batch-norm-gradient-sums': batchNormSumsCase,
  'batch-norm-moments': batchNormMomentsCase,
  'batch-norm-statistics': batchNormStatisticsCase,
  broadcast: broadcastCase,
  conv2d: conv2dCase,
  'conv2d-filter-gradient': filterGradientCase,
  'conv2d-gradients': conv2dGradientsCase,
  'conv2d-pool': conv2dPoolCase,
  'conv2d-pool-filter-gradient': conv2dPoolFilterGradientCase,
  'dense-gradients': denseGradientsCase,
  elementwise: mapCase,
  fill: fillCase,
  gather: gatherCase,
  'gather-gradient': gatherGradientCase,
  loss: lossCase,
  matmul: matmulCase,
  'mean-loss': meanLossCase,
  normalize: normalizeCase,
  pool: poolCase,
  'pool-gradient': poolGradientCase,
  separable: separableCase,
  'separable-gradient': separableGradientCase,
  softmax: softmaxCase,
  sum: sumCase,
  'sum-splits': sumSplitsCase,
};

export const measuredFamilies: readonly string[] = Object.keys(CASES);

export function caseOf({ family, problem }: Decision): KernelCase {
  const describe = CASES[family];
  if (!describe) throw new Error(`bench/cases has no case for the kernel family ${family}`);
  return describe(problem as never);
}
