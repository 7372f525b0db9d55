import map from '../../shaders/broadcast/map.wgsl';
import { elements, type Shape } from '../core/value.ts';
import { type Calculation, calculationCode } from './arithmetic.ts';
import type { Family } from './family.ts';
import { kernel } from './library.ts';
import { axisConstants, type Strided, stridedConstants } from './strided.ts';
import { chunkedGrid } from './vec4.ts';
import { elementAlias } from './view.ts';

/** y = factor calculation(a, b, c) over a space of `sizes`, in which each operand has steps of its own. Bindings: a, b, c, y. */
export interface BroadcastProblem {
  readonly replicas: number;
  readonly calculation: Calculation;
  readonly factor: number;
  readonly sizes: Shape;
  readonly a: Strided;
  readonly b?: Strided;
  readonly c?: Strided;
  readonly y: Strided;
}

export const broadcastFamily: Family<BroadcastProblem> = {
  name: 'broadcast',
  prefer: () => 'map',
  variants: [
    {
      name: 'map',
      supports: () => true,
      build(problem, capabilities) {
        const { a, b, c, y, sizes } = problem;
        const items = elements(sizes);
        const grid = chunkedGrid('an elementwise operation', items, problem.replicas, capabilities);
        const constants = {
          ...grid.constants,
          ...axisConstants('SIZE', sizes, 1),
          ...stridedConstants('A', a),
          ...stridedConstants('B', b),
          ...stridedConstants('C', c),
          ...stridedConstants('Y', y),
          ...elementAlias('TermA', a),
          ...elementAlias('TermB', b),
          ...elementAlias('TermC', c),
          ...elementAlias('Result', y),
          CALCULATION: calculationCode(problem.calculation),
          OPERANDS: c ? 3 : b ? 2 : 1,
          FACTOR: { f32: problem.factor },
          ITEMS: items,
        };
        return kernel('broadcast/map', map, constants, ['read', 'read', 'read', 'write'], grid.workgroups);
      },
    },
  ],
};
