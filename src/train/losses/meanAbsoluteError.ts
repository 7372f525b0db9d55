import type { LossDefinition } from './definition.ts';

/** The mean of |output - target| over all elements. */
export const meanAbsoluteError: LossDefinition = {
  goal: 'targets',
  options: {},
};
