import { checkedAlone } from '../../core/arguments.ts';
import { globalMaxPool2d as pool } from '../../ops/pool.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { image } from './image.ts';
import { makeLayer, NAMED } from './make.ts';

export interface GlobalMaxPool2dLayer extends NamedLayer {
  readonly type: 'globalMaxPool2d';
}

/** [H,W,C] -> [C], the largest of each channel. */
export const globalMaxPool2d = /* @__PURE__ */ checkedAlone(
  'globalMaxPool2d()',
  () => ({}),
  NAMED,
  () => makeLayer(globalMaxPool2dDefinition, {}),
);

export const globalMaxPool2dDefinition: SimpleDefinition<GlobalMaxPool2dLayer> = {
  type: 'globalMaxPool2d',
  fields: [],
  complete: () => ({}),
  outputShape: (where, _, input) => [image(where, input)[2]],
  carriesData: true,
  lower: (_, x) => pool({ x }),
};
