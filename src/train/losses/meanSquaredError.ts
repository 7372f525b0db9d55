import type { LossDefinition } from './definition.ts';

/** The mean of (output - target)^2 over all elements. */
export const meanSquaredError = {
  goal: 'targets',
  options: {},
} as const satisfies LossDefinition;
