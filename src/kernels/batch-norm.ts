import channelsOfAll from '../../shaders/batch-norm/channels.wgsl';
import given from '../../shaders/batch-norm/given.wgsl';
import gradient from '../../shaders/batch-norm/gradient.wgsl';
import gradientChannels from '../../shaders/batch-norm/gradient-channels.wgsl';
import gradientRows from '../../shaders/batch-norm/gradient-rows.wgsl';
import gradientSums from '../../shaders/batch-norm/gradient-sums.wgsl';
import gradientVec4 from '../../shaders/batch-norm/gradient-vec4.wgsl';
import moments from '../../shaders/batch-norm/moments.wgsl';
import normalize from '../../shaders/batch-norm/normalize.wgsl';
import normalizeRows from '../../shaders/batch-norm/normalize-rows.wgsl';
import normalizeVec4 from '../../shaders/batch-norm/normalize-vec4.wgsl';
import running from '../../shaders/batch-norm/running.wgsl';
import statistics from '../../shaders/batch-norm/statistics.wgsl';
import statisticsLanes from '../../shaders/batch-norm/statistics-lanes.wgsl';
import statisticsParts from '../../shaders/batch-norm/statistics-parts.wgsl';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Access, Kernel } from '../gpu/kernel.ts';
import { inRowsOf, rowGrid, widthInFours } from './cpu/row-walk.ts';
import { type Epilogue, epilogueConstants } from './epilogue.ts';
import { type Family, splitSum } from './family.ts';
import { APART, type FusedFamily } from './fused.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { elementAlias, type View, viewConstants } from './view.ts';

/** What the kernels of batch normalisation share; each family uses the fields that its shader names. */
export interface BatchNormProblem {
  readonly replicas: number;
  /** Samples of the batch: its rows are cut to the real ones. */
  readonly batch: number;
  readonly x: View;
  readonly y?: View;
  readonly dy?: View;
  readonly saved?: View;
  readonly epsilon: number;
  readonly epilogue: Epilogue;
  /** Statistics given from outside, not the batch's. */
  readonly inference: boolean;
  /** Who reads the statistics of parts of the rows joins them; else kernels of their own do. */
  readonly joined: boolean;
  /** Keep running statistics with this momentum. */
  readonly momentum?: number;
  readonly parameterReplica: number;
  /** As parameterReplica, of the gradients of scale and offset. */
  readonly gradientReplica: number;
  readonly runningReplica: number;
}

/** Into how many partial results the rows are cut: a choice by shape alone. */
export function batchNormSplits(rows: number): { splits: number; perSplit: number } {
  return splitSum(rows, LONGEST_PART, 64);
}

/** Rows of a part, where 64 parts suffice, and those that are summed one after the other. */
const LONGEST_PART = 2048;
const LONGEST_SUM = 512;

/**
 * Whether those who read the statistics of parts join them, which saves a dispatch: on a software driver, where an invocation makes many
 * elements, if the parts are few.
 */
export function joinsStatistics(rows: number, { kind }: Capabilities): boolean {
  return kind === 'cpu' && batchNormSplits(rows).splits <= MOST_JOINED;
}

const MOST_JOINED = 16;
const WORKGROUP = 32;

function constants(problem: BatchNormProblem) {
  const { splits, perSplit } = batchNormSplits(problem.x.rows);
  return {
    ...viewConstants('X', problem.x),
    ...viewConstants('Y', problem.y),
    ...viewConstants('DY', problem.dy),
    ...viewConstants('SAVED', problem.saved),
    ...elementAlias('Activation', problem.x, problem.y, problem.dy, problem.saved),
    ...epilogueConstants(problem.epilogue),
    ...longSumConstants(perSplit, LONGEST_SUM),
    ROWS: problem.x.rows,
    CHANNELS: problem.x.channels,
    BATCH: problem.batch,
    LEADING: problem.x.rows / problem.batch,
    SPLITS: splits,
    ROWS_PER_SPLIT: perSplit,
    EPSILON: { f32: problem.epsilon },
    INFERENCE: problem.inference,
    JOINED: problem.joined,
    RUNNING: problem.momentum !== undefined,
    MOMENTUM: { f32: problem.momentum ?? 0 },
    PARAMETER_REPLICA: problem.parameterReplica,
    GRADIENT_REPLICA: problem.gradientReplica,
    RUNNING_REPLICA: problem.runningReplica,
  };
}

