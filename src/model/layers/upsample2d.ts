import { ANY, checkedAlone } from '../../core/arguments.ts';
import type { Pair } from '../../core/geometry.ts';
import { upsample2d as upsampled } from '../../ops/upsample.ts';
import * as field from '../fields.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { image } from './image.ts';
import { makeLayer, NAMED } from './make.ts';

export interface Upsample2dLayer extends NamedLayer {
  readonly type: 'upsample2d';
  readonly factor: Pair;
}

/** [H,W,C] -> [H * factor,W * factor,C]: each pixel repeated, downwards and to the right. `factor`: one number, or [height, width]. */
export const upsample2d = /* @__PURE__ */ checkedAlone(
  'upsample2d(2)',
  () => ({ factor: ANY }),
  NAMED,
  (factor: number | Pair) => makeLayer(upsample2dDefinition, { factor }),
);

export const upsample2dDefinition: SimpleDefinition<Upsample2dLayer> = {
  type: 'upsample2d',
  fields: ['factor'],
  complete: (where, fields) => ({ factor: field.pair(where, 'factor', fields.factor) }),
  outputShape(where, { factor }, input) {
    const [height, width, channels] = image(where, input);
    return [height * factor[0], width * factor[1], channels];
  },
  carriesData: true,
  lower: ({ factor }, x) => upsampled({ x }, { factor }),
};
