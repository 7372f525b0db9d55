import type { ActivationDefinition } from './definition.ts';
import { elu } from './elu.ts';
import { gelu } from './gelu.ts';
import { hardSigmoid } from './hardSigmoid.ts';
import { hardSwish } from './hardSwish.ts';
import { leakyRelu } from './leakyRelu.ts';
import { linear } from './linear.ts';
import { relu } from './relu.ts';
import { relu6 } from './relu6.ts';
import { sigmoid } from './sigmoid.ts';
import { silu } from './silu.ts';
import { tanh } from './tanh.ts';

/** The activations that act on each element alone, by kind; `linear` is none. */
export const ACTIVATIONS = {
  linear,
  relu,
  leakyRelu,
  sigmoid,
  tanh,
  elu,
  gelu,
  silu,
  hardSwish,
  hardSigmoid,
  relu6,
} as const satisfies Readonly<Record<string, ActivationDefinition>>;

type Definitions = typeof ACTIVATIONS;

/** An elementwise activation, or none. */
export type ElementwiseKind = keyof Definitions;

/** An elementwise activation. */
export type ActivationKind = Exclude<ElementwiseKind, 'linear'>;

/** The names of an activation's options. */
export type ActivationOptionName<K extends ElementwiseKind> = keyof Definitions[K]['options'] & string;

/** The activations without options. */
export type PlainActivationKind = {
  [K in ActivationKind]: [ActivationOptionName<K>] extends [never] ? K : never;
}[ActivationKind];

export const activationKinds: readonly ActivationKind[] =
  /* @__PURE__ */
  /* @__PURE__ */ (Object.keys(ACTIVATIONS) as ElementwiseKind[]).filter((kind) => kind !== 'linear');

export function definitionOf(kind: ElementwiseKind): ActivationDefinition {
  return ACTIVATIONS[kind];
}

/** Whether an activation is told by its name alone. */
export function isPlainActivation(kind: unknown): kind is PlainActivationKind {
  return isActivationKind(kind) && Object.keys(definitionOf(kind).options).length === 0;
}

export function isActivationKind(kind: unknown): kind is ActivationKind {
  return activationKinds.includes(kind as ActivationKind);
}
