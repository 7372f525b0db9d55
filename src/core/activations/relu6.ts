import type { ActivationDefinition } from './definition.ts';

/** y = min(max(x, 0), 6). */
export const relu6 = {
  derivativeFrom: 'output',
  monotone: true,
  transcendental: false,
  saturates: true,
  derivativeIsStep: false,
  options: {},
} as const satisfies ActivationDefinition;
