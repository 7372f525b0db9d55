import gradient from '../../shaders/gather/gradient.wgsl';
import rows from '../../shaders/gather/rows.wgsl';
import type { Family } from './family.ts';
import { workgroupSize } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { chunkedGrid } from './vec4.ts';
import { type ElementType, elementAlias } from './view.ts';

/** A whole tensor: elements from one replica to the next, and what they are. */
export interface Whole {
  readonly replicaStride: number;
  /** [f32] */
  readonly type?: ElementType;
}

/** `count` of `rows` rows of `width` elements, by their numbers. Bindings: x, index, y. */
export interface GatherProblem {
  readonly replicas: number;
  readonly rows: number;
  readonly width: number;
  readonly count: number;
  readonly x: Whole;
  readonly index: Whole;
  readonly y: Whole;
}

export const gatherFamily: Family<GatherProblem> = {
  name: 'gather',
  prefer: () => 'rows',
  variants: [
    {
      name: 'rows',
      supports: () => true,
      build(problem, capabilities) {
        const { x, index, y, count, width } = problem;
        const spread = chunkedGrid('a gathering of rows', count * width, problem.replicas, capabilities);
        const constants = {
          ...spread.constants,
          ...elementAlias('Activation', x),
          ...elementAlias('Result', y),
          X_REPLICA: x.replicaStride,
          INDEX_REPLICA: index.replicaStride,
          Y_REPLICA: y.replicaStride,
          ROWS: problem.rows,
          WIDTH: width,
          COUNT: count,
        };
        return kernel('gather/rows', rows, constants, ['read', 'read', 'write'], spread.workgroups);
      },
    },
  ],
};

/** The gradient of rows that were gathered, in `splits` partial sums, `part` elements apart. Bindings: dy, index, dx. */
export interface GatherGradientProblem extends Omit<GatherProblem, 'x' | 'y'> {
  readonly dy: Whole;
  readonly dx: Pick<Whole, 'type'>;
  readonly splits: number;
  readonly perSplit: number;
  readonly part: number;
}

export const gatherGradientFamily: Family<GatherGradientProblem> = {
  name: 'gather-gradient',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build(problem, capabilities) {
        const { dy, index, dx, rows: count, width, splits } = problem;
        const layers = problem.replicas * splits;
        const spread = grid("a gathering's gradient", count * width, workgroupSize(capabilities), layers, capabilities);
        const constants = {
          ...spread.constants,
          ...longSumConstants(problem.perSplit),
          ...elementAlias('Activation', dy),
          ...elementAlias('Result', dx),
          DY_REPLICA: dy.replicaStride,
          INDEX_REPLICA: index.replicaStride,
          ROWS: count,
          WIDTH: width,
          COUNT: problem.count,
          COUNT_A_SPLIT: problem.perSplit,
          SPLITS: splits,
          PART: problem.part,
        };
        return kernel('gather-gradient/direct', gradient, constants, ['read', 'read', 'write'], spread.workgroups);
      },
    },
  ],
};
