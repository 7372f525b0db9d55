import type { ActivationDefinition } from './definition.ts';

/** y = x Phi(x), Phi the distribution function of the standard normal: Hendrycks and Gimpel, 2016; the exact one, not that by tanh. */
export const gelu = {
  derivativeFrom: 'input',
  monotone: false,
  transcendental: true,
  saturates: false,
  derivativeIsStep: false,
  options: {},
} as const satisfies ActivationDefinition;