function perChannel(problem: BatchNormProblem, layers: number, capabilities: Capabilities) {
  return grid('a batch normalisation', problem.x.channels, WORKGROUP, layers, capabilities);
}

function perElement(problem: BatchNormProblem, capabilities: Capabilities) {
  return grid('a batch normalisation', problem.x.rows * problem.x.channels, 64, problem.replicas, capabilities);
}

function single(
  name: string,
  build: (problem: BatchNormProblem, capabilities: Capabilities) => Kernel,
): Family<BatchNormProblem> {
  return { name, prefer: () => 'direct', variants: [{ name: 'direct', supports: () => true, build }] };
}

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
          { ...constants(problem), ...spread.constants, GRADIENT: problem.dy !== undefined },
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
            ...constants(problem),
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
        const spread = grid('a batch normalisation', items, STATISTICS_PARTS, problem.replicas, capabilities);
        return kernel(
          'batch-norm-statistics/parts',
          statisticsParts,
          {
            ...constants(problem),
            ...spread.constants,
            GRADIENT: problem.dy !== undefined,
            SHORT: batchNormSplits(problem.x.rows).perSplit <= LONGEST_PART,
          },
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
    { ...constants(problem), ...spread.constants },
    ['read', 'read', 'write', 'write', 'write'],
    spread.workgroups,
  );
});

/** A value for each element from the statistics: one invocation each, or (software drivers) invocations that walk down the rows. */
function elementsFamily(
  name: string,
  sources: { readonly direct: string; readonly rows: string; readonly vec4: string },
  /** What stands before the source, and what it binds. */
  frame: (problem: BatchNormProblem) => { readonly before: string; readonly bindings: readonly Access[] },
): Family<BatchNormProblem> {
  const what = 'a batch normalisation';
  const viewsOf = ({ x, y, dy, saved }: BatchNormProblem) => [x, y, dy, saved];
  const widthOf = (problem: BatchNormProblem) => widthInFours(viewsOf(problem));
  return {
    name,
    prefer: (problem, { kind }) => (kind === 'gpu' ? 'direct' : widthOf(problem) === undefined ? 'rows' : 'vec4'),
    variants: [
      {
        name: 'direct',
        supports: () => true,
        build(problem, capabilities) {
          const spread = perElement(problem, capabilities);
          return kernel(
            `${name}/direct`,
            `${frame(problem).before}\n${sources.direct}`,
            { ...constants(problem), ...spread.constants },
            frame(problem).bindings,
            spread.workgroups,
          );
        },
      },
      {
        name: 'rows',
        madeFor: 'cpu',
        supports: () => true,
        build(problem, capabilities) {
          const spread = rowGrid(what, problem.x.rows, problem.x.channels, problem.replicas, capabilities);
          return kernel(
            `${name}/rows`,
            `${frame(problem).before}\n${sources.rows}`,
            { ...constants(problem), ...spread.constants },
            frame(problem).bindings,
            spread.workgroups,
          );
        },
      },
      {
        name: 'vec4',
        madeFor: 'cpu',
        supports: (problem) => widthOf(problem) !== undefined,
        build(problem, capabilities) {
          const width = widthOf(problem) ?? problem.x.channels;
          const [x, y, dy, saved] = viewsOf(problem).map((view) => inRowsOf(width, view));
          const rows = x?.rows ?? 0;
          const spread = rowGrid(what, rows, width / 4, problem.replicas, capabilities);
          const views = {
            ...viewConstants('X', x),
            ...viewConstants('Y', y),
            ...viewConstants('DY', dy),
            ...viewConstants('SAVED', saved),
          };
          return kernel(
            `${name}/vec4`,
            `${frame(problem).before}\n${sources.vec4}`,
            { ...constants(problem), ...views, ROWS: rows, WIDTH: width / 4, ...spread.constants },
            frame(problem).bindings,
            spread.workgroups,
          );
        },
      },
    ],
  };
}

