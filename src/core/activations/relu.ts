import type { ActivationDefinition } from './definition.ts';

/** y = max(x, 0). */
export const relu = {
  derivativeFrom: 'output',
  monotone: true,
  transcendental: false,
  saturates: false,
  derivativeIsStep: true,
  options: {},
} as const satisfies ActivationDefinition;
