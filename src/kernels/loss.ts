import binaryCrossEntropy from '../../shaders/loss/binary-cross-entropy.wgsl';
import distillation from '../../shaders/loss/distillation.wgsl';
import huber from '../../shaders/loss/huber.wgsl';
import mean from '../../shaders/loss/mean.wgsl';
import meanAbsoluteError from '../../shaders/loss/mean-absolute-error.wgsl';
import squaredError from '../../shaders/loss/mean-squared-error.wgsl';
import crossEntropy from '../../shaders/loss/softmax-cross-entropy.wgsl';
import type { Constants } from '../gpu/composer.ts';
import type { Family } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { elementAlias, type View, viewConstants } from './view.ts';

/** How the losses of a batch's samples become one: their mean or their sum. */
export type Reduction = 'mean' | 'sum';

/** The code of each loss. */
const SOURCES = {
  softmaxCrossEntropy: crossEntropy,
  meanSquaredError: squaredError,
  binaryCrossEntropy,
  meanAbsoluteError,
  huber,
  distillation,
};

export type LossName = keyof typeof SOURCES;

/** A loss's numbers by name; they are constants of its code, in capitals. */
export type LossOptions = Readonly<Record<string, number>>;

/** A loss of each row of the batch, and its gradient where `gradient`. Bindings: x, labels or targets, state, rows, gradient, and the weights of classes where there are any. */
export interface LossProblem {
  readonly replicas: number;
  readonly kind: LossName;
  readonly reduction: Reduction;
  readonly batch: number;
  readonly x: View;
  readonly goal: View;
  readonly options: LossOptions;
  /** Of the weights of classes, one a label [each is 1]. */
  readonly weights?: View;
  readonly gradient: boolean;
  /** Whether the gradient is multiplied by the training state's loss scale. */
  readonly scaled?: boolean;
}

export const lossFamily: Family<LossProblem> = {
  name: 'loss',
  prefer: () => 'rows',
  variants: [
    {
      name: 'rows',
      supports: () => true,
      build(problem, capabilities) {
        const spread = grid('a loss', problem.batch, 32, problem.replicas, capabilities);
        const constants: Constants = {
          ...viewConstants('X', problem.x),
          ...viewConstants('GOAL', problem.goal),
          ...elementAlias('Activation', problem.x),
          ...spread.constants,
          ...longSumConstants((problem.x.rows / problem.batch) * problem.x.channels),
          COMPACT: capabilities.kind === 'cpu',
          GRADIENT: problem.gradient,
          SCALED: problem.scaled ?? false,
          MEAN: problem.reduction === 'mean',
          ...Object.fromEntries(Object.entries(problem.options).map(([name, value]) => [name.toUpperCase(), { f32: value }])),
          'row-weight': { piece: problem.weights ? 'class-weight' : 'no-class-weight' },
          ...(problem.weights && { CLASSES: problem.weights.channels, WEIGHTS_REPLICA: problem.weights.replicaStride }),
          ROWS: problem.batch,
          LEADING: problem.x.rows / problem.batch,
          CHANNELS: problem.x.channels,
        };
        return kernel(
          'loss/rows',
          SOURCES[problem.kind],
          constants,
          ['read', 'read', 'read', 'write', 'write', ...(problem.weights ? (['read'] as const) : [])],
          spread.workgroups,
        );
      },
    },
  ],
};

/** Lanes of a workgroup that adds up a batch's losses. */
const MEAN_LANES = 32;

/** The mean or sum of the losses of the real rows. Bindings: rows, state, y. */
export const meanLossFamily: Family<{ readonly replicas: number; readonly batch: number; readonly reduction: Reduction }> = {
  name: 'mean-loss',
  prefer: () => 'lanes',
  variants: [
    {
      name: 'lanes',
      supports: () => true,
      build({ replicas, batch, reduction }, capabilities) {
        const { workgroups } = grid('the mean of a loss', 1, 1, replicas, capabilities);
        return kernel(
          'mean-loss/lanes',
          mean,
          { WORKGROUP: MEAN_LANES, ROWS: batch, MEAN: reduction === 'mean', ...longSumConstants(batch / MEAN_LANES) },
          ['read', 'read', 'write'],
          workgroups,
        );
      },
    },
  ],
};
