import type { ActivationDefinition } from './definition.ts';

/** y = x min(max(x / 6 + 1 / 2, 0), 1): Howard et al., "Searching for MobileNetV3", 2019. */
export const hardSwish = {
  derivativeFrom: 'input',
  monotone: false,
  transcendental: false,
  saturates: false,
  derivativeIsStep: false,
  options: {},
} as const satisfies ActivationDefinition;
