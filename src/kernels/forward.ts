// The families that predictions are made of, each loaded when a plan first needs it.
import type { BatchNormProblem } from './batch-norm/problem.ts';
import type { BatchNormFoldProblem } from './batch-norm-fold.ts';
import type { BroadcastProblem } from './broadcast.ts';
import type { Conv2dProblem } from './conv2d/problem.ts';
import type { Conv2dPoolProblem } from './conv2d-pool/problem.ts';
import { DeferredFamily } from './deferred.ts';
import type { MapProblem } from './elementwise.ts';
import type { FillProblem } from './fill.ts';
import type { NormalizeProblem } from './layer-norm.ts';
import type { MatmulProblem } from './matmul/problem.ts';
import type { PoolProblem } from './pool/problem.ts';
import type { SumProblem, SumSplitsProblem } from './reduce.ts';
import type { SeparableProblem } from './separable/problem.ts';
import type { SoftmaxProblem } from './softmax.ts';

export const batchNormFamily = /* @__PURE__ */ new DeferredFamily<BatchNormProblem>(
  'batch-norm',
  async () => (await import('./batch-norm.ts')).batchNormFamily,
);
export const batchNormChannelsFamily = /* @__PURE__ */ new DeferredFamily<BatchNormProblem>(
  'batch-norm-channels',
  async () => (await import('./batch-norm-statistics.ts')).batchNormChannelsFamily,
);
export const batchNormMomentsFamily = /* @__PURE__ */ new DeferredFamily<BatchNormProblem>(
  'batch-norm-moments',
  async () => (await import('./batch-norm-statistics.ts')).batchNormMomentsFamily,
);
export const batchNormStatisticsFamily = /* @__PURE__ */ new DeferredFamily<BatchNormProblem>(
  'batch-norm-statistics',
  async () => (await import('./batch-norm-statistics.ts')).batchNormStatisticsFamily,
);
export const batchNormFoldFamily = /* @__PURE__ */ new DeferredFamily<BatchNormFoldProblem>(
  'batch-norm-fold',
  async () => (await import('./batch-norm-fold.ts')).batchNormFoldFamily,
);
export const broadcastFamily = /* @__PURE__ */ new DeferredFamily<BroadcastProblem>(
  'broadcast',
  async () => (await import('./broadcast.ts')).broadcastFamily,
);
export const conv2dFamily = /* @__PURE__ */ new DeferredFamily<Conv2dProblem>(
  'conv2d',
  async () => (await import('./conv2d.ts')).conv2dFamily,
);
export const conv2dPoolFamily = /* @__PURE__ */ new DeferredFamily<Conv2dPoolProblem>(
  'conv2d-pool',
  async () => (await import('./conv2d-pool.ts')).conv2dPoolFamily,
);
export const matmulFamily = /* @__PURE__ */ new DeferredFamily<MatmulProblem>(
  'matmul',
  async () => (await import('./matmul.ts')).matmulFamily,
);
export const normalizeFamily = /* @__PURE__ */ new DeferredFamily<NormalizeProblem>(
  'normalize',
  async () => (await import('./layer-norm.ts')).normalizeFamily,
);
export const poolFamily = /* @__PURE__ */ new DeferredFamily<PoolProblem>(
  'pool',
  async () => (await import('./pool.ts')).poolFamily,
);
export const separableFamily = /* @__PURE__ */ new DeferredFamily<SeparableProblem>(
  'separable',
  async () => (await import('./separable.ts')).separableFamily,
);
export const softmaxFamily = /* @__PURE__ */ new DeferredFamily<SoftmaxProblem>(
  'softmax',
  async () => (await import('./softmax.ts')).softmaxFamily,
);
export const fillFamily = /* @__PURE__ */ new DeferredFamily<FillProblem>(
  'fill',
  async () => (await import('./fill.ts')).fillFamily,
);
export const mapFamily = /* @__PURE__ */ new DeferredFamily<MapProblem>(
  'elementwise',
  async () => (await import('./elementwise.ts')).mapFamily,
);
export const sumFamily = /* @__PURE__ */ new DeferredFamily<SumProblem>(
  'sum',
  async () => (await import('./reduce.ts')).sumFamily,
);
export const sumSplitsFamily = /* @__PURE__ */ new DeferredFamily<SumSplitsProblem>(
  'sum-splits',
  async () => (await import('./reduce.ts')).sumSplitsFamily,
);
