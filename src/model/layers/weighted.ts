import { type Activation, checkActivation } from '../../core/activation.ts';
import type { Shape } from '../../core/value.ts';
import * as field from '../fields.ts';
import type { Init } from '../initialisers.ts';
import type { NamedLayer, Weight } from './definition.ts';
import { type LayerWithWeights, OWNERSHIP_FIELDS, type OwnershipOptions, ownershipFields } from './ownership.ts';

/** What layers with a weight tensor and a bias share. */
export interface LinearLayer extends LayerWithWeights {
  readonly bias: boolean;
  readonly init: Init;
  readonly biasInit: Init;
  /** L2 decay of the weights; biases are not decayed. */
  readonly weightDecay: number;
}

export interface LinearOptions extends OwnershipOptions {
  readonly bias?: boolean;
  readonly init?: Init;
  readonly biasInit?: Init;
  readonly weightDecay?: number;
}

/** Those with an activation behind; absent: none. */
export interface WeightedLayer extends LinearLayer {
  readonly activation?: Activation;
}

export interface WeightedOptions extends LinearOptions {
  readonly activation?: Activation;
}

export const LINEAR_FIELDS = ['bias', 'init', 'biasInit', 'weightDecay', ...OWNERSHIP_FIELDS] as const;
export const WEIGHTED_FIELDS = ['bias', 'activation', 'init', 'biasInit', 'weightDecay', ...OWNERSHIP_FIELDS] as const;

export function weightedFields(where: string, fields: field.Fields, missingInit: 'heNormal' | 'glorotUniform') {
  const activation = checkActivation(where, fields.activation);
  return { ...linearFields(where, fields, missingInit), ...(activation !== undefined && { activation }) };
}

/** A layer without a bias keeps no choice of one, so that equal layers are equal data. */
export function linearFields(where: string, fields: field.Fields, missingInit: 'heNormal' | 'glorotUniform') {
  const bias = field.boolean(where, 'bias', fields.bias, true);
  const biasInit = field.init(where, 'biasInit', fields.biasInit, { type: 'zeros' });
  return {
    bias,
    init: field.init(where, 'init', fields.init, { type: missingInit }),
    biasInit: bias ? biasInit : ({ type: 'zeros' } as const),
    weightDecay: field.number(where, 'weightDecay', fields.weightDecay ?? 0, 'of at least 0', (n) => n >= 0),
    ...ownershipFields(where, fields),
  };
}

const WEIGHTED = ['conv2d', 'depthwiseConv2d', 'conv2dTranspose', 'dense'] as const;

/** Whether a layer's output is sums of products with its weights plus its bias, but for an activation behind. */
export function isWeighted<L extends NamedLayer>(layer: L): layer is Extract<L, { readonly type: (typeof WEIGHTED)[number] }> {
  return (WEIGHTED as readonly string[]).includes(layer.type);
}

/** The weight tensor of that role and shape, and the bias, one element for each of `outputs`. */
export function weightAndBias(
  layer: LinearLayer,
  role: string,
  shape: Shape,
  outputs: number,
  fans: { readonly fanIn: number; readonly fanOut: number },
): Weight[] {
  const { init, weightDecay } = layer;
  const weight: Weight = { role, shape, init, ...fans, weightDecay };
  if (!layer.bias) return [weight];
  return [weight, { role: 'bias', shape: [outputs], init: layer.biasInit, ...fans, weightDecay: 0 }];
}
