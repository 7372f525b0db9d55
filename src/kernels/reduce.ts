import splits from '../../shaders/reduce/splits.wgsl';
import type { Family } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';

/** Adds `splits` partial results of `length` elements in order. Bindings: partial results, sum. */
export interface SumSplitsProblem {
  readonly replicas: number;
  readonly splits: number;
  readonly length: number;
  /** Elements from one partial result, and from one replica's sum, to the next. */
  readonly part: number;
}

export const sumSplitsFamily: Family<SumSplitsProblem> = {
  name: 'sum-splits',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const spread = grid('a sum of partial results', problem.length, 64, problem.replicas, capabilities);
        return kernel(
          'sum-splits/direct',
          splits,
          {
            ...spread.constants,
            ...longSumConstants(problem.splits),
            SPLITS: problem.splits,
            LENGTH: problem.length,
            PART: problem.part,
          },
          ['read', 'write'],
          spread.workgroups,
        );
      },
    },
  ],
};
