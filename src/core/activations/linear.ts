import type { ActivationDefinition } from './definition.ts';

/** y = x. */
export const linear = {
  derivativeFrom: 'output',
  monotone: true,
  transcendental: false,
  saturates: false,
  derivativeIsStep: false,
  options: {},
} as const satisfies ActivationDefinition;
