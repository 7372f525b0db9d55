import type { OptimizerSpec, OptimizerType, SpecOfType } from '../../src/train/optimizers/registry.ts';

/** What an optimizer makes of gradient g at step t, counted from 1: what the learning rate times it takes away. It moves the moments of one element. */
type ReferenceRule<Spec> = (spec: Spec, g: number, t: number, moments: [number, number]) => number;

const adam: ReferenceRule<Pick<SpecOfType<'adam'>, 'beta1' | 'beta2' | 'epsilon'>> = (
  { beta1, beta2, epsilon },
  g,
  t,
  moments,
) => {
  moments[0] = beta1 * moments[0] + (1 - beta1) * g;
  moments[1] = beta2 * moments[1] + (1 - beta2) * g * g;
  return moments[0] / (1 - beta1 ** t) / (Math.sqrt(moments[1] / (1 - beta2 ** t)) + epsilon);
};

const rules: { readonly [T in OptimizerType]: ReferenceRule<SpecOfType<T>> } = {
  adam,
  adamW: adam,
  rmsprop({ alpha, epsilon, momentum }, g, _t, moments) {
    moments[0] = alpha * moments[0] + (1 - alpha) * g * g;
    moments[1] = momentum * moments[1] + g / (Math.sqrt(moments[0]) + epsilon);
    return moments[1];
  },
  sgd({ momentum, nesterov }, g, _t, moments) {
    moments[0] = momentum * moments[0] + g;
    return nesterov ? g + momentum * moments[0] : moments[0];
  },
};

/** Every optimizer in float64, on one element; decoupled decay is left out. */
export function referenceChange(spec: OptimizerSpec, g: number, t: number, moments: [number, number]): number {
  return (rules[spec.type] as ReferenceRule<OptimizerSpec>)(spec, g, t, moments);
}
