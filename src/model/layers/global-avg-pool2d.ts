import { checkedAlone } from '../../core/arguments.ts';
import { globalAvgPool2d as pool } from '../../ops/pool.ts';
import type { NamedLayer, SimpleDefinition } from './definition.ts';
import { image } from './image.ts';
import { makeLayer, NAMED } from './make.ts';

export interface GlobalAvgPool2dLayer extends NamedLayer {
  readonly type: 'globalAvgPool2d';
}

/** [H,W,C] -> [C]. */
export const globalAvgPool2d = /* @__PURE__ */ checkedAlone(
  'globalAvgPool2d()',
  () => ({}),
  NAMED,
  () => makeLayer(globalAvgPool2dDefinition, {}),
);

export const globalAvgPool2dDefinition: SimpleDefinition<GlobalAvgPool2dLayer> = {
  type: 'globalAvgPool2d',
  fields: [],
  complete: () => ({}),
  outputShape: (where, _, input) => [image(where, input)[2]],
  carriesData: true,
  lower: (_, x) => pool({ x }),
};
