import shader from '../../../../shaders/separable/columns.wgsl';
import type { Variant } from '../../family.ts';
import { given } from '../../given.ts';
import { grid } from '../../grid.ts';
import { kernel } from '../../library.ts';
import { SEPARABLE_SIZES, type SeparableProblem, separableConstants, suitsColumns } from '../problem.ts';
import { stripsOf } from './strips.ts';

/** Workgroups that there should be, and strips of a lane at most, where its start costs as much as one. */
const ENOUGH = 32;
const MOST_TURNS = 32;

/** For few channels. */
export const columnsVariant: Variant<SeparableProblem> = {
  name: 'columns',
  madeFor: 'cpu',
  supports: suitsColumns,
  build(problem, capabilities) {
    const { batch, geometry: g, replicas } = problem;
    const lanes = capabilities.subgroupSize;
    const strips = stripsOf(batch, g.outputWidth + g.windowWidth - 1, g.windowWidth, lanes);
    const { vectors } = strips;
    const turns = Math.max(1, Math.min(MOST_TURNS, Math.ceil((vectors * replicas) / ENOUGH)));
    const groups = Math.ceil(vectors / turns);
    const { workgroups, constants } = grid('a separable convolution', groups, 1, replicas, capabilities);
    return kernel(
      'separable/columns',
      shader,
      given(
        {
          ...separableConstants(problem),
          ...constants,
          BIAS_REPLICA: problem.biasReplica,
          ...strips.constants,
          TURNS: turns,
        },
        SEPARABLE_SIZES,
        2 * vectors,
      ),
      ['read', 'read', 'read', 'read', 'write'],
      workgroups,
    );
  },
};
