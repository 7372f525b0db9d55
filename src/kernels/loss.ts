import mean from '../../shaders/loss/mean.wgsl';
import squaredError from '../../shaders/loss/mean-squared-error.wgsl';
import crossEntropy from '../../shaders/loss/softmax-cross-entropy.wgsl';
import type { Family } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { elementAlias, type View, viewConstants } from './view.ts';

/** A loss of each row of the batch, and its gradient where `gradient`. Bindings: x, labels or targets, state, rows, gradient. */
export interface LossProblem {
  readonly replicas: number;
  readonly kind: 'softmaxCrossEntropy' | 'meanSquaredError';
  readonly batch: number;
  readonly x: View;
  readonly goal: View;
  readonly smoothing: number;
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
        const constants = {
          ...viewConstants('X', problem.x),
          ...viewConstants('GOAL', problem.goal),
          ...elementAlias('Activation', problem.x),
          ...spread.constants,
          COMPACT: capabilities.kind === 'cpu',
          GRADIENT: problem.gradient,
          SCALED: problem.scaled ?? false,
          SMOOTHING: { f32: problem.smoothing },
          ROWS: problem.batch,
          LEADING: problem.x.rows / problem.batch,
          CHANNELS: problem.x.channels,
        };
        const source = problem.kind === 'softmaxCrossEntropy' ? crossEntropy : squaredError;
        return kernel('loss/rows', source, constants, ['read', 'read', 'read', 'write', 'write'], spread.workgroups);
      },
    },
  ],
};

/** The mean loss over the real rows. Bindings: rows, state, y. */
export const meanLossFamily: Family<{ readonly replicas: number; readonly batch: number }> = {
  name: 'mean-loss',
  prefer: () => 'lanes',
  variants: [
    {
      name: 'lanes',
      supports: () => true,
      build: ({ replicas, batch }) =>
        kernel('mean-loss/lanes', mean, { WORKGROUP: 32, ROWS: batch }, ['read', 'read', 'write'], [1, 1, replicas]),
    },
  ],
};
