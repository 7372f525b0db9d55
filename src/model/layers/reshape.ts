import { checkedAlone, LIST } from '../../core/arguments.ts';
import { ShapeError } from '../../core/errors.ts';
import { elements, formatShape } from '../../core/value.ts';
import { reshape as reshaped } from '../../ops/reshape.ts';
import * as field from '../fields.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { makeLayer, NAMED } from './make.ts';

export interface ReshapeLayer extends NamedLayer {
  readonly type: 'reshape';
  /** [height, width, channels] or [size]. */
  readonly shape: readonly number[];
}

/** The same elements in row-major order as an image [height, width, channels] or a vector [size]. */
export const reshape = /* @__PURE__ */ checkedAlone(
  'reshape([7, 7, 64])',
  () => ({ shape: LIST }),
  NAMED,
  (shape: readonly [number, number, number] | readonly [number]) => makeLayer(reshapeDefinition, { shape }),
);

export const reshapeDefinition: SimpleDefinition<ReshapeLayer> = {
  type: 'reshape',
  fields: ['shape'],
  complete: (where, fields) => ({ shape: field.sampleShape(where, 'shape', fields.shape) }),
  outputShape(where, { shape }, input) {
    if (elements(shape) !== elements(input))
      throw new ShapeError(
        `${where}: shape ${formatShape(shape)} has ${elements(shape)} elements, its input ${formatShape(input)} ${elements(input)}; ` +
          'they must have as many',
      );
    return shape;
  },
  memory: 'view',
  lower: ({ shape }, x) => reshaped(x, [x.shape[0] ?? 1, ...shape]),
};