/** Bindings: x, scale, offset, moments (or mean), variance, state, y; where it joins moments: running mean in variance's place, running variance last. */
export const batchNormFamily = /* @__PURE__ */ elementsFamily(
  'batch-norm',
  { direct: normalize, rows: normalizeRows, vec4: normalizeVec4 },
  ({ joined }) =>
    joined
      ? { before: running, bindings: ['read', 'read', 'read', 'read', 'write', 'read', 'write', 'write'] }
      : { before: given, bindings: ['read', 'read', 'read', 'read', 'read', 'read', 'write'] },
);

/** Bindings: partial, scale gradient, offset gradient, sums. */
export const batchNormSumsFamily = /* @__PURE__ */ single('batch-norm-gradient-sums', (problem, capabilities) => {
  const spread = perChannel(problem, problem.replicas, capabilities);
  return kernel(
    'batch-norm-gradient-sums/direct',
    gradientSums,
    { ...constants(problem), ...spread.constants },
    ['read', 'write', 'write', 'write'],
    spread.workgroups,
  );
});

/** Bindings: x, dy, scale, moments (or mean), sums (or variance), saved, state, dx. */
export const batchNormGradientFamily = /* @__PURE__ */ elementsFamily(
  'batch-norm-gradient',
  { direct: gradient, rows: gradientRows, vec4: gradientVec4 },
  () => ({ before: '', bindings: ['read', 'read', 'read', 'read', 'read', 'read', 'read', 'write'] }),
);

/** All passes of a direction in one dispatch, an invocation a channel: on software drivers, where there are few rows. */
function channelsFamily(name: string, source: string, bindings: readonly Access[], most: number): FusedFamily<BatchNormProblem> {
  const supports = ({ joined, x, saved }: BatchNormProblem) => joined && !saved && batchNormSplits(x.rows).splits === 1;
  return {
    name,
    prefer: (problem) => (supports(problem) && problem.x.rows <= most ? 'channels' : APART),
    variants: [
      {
        name: 'channels',
        madeFor: 'cpu',
        supports,
        build(problem, capabilities) {
          const spread = grid('a batch normalisation', problem.x.channels, CHANNEL_LANES, problem.replicas, capabilities);
          return kernel(`${name}/channels`, source, { ...constants(problem), ...spread.constants }, bindings, spread.workgroups);
        },
      },
    ],
  };
}

/** A vector register's channels: more workgroups for more threads. */
const CHANNEL_LANES = 8;
/** Rows that one invocation walks down in about the time that a dispatch takes. */
const FEW_ROWS = 2048;

/** Statistics, running statistics and values. Bindings: x, scale, offset, state, y, moments, running mean, running variance. */
export const batchNormChannelsFamily = /* @__PURE__ */ channelsFamily(
  'batch-norm-channels',
  channelsOfAll,
  ['read', 'read', 'read', 'read', 'write', 'write', 'write', 'write'],
  FEW_ROWS,
);

/** All gradients. Bindings: x, dy, scale, moments, state, dx, gradients of scale and offset. */
export const batchNormGradientChannelsFamily = /* @__PURE__ */ channelsFamily(
  'batch-norm-gradient-channels',
  gradientChannels,
  ['read', 'read', 'read', 'read', 'read', 'write', 'write', 'write'],
  FEW_ROWS,
);
