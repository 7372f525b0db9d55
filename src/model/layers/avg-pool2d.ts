import { ANY, checked, optional, RECORD } from '../../core/arguments.ts';
import type { Pair } from '../../core/geometry.ts';
import { avgPool2d as pool } from '../../ops/pool.ts';
import type { SimpleDefinition } from './definition.ts';
import { makeLayer } from './make.ts';
import { POOLING_FIELDS, type PoolingLayer, type PoolOptions, pooledShape, poolingFields } from './pooling.ts';

export interface AvgPool2dLayer extends PoolingLayer {
  readonly type: 'avgPool2d';
}

/** [H,W,C] -> [H',W',C]; the strides are the window's size unless given, and padding is not counted. */
export const avgPool2d = /* @__PURE__ */ checked(
  'avgPool2d(2, { strides: 2 })',
  () => ({ size: ANY, options: optional(RECORD) }),
  (size: number | Pair, options?: PoolOptions) => makeLayer(avgPool2dDefinition, { size }, options),
);

export const avgPool2dDefinition: SimpleDefinition<AvgPool2dLayer> = {
  type: 'avgPool2d',
  fields: POOLING_FIELDS,
  complete: poolingFields,
  outputShape: pooledShape,
  carriesData: true,
  lower: (layer, x) => pool({ x }, layer),
};
