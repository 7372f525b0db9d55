import { ANY, checked, optional, RECORD } from '../../core/arguments.ts';
import type { Pair } from '../../core/geometry.ts';
import { maxPool2d as pool } from '../../ops/pool.ts';
import type { SimpleDefinition } from './definition.ts';
import { makeLayer } from './make.ts';
import { POOLING_FIELDS, type PoolingLayer, type PoolOptions, pooledShape, poolingFields } from './pooling.ts';

export interface MaxPool2dLayer extends PoolingLayer {
  readonly type: 'maxPool2d';
}

/** [H,W,C] -> [H',W',C]; the strides are the window's size unless given. */
export const maxPool2d = /* @__PURE__ */ checked(
  'maxPool2d(2, { strides: 2 })',
  () => ({ size: ANY, options: optional(RECORD) }),
  (size: number | Pair, options?: PoolOptions) => makeLayer(maxPool2dDefinition, { size }, options),
);

export const maxPool2dDefinition: SimpleDefinition<MaxPool2dLayer> = {
  type: 'maxPool2d',
  fields: POOLING_FIELDS,
  complete: poolingFields,
  outputShape: pooledShape,
  carriesData: true,
  lower: (layer, x) => pool({ x }, layer),
};
