import type { ActivationDefinition } from './definition.ts';

/** The hyperbolic tangent. */
export const tanh = {
  derivativeFrom: 'output',
  monotone: true,
  transcendental: true,
  saturates: false,
  derivativeIsStep: false,
  options: {},
} as const satisfies ActivationDefinition;
