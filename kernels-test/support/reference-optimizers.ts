import type { Shape } from '../../src/core/value.ts';
import type { OptimizerSpec, OptimizerType, SpecOfType } from '../../src/train/optimizers/registry.ts';

/** What an optimizer makes of gradient g at step t, counted from 1: what the learning rate times it takes away. It moves the moments of one element. */
type Change<Spec> = (spec: Spec, g: number, t: number, moments: [number, number]) => number;

/** Decoupled decay: the share of a parameter of this shape that the learning rate times it takes away before. */
type Decay<Spec> = (spec: Spec, shape: Shape) => number;

interface ReferenceRule<Spec> {
  readonly change: Change<Spec>;
  readonly decay: Decay<Spec>;
}

const adam: Change<Pick<SpecOfType<'adam'>, 'beta1' | 'beta2' | 'epsilon'>> = ({ beta1, beta2, epsilon }, g, t, moments) => {
  moments[0] = beta1 * moments[0] + (1 - beta1) * g;
  moments[1] = beta2 * moments[1] + (1 - beta2) * g * g;
  return moments[0] / (1 - beta1 ** t) / (Math.sqrt(moments[1] / (1 - beta2 ** t)) + epsilon);
};

const none = () => 0;

const rules: { readonly [T in OptimizerType]: ReferenceRule<SpecOfType<T>> } = {
  adam: { change: adam, decay: none },
  adamW: {
    change: adam,
    decay: ({ weightDecay, decays }, { length: axes }) => (decays === 'weights' && axes < 2 ? 0 : weightDecay),
  },
  rmsprop: {
    change({ alpha, epsilon, momentum }, g, _t, moments) {
      moments[0] = alpha * moments[0] + (1 - alpha) * g * g;
      moments[1] = momentum * moments[1] + g / (Math.sqrt(moments[0]) + epsilon);
      return moments[1];
    },
    decay: none,
  },
  sgd: {
    change({ momentum, nesterov }, g, _t, moments) {
      moments[0] = momentum * moments[0] + g;
      return nesterov ? g + momentum * moments[0] : moments[0];
    },
    decay: none,
  },
};

/** A step of every optimizer in float64, on one element, but for its decoupled decay. */
export function referenceChange(spec: OptimizerSpec, g: number, t: number, moments: [number, number]): number {
  return (rules[spec.type] as ReferenceRule<OptimizerSpec>).change(spec, g, t, moments);
}

/** The decoupled decay of every optimizer. */
export function referenceDecay(spec: OptimizerSpec, shape: Shape): number {
  return (rules[spec.type] as ReferenceRule<OptimizerSpec>).decay(spec, shape);
}
