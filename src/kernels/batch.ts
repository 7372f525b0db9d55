import confusion from '../../shaders/batch/confusion.wgsl';
import finish from '../../shaders/batch/finish.wgsl';
import gather from '../../shaders/batch/gather.wgsl';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type View, viewConstants } from './view.ts';

export interface GatherProblem {
  readonly replicas: number;
  readonly batch: number;
  /** Elements of one sample and of one target. */
  readonly sampleLength: number;
  readonly targetLength: number;
  readonly bytes: boolean;
  readonly scale: number;
  readonly offset: number;
  readonly shuffle: boolean;
  /** Which samples of the set this dispatch's buffer holds. */
  readonly first: number;
  readonly count: number;
}

/** Fills a batch from the data set on the GPU. Bindings: source, targets, state, x, y. */
export function gatherKernel(problem: GatherProblem, capabilities: Capabilities): Kernel {
  const xItems = Math.ceil(problem.sampleLength / 4);
  const rowItems = xItems + problem.targetLength;
  const spread = grid('the gathering of a batch', problem.batch * rowItems, 64, problem.replicas, capabilities);
  return kernel(
    'batch/gather',
    gather,
    {
      ...spread.constants,
      ROWS: problem.batch,
      ROW_ITEMS: rowItems,
      X_ITEMS: xItems,
      X_LENGTH: problem.sampleLength,
      Y_LENGTH: problem.targetLength,
      BYTES: problem.bytes,
      SCALE: { f32: problem.scale },
      OFFSET: { f32: problem.offset },
      SHUFFLE: problem.shuffle,
      FIRST: problem.first,
      COUNT: problem.count,
    },
    ['read', 'read', 'read', 'write', 'write'],
    spread.workgroups,
  );
}

/** Steps that one submit may hold: as many losses as fit beside the other metrics. */
export const MOST_STEPS = 1020;

/** Words of a replica's metrics: steps, right answers, samples, first bad step, and a loss for each step. */
export const METRIC_WORDS = 4 + MOST_STEPS;

/** Ends a step: metrics and step counter. Bindings: rows, state, metrics. */
export function finishKernel(replicas: number, batch: number): Kernel {
  return kernel(
    'batch/finish',
    finish,
    { WORKGROUP: 32, REPLICAS: replicas, ROWS: batch, METRICS: METRIC_WORDS },
    ['read', 'write', 'write'],
    [1, 1, 1],
  );
}

/** Counts predictions by label. Bindings: logits, labels, state, confusion. */
export function confusionKernel(replicas: number, x: View, capabilities: Capabilities): Kernel {
  const spread = grid('the confusion matrix', x.rows, 32, replicas, capabilities);
  return kernel(
    'batch/confusion',
    confusion,
    { ...spread.constants, ...viewConstants('X', x), ROWS: x.rows, CHANNELS: x.channels },
    ['read', 'read', 'read', 'write'],
    spread.workgroups,
  );
}
