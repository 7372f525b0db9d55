import { checked, optional, RECORD } from '../../core/arguments.ts';
import { channelsOf } from '../../graph/tensor.ts';
import { layerNorm as normalised } from '../../ops/layer-norm.ts';
import * as field from '../fields.ts';
import type { SimpleDefinition } from './definition.ts';
import { makeLayer, withShared } from './make.ts';
import { type LayerWithWeights, OWNERSHIP_FIELDS, type OwnershipOptions, ownershipFields } from './ownership.ts';

export interface LayerNormLayer extends LayerWithWeights {
  readonly type: 'layerNorm';
  /** What is normalised together: the channels of one pixel, or all of one sample. */
  readonly axes: 'channels' | 'sample';
  /** One scale and one offset for all channels. */
  readonly scalar: boolean;
  readonly epsilon: number;
}

export interface LayerNormOptions extends OwnershipOptions {
  readonly axes?: 'channels' | 'sample';
  readonly scalar?: boolean;
  readonly epsilon?: number;
}

/** Normalises each pixel over its channels, or each sample over all of it, in training and inference alike. */
export const layerNorm = /* @__PURE__ */ checked(
  "layerNorm({ axes: 'sample' })",
  () => ({ options: optional(RECORD) }),
  (options?: LayerNormOptions) => makeLayer(layerNormDefinition, {}, options),
);

export const layerNormDefinition: SimpleDefinition<LayerNormLayer> = {
  type: 'layerNorm',
  fields: /* @__PURE__ */ withShared(['axes', 'scalar', 'epsilon'], OWNERSHIP_FIELDS),
  complete: (where, fields) => ({
    axes: field.oneOf(where, 'axes', fields.axes ?? 'channels', ['channels', 'sample'] as const),
    scalar: field.boolean(where, 'scalar', fields.scalar, false),
    epsilon: field.number(where, 'epsilon', fields.epsilon ?? 1e-3, 'above 0', (n) => n > 0),
    ...ownershipFields(where, fields),
  }),
  outputShape: (_where, _layer, input) => input,
  weights({ scalar }, input) {
    const vector = { shape: [scalar ? 1 : channelsOf(input)], fanIn: 1, fanOut: 1, weightDecay: 0 };
    return [
      { ...vector, role: 'scale', init: { type: 'constant', value: 1 } },
      { ...vector, role: 'offset', init: { type: 'zeros' } },
    ];
  },
  memory: 'inPlace',
  lower: ({ axes, epsilon }, x, lowering) =>
    normalised({ x, scale: lowering.weight('scale'), offset: lowering.weight('offset') }, { axes, epsilon }),
};
