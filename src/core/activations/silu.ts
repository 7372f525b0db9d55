import type { ActivationDefinition } from './definition.ts';

/** y = x sigmoid(x), also called swish: Hendrycks and Gimpel, 2016; Ramachandran, Zoph and Le, 2017. */
export const silu = {
  derivativeFrom: 'input',
  monotone: false,
  transcendental: true,
  saturates: false,
  derivativeIsStep: false,
  options: {},
} as const satisfies ActivationDefinition;
