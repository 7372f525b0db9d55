import { checked, optional, RECORD } from '../../core/arguments.ts';
import { channelsOf } from '../../graph/tensor.ts';
import { prelu as sloped } from '../../ops/arithmetic.ts';
import * as field from '../fields.ts';
import type { Init } from '../initialisers.ts';
import type { SimpleDefinition } from './definition.ts';
import { makeLayer, withShared } from './make.ts';
import { type LayerWithWeights, OWNERSHIP_FIELDS, type OwnershipOptions, ownershipFields } from './ownership.ts';

export interface PreluLayer extends LayerWithWeights {
  readonly type: 'prelu';
  readonly init: Init;
}

export interface PreluOptions extends OwnershipOptions {
  readonly init?: Init;
}

/** x where positive, else slope * x, with a trained slope a channel, which begins as `init` [constant(0.25)] (He et al., ICCV 2015). */
export const prelu = /* @__PURE__ */ checked(
  'prelu({ init: constant(0.25) })',
  () => ({ options: optional(RECORD) }),
  (options?: PreluOptions) => makeLayer(preluDefinition, {}, options),
);

export const preluDefinition: SimpleDefinition<PreluLayer> = {
  type: 'prelu',
  fields: /* @__PURE__ */ withShared(['init'], OWNERSHIP_FIELDS),
  complete: (where, fields) => ({
    init: field.init(where, 'init', fields.init, { type: 'constant', value: 0.25 }),
    ...ownershipFields(where, fields),
  }),
  outputShape: (_where, _layer, input) => input,
  weights: ({ init }, input) => [{ role: 'slope', shape: [channelsOf(input)], init, fanIn: 1, fanOut: 1, weightDecay: 0 }],
  memory: 'inPlace',
  lower: (_, x, lowering) => sloped({ x, slope: lowering.weight('slope') }),
};
