import confusion from '../../shaders/batch/confusion.wgsl';
import finish from '../../shaders/batch/finish.wgsl';
import gather from '../../shaders/batch/gather.wgsl';
import gatherAugmented from '../../shaders/batch/gather-augmented.wgsl';
import type { Capabilities } from '../gpu/gpu.ts';
import type { Kernel } from '../gpu/kernel.ts';
import { type AugmentationSpec, augmentationConstants } from './augmentation.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { scalingConstants } from './mixed.ts';
import { type ElementType, elementAlias, type View, viewConstants } from './view.ts';

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
  /** Of x [f32]. */
  readonly type?: ElementType;
  /** What is done to each sample, an image [height, width, channels]. */
  readonly augment?: { readonly spec: AugmentationSpec; readonly image: readonly number[] };
}

/** Fills a batch from the data set on the GPU. Bindings: source, targets, state, x, y. */
export function gatherKernel(problem: GatherProblem, capabilities: Capabilities): Kernel {
  const width = capabilities.kind === 'cpu' ? 16 : 64;
  const spread = grid('the gathering of a batch', problem.batch, 1, problem.replicas, capabilities);
  const { augment } = problem;
  return kernel(
    augment ? 'batch/gather-augmented' : 'batch/gather',
    augment ? gatherAugmented : gather,
    {
      ...spread.constants,
      ...elementAlias('Activation', problem),
      WORKGROUP: width,
      ROWS: problem.batch,
      X_LENGTH: problem.sampleLength,
      Y_LENGTH: problem.targetLength,
      BYTES: problem.bytes,
      SCALE: { f32: problem.scale },
      OFFSET: { f32: problem.offset },
      SHUFFLE: problem.shuffle,
      FIRST: problem.first,
      COUNT: problem.count,
      ...(augment && augmentationConstants(augment.spec, augment.image, problem.offset)),
    },
    ['read', 'read', 'read', 'write', 'write'],
    spread.workgroups,
  );
}

/** Steps that one submit may hold: as many losses as fit beside the other metrics. */
export const MOST_STEPS = 1019;

/** Words of a replica's metrics before the losses. */
export const METRIC_HEADER = 5;
/** Words of a replica's metrics: steps, right answers, samples, first bad step, steps skipped, and a loss for each step. */
export const METRIC_WORDS = METRIC_HEADER + MOST_STEPS;

/** Ends a step: metrics, step counter and loss scales. Bindings: rows, state, metrics. */
export function finishKernel(replicas: number, batch: number, { kind }: Capabilities, mixed = false): Kernel {
  const lanes = kind === 'cpu' ? 1 : 32;
  return kernel(
    'batch/finish',
    finish,
    {
      WORKGROUP: lanes,
      REPLICAS: replicas,
      ROWS: batch,
      METRICS: METRIC_WORDS,
      ...scalingConstants(mixed),
      ...longSumConstants(batch / lanes),
    },
    ['read', 'write', 'write'],
    [1, 1, 1],
  );
}

/** Counts predictions by label; `binary`: of one logit, above 0 for class 1. Bindings: logits, labels, state, confusion. */
export function confusionKernel(replicas: number, x: View, capabilities: Capabilities, binary = false): Kernel {
  const spread = grid('the confusion matrix', x.rows, 32, replicas, capabilities);
  return kernel(
    'batch/confusion',
    confusion,
    {
      ...spread.constants,
      ...viewConstants('X', x),
      ...elementAlias('Activation', x),
      ROWS: x.rows,
      CHANNELS: x.channels,
      CLASSES: binary ? 2 : x.channels,
      BINARY: binary,
    },
    ['read', 'read', 'read', 'write'],
    spread.workgroups,
  );
}
