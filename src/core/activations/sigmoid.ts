import type { ActivationDefinition } from './definition.ts';

/** y = 1 / (1 + exp(-x)). */
export const sigmoid = {
  derivativeFrom: 'output',
  monotone: true,
  transcendental: true,
  saturates: false,
  derivativeIsStep: false,
  options: {},
} as const satisfies ActivationDefinition;
