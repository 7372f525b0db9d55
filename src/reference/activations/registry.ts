import { type ActivationKind, activationKinds, definitionOf, type ElementwiseKind } from '../../core/activations/registry.ts';
import type { Attributes, Reference } from '../reference.ts';
import { at, given, map, numberAttribute } from '../tensor.ts';
import type { Curve } from './curve.ts';
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

/** Every elementwise activation on the CPU. */
export const curves: Readonly<Record<ElementwiseKind, Curve>> = {
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
};

/** The activations as operations of x. */
export const activationReferences = Object.fromEntries(activationKinds.map((kind) => [kind, operationOf(kind)])) as Readonly<
  Record<ActivationKind, Reference>
>;

function operationOf(kind: ActivationKind): Reference {
  const curve = curves[kind];
  const optionOf = (attributes: Attributes) => (name: string) =>
    numberAttribute(kind, attributes, name, definitionOf(kind).options[name]?.default);
  return {
    forward(inputs, attributes) {
      const option = optionOf(attributes);
      return map(given(kind, inputs, 'x'), (x) => curve.value(x, option));
    },
    gradient(inputs, outputGradient, attributes) {
      const option = optionOf(attributes);
      return { x: map(given(kind, inputs, 'x'), (x, i) => curve.gradient(at(outputGradient.data, i), x, option)) };
    },
  };
}
