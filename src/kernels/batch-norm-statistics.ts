import channelsOfAll from '../../shaders/batch-norm/channels.wgsl';
import moments from '../../shaders/batch-norm/moments.wgsl';
import statistics from '../../shaders/batch-norm/statistics.wgsl';
import statisticsLanes from '../../shaders/batch-norm/statistics-lanes.wgsl';
import statisticsParts from '../../shaders/batch-norm/statistics-parts.wgsl';
import { channelsFamily } from './batch-norm/channels.ts';
import {
  type BatchNormProblem,
  batchNormConstants,
  batchNormSplits,
  LONGEST_PART,
  perChannel,
  single,
  sized,
} from './batch-norm/problem.ts';
import type { Family } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';

const STATISTICS_BINDINGS = ['read', 'read', 'read', 'read', 'read', 'write', 'write', 'write'] as const;
const STATISTICS_LANES = 256;
const STATISTICS_PARTS = 16;

/**
 * Bindings: x, dy, moments (or mean), variance, state, partial, gradients of scale and offset. With `dy` given: the gradient's sums; where
 * these are joined by their readers, those of scale and offset are partial sums too.
 */
export const batchNormStatisticsFamily: Family<BatchNormProblem> = {
  name: 'batch-norm-statistics',
  prefer: (_, { kind }) => (kind === 'gpu' ? 'lanes' : 'parts'),
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const { splits } = batchNormSplits(problem.x.rows);
        const spread = perChannel(problem, problem.replicas * splits, capabilities);
        return kernel(
          'batch-norm-statistics/direct',
          statistics,
          { ...batchNormConstants(problem), ...spread.constants, GRADIENT: problem.dy !== undefined },
          STATISTICS_BINDINGS,
          spread.workgroups,
        );
      },
    },
    {
      name: 'lanes',
      madeFor: 'gpu',
      supports: () => true,
      build(problem, capabilities) {
        const { channels, rows } = problem.x;
        const channelLanes = Math.min(32, 2 ** Math.ceil(Math.log2(channels)));
        const layers = problem.replicas * batchNormSplits(rows).splits;
        const spread = grid('a batch normalisation', channels, channelLanes, layers, capabilities);
        return kernel(
          'batch-norm-statistics/lanes',
          statisticsLanes,
          {
            ...batchNormConstants(problem),
            GRID_X: spread.workgroups[0],
            GRADIENT: problem.dy !== undefined,
            CHANNEL_LANES: channelLanes,
            ROW_LANES: Math.min(32, STATISTICS_LANES / channelLanes),
          },
          STATISTICS_BINDINGS,
          spread.workgroups,
        );
      },
    },
    {
      name: 'parts',
      madeFor: 'cpu',
      supports: () => true,
      build(problem, capabilities) {
        const items = batchNormSplits(problem.x.rows).splits * problem.x.channels;
        const short = batchNormSplits(problem.x.rows).perSplit <= LONGEST_PART;
        const spread = grid('a batch normalisation', items, STATISTICS_PARTS, problem.replicas, capabilities);
        return kernel(
          'batch-norm-statistics/parts',
          statisticsParts,
          sized(
            problem,
            {
              ...batchNormConstants(problem),
              ...spread.constants,
              GRADIENT: problem.dy !== undefined,
              SHORT: short,
              // Short parts are summed without.
              ...(short && longSumConstants(0)),
            },
            capabilities,
          ),
          STATISTICS_BINDINGS,
          spread.workgroups,
        );
      },
    },
  ],
};

/** Bindings: partial, state, moments, running mean, running variance. */
export const batchNormMomentsFamily = /* @__PURE__ */ single('batch-norm-moments', (problem, capabilities) => {
  const spread = perChannel(problem, problem.replicas, capabilities);
  return kernel(
    'batch-norm-moments/direct',
    moments,
    sized(problem, { ...batchNormConstants(problem), ...spread.constants }, capabilities),
    ['read', 'read', 'write', 'write', 'write'],
    spread.workgroups,
  );
});

/** Statistics, running statistics and values. Bindings: x, scale, offset, state, y, moments, running mean, running variance. */
export const batchNormChannelsFamily = /* @__PURE__ */ channelsFamily('batch-norm-channels', channelsOfAll, [
  'read',
  'read',
  'read',
  'read',
  'write',
  'write',
  'write',
  'write',
]);
