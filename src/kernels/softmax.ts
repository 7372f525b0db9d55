import rows from '../../shaders/softmax/rows.wgsl';
import type { Family } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { elementAlias, type View, viewConstants } from './view.ts';

/** Softmax of each row, or its gradient, where `saved` is the softmax and x the gradient of it. Bindings: x, saved, y. */
export interface SoftmaxProblem {
  readonly replicas: number;
  readonly x: View;
  readonly y: View;
  readonly saved?: View;
}

export const softmaxFamily: Family<SoftmaxProblem> = {
  name: 'softmax',
  prefer: () => 'rows',
  variants: [
    {
      name: 'rows',
      supports: () => true,
      build(problem, capabilities) {
        const spread = grid('a softmax', problem.y.rows, 32, problem.replicas, capabilities);
        const constants = {
          ...viewConstants('X', problem.x),
          ...viewConstants('SAVED', problem.saved),
          ...viewConstants('Y', problem.y),
          ...elementAlias('Activation', problem.x, problem.saved, problem.y),
          ...spread.constants,
          ...longSumConstants(problem.y.channels),
          GRADIENT: problem.saved !== undefined,
          ROWS: problem.y.rows,
          CHANNELS: problem.y.channels,
        };
        return kernel('softmax/rows', rows, constants, ['read', 'read', 'write'], spread.workgroups);
      },
    },
  ],
};
