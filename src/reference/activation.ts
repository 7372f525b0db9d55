import { checkActivation } from '../core/activation.ts';
import { activationReferences } from './activations/registry.ts';
import type { Attributes, Tensor64 } from './reference.ts';
import { softmax } from './softmax.ts';

const activations = { ...activationReferences, softmax };

/** What follows a linear operation: y = f(z), and dz from dy. */
export interface ActivationStep {
  forward(z: Tensor64): Tensor64;
  gradient(z: Tensor64, outputGradient: Tensor64): Tensor64;
}

const linear: ActivationStep = { forward: (z) => z, gradient: (_z, outputGradient) => outputGradient };

/** The attribute `activation` of conv2d and dense. Throws an OptionError for one that does not exist. */
export function activationStep(op: string, attributes: Attributes): ActivationStep {
  const activation = checkActivation(op, attributes.activation);
  if (activation === undefined) return linear;
  const { type, ...options } = typeof activation === 'string' ? { type: activation } : activation;
  const reference = activations[type];
  return {
    forward: (z) => reference.forward({ x: z }, options),
    gradient: (z, outputGradient) => reference.gradient({ x: z }, outputGradient, options).x as Tensor64,
  };
}
