import type { ActivationDefinition } from './definition.ts';

/** y = x where positive, else exp(x) - 1: Clevert, Unterthiner and Hochreiter, 2016, with alpha = 1. */
export const elu = {
  derivativeFrom: 'output',
  monotone: true,
  transcendental: true,
  saturates: false,
  derivativeIsStep: false,
  options: {},
} as const satisfies ActivationDefinition;
