import type { LossDefinition } from './definition.ts';

/** The mean of |output - target| over all elements. */
export const meanAbsoluteError = {
  goal: 'targets',
  options: {},
} as const satisfies LossDefinition;
