import source from '../../shaders/softmax/rows.wgsl';
import type { Family, Variant } from './family.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { ALONE, preferredRowLanes, type RowLanes, rowLanesGrid, TOGETHER } from './row-lanes.ts';
import { elementAlias, type View, viewConstants } from './view.ts';

/** Softmax of each row, or its gradient, where `saved` is the softmax and x the gradient of it. Bindings: x, saved, y. */
export interface SoftmaxProblem {
  readonly replicas: number;
  readonly x: View;
  readonly y: View;
  readonly saved?: View;
}

function variant(name: string, lanesOf: RowLanes): Variant<SoftmaxProblem> {
  return {
    name,
    ...(lanesOf.madeFor && { madeFor: lanesOf.madeFor }),
    supports: () => true,
    build(problem, capabilities) {
      const { rows, channels } = problem.y;
      const spread = rowLanesGrid('a softmax', rows, lanesOf, problem.replicas, capabilities);
      const constants = {
        ...viewConstants('X', problem.x),
        ...viewConstants('SAVED', problem.saved),
        ...viewConstants('Y', problem.y),
        ...elementAlias('Activation', problem.x, problem.saved, problem.y),
        ...spread.constants,
        ...longSumConstants(Math.ceil(channels / lanesOf.lanes)),
        GRADIENT: problem.saved !== undefined,
        ROWS: rows,
        CHANNELS: channels,
      };
      return kernel(`softmax/${name}`, source, constants, ['read', 'read', 'write'], spread.workgroups);
    },
  };
}

export const softmaxFamily: Family<SoftmaxProblem> = {
  name: 'softmax',
  prefer: ({ y }, capabilities) => preferredRowLanes(y.channels, capabilities),
  variants: [/* @__PURE__ */ variant('rows', ALONE), /* @__PURE__ */ variant('lanes', TOGETHER)],
};
