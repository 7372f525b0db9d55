import groups from '../../shaders/layer-norm/groups.wgsl';
import type { Family, Variant } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { longSumConstants } from './long-sum.ts';
import { elementAlias, type View, viewConstants } from './view.ts';

/**
 * Groups of `length` neighbouring elements, whole rows, normalised; or the gradient of that, where `normalised` is given and x is the
 * gradient of it. Bindings: x, normalised, reciprocals to read, reciprocals to write, y.
 */
export interface NormalizeProblem {
  readonly replicas: number;
  readonly length: number;
  readonly epsilon: number;
  readonly x: View;
  readonly normalised?: View;
  readonly y: View;
}

const WORKGROUP = 64;
/** Elements of a group from which on a workgroup shares them out. */
const LONG = 256;

function variant(name: string, lanes: number): Variant<NormalizeProblem> {
  return {
    name,
    supports: () => true,
    build(problem, capabilities) {
      const { x, normalised, y, length } = problem;
      const count = (x.rows * x.channels) / length;
      const spread = grid('a layer normalisation', count * lanes, WORKGROUP, problem.replicas, capabilities);
      const constants = {
        ...viewConstants('X', x),
        ...viewConstants('SAVED', normalised),
        ...viewConstants('Y', y),
        ...elementAlias('Activation', x, normalised, y),
        ...spread.constants,
        ...longSumConstants(Math.ceil(length / lanes)),
        GRADIENT: normalised !== undefined,
        EPSILON: { f32: problem.epsilon },
        LANES: lanes,
        LENGTH: length,
        CHANNELS: x.channels,
        GROUPS: count,
      };
      return kernel(`normalize/${name}`, groups, constants, ['read', 'read', 'read', 'write', 'write'], spread.workgroups);
    },
  };
}

export const normalizeFamily: Family<NormalizeProblem> = {
  name: 'normalize',
  prefer: ({ length }) => (length >= LONG ? 'lanes' : 'rows'),
  variants: [/* @__PURE__ */ variant('rows', 1), /* @__PURE__ */ variant('lanes', WORKGROUP)],
};
