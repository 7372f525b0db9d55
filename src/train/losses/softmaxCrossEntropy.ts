import { checkClasses, noVectorOfLogits } from './classes.ts';
import type { LossDefinition } from './definition.ts';

/** The mean of -log softmax(output) at the labels. */
export const softmaxCrossEntropy = {
  goal: 'classes',
  contains: 'softmax',
  options: { labelSmoothing: { default: 0, allows: (n: number) => n >= 0 && n < 1, expected: 'at least 0 and below 1' } },
  wrongOutput: noVectorOfLogits,
  checkData: checkClasses,
} as const satisfies LossDefinition;
