import type { Access } from '../../gpu/kernel.ts';
import { inRowsOf, rowGrid, widthInFours } from '../cpu/row-walk.ts';
import type { Family } from '../family.ts';
import { kernel } from '../library.ts';
import { viewConstants } from '../view.ts';
import { type BatchNormProblem, batchNormConstants, perElement, sized } from './problem.ts';

/** A value for each element from the statistics: one invocation each, or (software drivers) invocations that walk down the rows. */
export function elementsFamily(
  name: string,
  sources: { readonly direct: string; readonly rows: string; readonly vec4: string },
  /** What stands before the source, and what it binds. */
  frame: (problem: BatchNormProblem) => { readonly before: string; readonly bindings: readonly Access[] },
): Family<BatchNormProblem> {
  const what = 'a batch normalisation';
  const viewsOf = ({ x, y, dy, saved }: BatchNormProblem) => [x, y, dy, saved];
  const widthOf = (problem: BatchNormProblem) => widthInFours(viewsOf(problem));
  return {
    name,
    prefer: (problem, { kind }) => (kind === 'gpu' ? 'direct' : widthOf(problem) === undefined ? 'rows' : 'vec4'),
    variants: [
      {
        name: 'direct',
        supports: () => true,
        build(problem, capabilities) {
          const spread = perElement(problem, capabilities);
          return kernel(
            `${name}/direct`,
            `${frame(problem).before}\n${sources.direct}`,
            { ...batchNormConstants(problem), ...spread.constants },
            frame(problem).bindings,
            spread.workgroups,
          );
        },
      },
      {
        name: 'rows',
        madeFor: 'cpu',
        supports: () => true,
        build(problem, capabilities) {
          const spread = rowGrid(what, problem.x.rows, problem.x.channels, problem.replicas, capabilities);
          return kernel(
            `${name}/rows`,
            `${frame(problem).before}\n${sources.rows}`,
            sized(problem, { ...batchNormConstants(problem), ...spread.constants }, capabilities),
            frame(problem).bindings,
            spread.workgroups,
          );
        },
      },
      {
        name: 'vec4',
        madeFor: 'cpu',
        supports: (problem) => widthOf(problem) !== undefined,
        build(problem, capabilities) {
          const width = widthOf(problem) ?? problem.x.channels;
          const [x, y, dy, saved] = viewsOf(problem).map((view) => inRowsOf(width, view));
          const rows = x?.rows ?? 0;
          const spread = rowGrid(what, rows, width / 4, problem.replicas, capabilities);
          const views = {
            ...viewConstants('X', x),
            ...viewConstants('Y', y),
            ...viewConstants('DY', dy),
            ...viewConstants('SAVED', saved),
          };
          return kernel(
            `${name}/vec4`,
            `${frame(problem).before}\n${sources.vec4}`,
            sized(
              problem,
              { ...batchNormConstants(problem), ...views, ROWS: rows, WIDTH: width / 4, ...spread.constants },
              capabilities,
            ),
            frame(problem).bindings,
            spread.workgroups,
          );
        },
      },
    ],
  };
}
