import type { ActivationDefinition } from './definition.ts';

/** y = min(max(x / 6 + 1 / 2, 0), 1): Howard et al., "Searching for MobileNetV3", 2019. */
export const hardSigmoid = {
  derivativeFrom: 'output',
  monotone: true,
  transcendental: false,
  saturates: true,
  derivativeIsStep: false,
  options: {},
} as const satisfies ActivationDefinition;
