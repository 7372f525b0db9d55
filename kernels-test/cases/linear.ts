import { type Activation, activationOf, checkedOptions, elementwise } from '../../src/core/activation.ts';
import { activationKinds, definitionOf } from '../../src/core/activations/registry.ts';
import type { Padding, Pair } from '../../src/core/geometry.ts';
import type { Shape } from '../../src/core/value.ts';
import { type Case, type CaseTable, eighths, makeCase, normal, oddMultiples, times } from './case.ts';

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

interface MatmulSpec {
  readonly a: Shape;
  readonly b: Shape;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

function matmulCase({ a, b, ...options }: MatmulSpec): Case {
  const attributes = definedOnly(options);
  const name = `${times(a)} * ${times(b)}${describe(attributes)}`;
  return makeCase('matmul', name, { a: [a, normal()], b: [b, normal()] }, attributes);
}

export const matmulCases = (): CaseTable => ({
  essential: [
    { a: [3, 4, 5], b: [3, 5, 2] },
    { a: [2, 5, 4], b: [6, 5], transposeA: true, transposeB: true },
  ].map(matmulCase),
  further: [
    { a: [1, 1], b: [1, 1] },
    { a: [50, 33], b: [33, 10] },
    { a: [2, 3, 7, 5], b: [5, 8] },
    { a: [4, 6], b: [2, 3, 6, 5] },
    { a: [2, 1, 3, 4], b: [5, 4, 6] },
    { a: [2, 7, 3], b: [2, 7, 4], transposeA: true },
    { a: [2, 3, 7], b: [2, 4, 7], transposeB: true },
    { a: [7, 3], b: [5, 4, 7], transposeA: true, transposeB: true },
    { a: [8, 16, 16], b: [8, 16, 16] },
    { a: [1, 1, 3, 4], b: [4, 4], transposeB: true },
    { a: [1, 300], b: [300, 1] },
    { a: [100, 2, 2], b: [100, 2, 1] },
  ].map(matmulCase),
});
