import type { Constants } from '../../gpu/composer.ts';
import type { Capabilities } from '../../gpu/gpu.ts';
import type { Kernel } from '../../gpu/kernel.ts';
import { type Epilogue, epilogueConstants } from '../epilogue.ts';
import { type Family, splitSum } from '../family.ts';
import { given, viewNames } from '../given.ts';
import { grid } from '../grid.ts';
import { longSumConstants } from '../long-sum.ts';
import { elementAlias, type View, viewConstants } from '../view.ts';

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
export const LONGEST_PART = 2048;
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

export function batchNormConstants(problem: BatchNormProblem) {
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

const SIZES = [
  ...viewNames('X', 'Y', 'DY', 'SAVED'),
  ...['GRID_X', 'ROWS', 'CHANNELS', 'BATCH', 'LEADING', 'SPLITS', 'ROWS_PER_SPLIT'],
  ...['PARAMETER_REPLICA', 'GRADIENT_REPLICA', 'RUNNING_REPLICA', 'WIDTH', 'BLOCK', 'BLOCKS', 'ROW_LANES', 'CHUNK'],
];

/** On software drivers one text serves all sizes. */
export function sized(problem: BatchNormProblem, all: Constants, { kind }: Capabilities): Constants {
  return kind === 'cpu' ? given(all, SIZES, problem.x.rows * problem.x.channels) : all;
}

export function perChannel(problem: BatchNormProblem, layers: number, capabilities: Capabilities) {
  return grid('a batch normalisation', problem.x.channels, WORKGROUP, layers, capabilities);
}

export function perElement(problem: BatchNormProblem, capabilities: Capabilities) {
  return grid('a batch normalisation', problem.x.rows * problem.x.channels, 64, problem.replicas, capabilities);
}

export function single(
  name: string,
  build: (problem: BatchNormProblem, capabilities: Capabilities) => Kernel,
): Family<BatchNormProblem> {
  return { name, prefer: () => 'direct', variants: [{ name: 'direct', supports: () => true, build }] };
}
