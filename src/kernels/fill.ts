import fill from '../../shaders/elementwise/fill.wgsl';
import type { Family } from './family.ts';
import { grid } from './grid.ts';
import { kernel } from './library.ts';
import { type ElementType, elementAlias } from './view.ts';

/** Fills `length` elements with one value. Bindings: y. */
export interface FillProblem {
  readonly length: number;
  readonly value: number;
  /** [f32] */
  readonly type?: ElementType;
}

export const fillFamily: Family<FillProblem> = {
  name: 'fill',
  prefer: () => 'direct',
  variants: [
    {
      name: 'direct',
      supports: () => true,
      build({ length, value, type }, capabilities) {
        const spread = grid('a fill', length, 64, 1, capabilities);
        return kernel(
          'fill/direct',
          fill,
          { ...spread.constants, ...elementAlias('Activation', { type }), LENGTH: length, VALUE: { f32: value } },
          ['write'],
          spread.workgroups,
        );
      },
    },
  ],
};
