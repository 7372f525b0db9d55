import fold from '../../shaders/batch-norm/fold.wgsl';
import type { Family } from './family.ts';
import { given } from './given.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';

/** The weights and bias of a layer with a batch normalisation behind it. Bindings: weights, bias, scale, offset, mean, variance, new weights, new bias. */
export interface BatchNormFoldProblem {
  readonly replicas: number;
  /** Elements of the weights, whose last axis is the channels. */
  readonly length: number;
  readonly channels: number;
  readonly bias: boolean;
  readonly epsilon: number;
  /** Elements from one replica to the next: of the weights; of bias, scale and offset; of mean and variance; of the results. */
  readonly weightsReplica: number;
  readonly parameterReplica: number;
  readonly runningReplica: number;
  readonly foldedReplica: number;
  readonly shiftReplica: number;
}

export const batchNormFoldFamily: Family<BatchNormFoldProblem> = {
  name: 'batch-norm-fold',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const spread = grid('a batch normalisation', problem.length, 64, problem.replicas, capabilities);
        const constants = {
          LENGTH: problem.length,
          CHANNELS: problem.channels,
          BIAS: problem.bias,
          EPSILON: { f32: problem.epsilon },
          WEIGHTS_REPLICA: problem.weightsReplica,
          PARAMETER_REPLICA: problem.parameterReplica,
          RUNNING_REPLICA: problem.runningReplica,
          FOLDED_REPLICA: problem.foldedReplica,
          SHIFT_REPLICA: problem.shiftReplica,
        };
        const all = { ...constants, ...spread.constants };
        return kernel(
          'batch-norm-fold/direct',
          fold,
          capabilities.kind === 'cpu' ? given(all, Object.keys(constants).concat('GRID_X')) : all,
          ['read', 'read', 'read', 'read', 'read', 'read', 'write', 'write'],
          spread.workgroups,
        );
      },
    },
  ],
};
