import { checked, NUMBER, optional, RECORD } from '../../core/arguments.ts';
import { ShapeError } from '../../core/errors.ts';
import { elements, formatShape } from '../../core/value.ts';
import { dense as product } from '../../ops/dense.ts';
import * as field from '../fields.ts';
import type { SimpleDefinition } from './definition.ts';
import { makeLayer, withShared } from './make.ts';
import { WEIGHTED_FIELDS, type WeightedLayer, type WeightedOptions, weightAndBias, weightedFields } from './weighted.ts';

export interface DenseLayer extends WeightedLayer {
  readonly type: 'dense';
  readonly units: number;
}

/** [IN] -> [units]. */
export const dense = /* @__PURE__ */ checked(
  "dense(10, { activation: 'relu' })",
  () => ({ units: NUMBER, options: optional(RECORD) }),
  (units: number, options?: WeightedOptions) => makeLayer(denseDefinition, { units }, options),
);

export const denseDefinition: SimpleDefinition<DenseLayer> = {
  type: 'dense',
  fields: /* @__PURE__ */ withShared(['units'], WEIGHTED_FIELDS),
  complete: (where, fields) => ({
    units: field.positiveInteger(where, 'units', fields.units),
    ...weightedFields(where, fields, 'glorotUniform'),
  }),
  outputShape(where, layer, input) {
    if (input.length !== 1)
      throw new ShapeError(
        `${where}: needs a vector [size], got an image ${formatShape(input)}; put flatten() or globalAvgPool2d() before it`,
      );
    return [layer.units];
  },
  /** Weights [IN,OUT] and a bias [OUT]. */
  weights(layer, input) {
    const size = elements(input);
    return weightAndBias(layer, 'weights', [size, layer.units], layer.units, { fanIn: size, fanOut: layer.units });
  },
  carriesData: true,
  macs: (layer, input) => layer.units * elements(input),
  lower: (layer, x, lowering) =>
    product(
      { x, weights: lowering.weight('weights'), bias: layer.bias ? lowering.weight('bias') : undefined },
      { activation: layer.activation },
    ),
};
