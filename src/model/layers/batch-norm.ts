import { checked, optional, RECORD } from '../../core/arguments.ts';
import { channelsOf } from '../../graph/tensor.ts';
import { batchNormTraining, batchNorm as normalised } from '../../ops/batch-norm.ts';
import * as field from '../fields.ts';
import type { SimpleDefinition, Weight } from './definition.ts';
import { makeLayer, withShared } from './make.ts';
import { type LayerWithWeights, OWNERSHIP_FIELDS, type OwnershipOptions, ownershipFields } from './ownership.ts';

/**
 * `momentum` is the share of the old average that the running statistics keep. One that is not trainable normalises by them in
 * training too, and leaves them as they are.
 */
export interface BatchNormLayer extends LayerWithWeights {
  readonly type: 'batchNorm';
  readonly momentum: number;
  readonly epsilon: number;
}

export interface BatchNormOptions extends OwnershipOptions {
  readonly momentum?: number;
  readonly epsilon?: number;
}

/** Batch normalisation over all axes but the last. */
export const batchNorm = /* @__PURE__ */ checked(
  'batchNorm({ momentum: 0.9 })',
  () => ({ options: optional(RECORD) }),
  (options?: BatchNormOptions) => makeLayer(batchNormDefinition, {}, options),
);

const ZEROS = { type: 'zeros' } as const;
const ONES = { type: 'constant', value: 1 } as const;

export const batchNormDefinition: SimpleDefinition<BatchNormLayer> = {
  type: 'batchNorm',
  fields: /* @__PURE__ */ withShared(['momentum', 'epsilon'], OWNERSHIP_FIELDS),
  complete: (where, fields) => ({
    momentum: field.number(where, 'momentum', fields.momentum ?? 0.99, 'in [0, 1]', (n) => n >= 0 && n <= 1),
    epsilon: field.number(where, 'epsilon', fields.epsilon ?? 1e-3, 'above 0', (n) => n > 0),
    ...ownershipFields(where, fields),
  }),
  outputShape: (_where, _layer, input) => input,
  weights(_, input) {
    const shape = [channelsOf(input)];
    const statistic = (role: string, init: Weight['init'], kept: boolean): Weight => ({
      role,
      shape,
      init,
      fanIn: 1,
      fanOut: 1,
      weightDecay: 0,
      statistic: kept,
    });
    return [
      statistic('scale', ONES, false),
      statistic('offset', ZEROS, false),
      statistic('mean', ZEROS, true),
      statistic('variance', ONES, true),
    ];
  },
  memory: 'inPlace',
  lower({ epsilon, momentum, trainable }, x, lowering) {
    const inputs = { x, scale: lowering.weight('scale'), offset: lowering.weight('offset') };
    const [mean, variance] = [lowering.weight('mean'), lowering.weight('variance')];
    if (lowering.mode === 'inference' || trainable === false) return normalised({ ...inputs, mean, variance }, { epsilon });
    return batchNormTraining({ ...inputs, runningMean: mean, runningVariance: variance }, { epsilon, momentum });
  },
};
