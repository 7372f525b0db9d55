import { type Activation, activationOf, checkedOptions, elementwise } from '../../src/core/activation.ts';
import { activationKinds, definitionOf } from '../../src/core/activations/registry.ts';
import type { Padding, Pair } from '../../src/core/geometry.ts';
import { type Case, eighths, makeCase, normal, oddMultiples, times } from './case.ts';

/** Every elementwise activation, with its options' defaults. */
export const everyActivation: readonly Activation[] = activationKinds.flatMap(
  (kind) => activationOf({ kind, options: checkedOptions('case', kind, {}) }) ?? [],
);

export interface ConvolutionSpec {
  readonly x: readonly [number, number, number, number];
  readonly window: Pair;
  readonly outputs: number;
  readonly groups?: number;
  readonly strides?: Pair;
  readonly padding?: Padding;
  readonly dilations?: Pair;
  readonly activation?: Activation;
  readonly bias?: boolean;
}

export function convolution(spec: ConvolutionSpec): Case {
  const { x, window, outputs, groups, strides, padding, dilations, activation, bias = false } = spec;
  const channels = x[3] / (groups ?? 1);
  const fills = fillsFor(activation, window[0] * window[1] * channels);
  const attributes = definedOnly({ strides, padding, dilations, groups, activation });
  const inputs = {
    x: [x, fills.x],
    filter: [[...window, channels, outputs], fills.weights],
    ...(bias && { bias: [[outputs], fills.bias] as const }),
  } as const;
  const name = `${times(x)} * ${times(window)}x${outputs}${bias ? ' + bias' : ''}${describe(attributes)}`;
  return makeCase('conv2d', name, inputs, attributes, fills.kinked && !bias);
}

/** A transposed convolution; `outputs` are the channels of the result, of all groups. */
export function transposedConvolution(spec: ConvolutionSpec): Case {
  const { x, window, outputs, groups, strides, padding, dilations, activation, bias = false } = spec;
  const fills = fillsFor(activation, (window[0] * window[1] * x[3]) / (groups ?? 1));
  const attributes = definedOnly({ strides, padding, dilations, groups, activation });
  const inputs = {
    x: [x, fills.x],
    filter: [[...window, outputs / (groups ?? 1), x[3]], fills.weights],
    ...(bias && { bias: [[outputs], fills.bias] as const }),
  } as const;
  const name = `${times(x)} * ${times(window)}x${outputs}${bias ? ' + bias' : ''}${describe(attributes)}`;
  return makeCase('conv2dTranspose', name, inputs, attributes, fills.kinked && !bias);
}

export interface DenseSpec {
  readonly batch: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly activation?: Activation;
  readonly bias?: boolean;
}

export function denseCase({ batch, inputs, outputs, activation, bias = false }: DenseSpec): Case {
  const fills = fillsFor(activation, inputs);
  const attributes = definedOnly({ activation });
  const values = {
    x: [[batch, inputs], fills.x],
    weights: [[inputs, outputs], fills.weights],
    ...(bias && { bias: [[outputs], fills.bias] as const }),
  } as const;
  const name = `${batch}x${inputs} * ${inputs}x${outputs}${bias ? ' + bias' : ''}${describe(attributes)}`;
  return makeCase('dense', name, values, attributes, fills.kinked && !bias);
}

/** ` strides=[2,1] activation="relu"`, what tells two cases of equal shapes apart. */
export function describe(attributes: Record<string, unknown>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}=${JSON.stringify(value)}`)
    .join('');
}

export function definedOnly(attributes: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

/**
 * Where the activation has a kink, both sides must agree on the sign of each sum: exact sums, which a bias keeps off 0. Else
 * full-precision values, with weights scaled so that a sum is about 1.
 */
function fillsFor(activation: Activation | undefined, terms: number) {
  const kind = elementwise(activation)?.kind ?? 'linear';
  const kinked = kind !== 'linear' && !definitionOf(kind).transcendental;
  return kinked
    ? { kinked, x: eighths, weights: eighths, bias: oddMultiples(1 / 128) }
    : { kinked, x: normal(), weights: normal(1 / Math.sqrt(terms)), bias: normal(0.5) };
}
