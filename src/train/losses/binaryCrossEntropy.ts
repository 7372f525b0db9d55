import { DataError } from '../../core/errors.ts';
import { formatShape, sameShape } from '../../core/value.ts';
import type { LossDefinition } from './definition.ts';

/** The mean of -log sigmoid(output) where the label is 1 and -log(1 - sigmoid(output)) where it is 0. */
export const binaryCrossEntropy = {
  goal: 'two classes',
  contains: 'sigmoid',
  options: {},
  wrongOutput: (sample) =>
    sameShape(sample, [1])
      ? undefined
      : `needs a model whose output is one logit, but it is ${formatShape(sample)}; end with dense(1)`,
  checkData(where, { classes }) {
    if (classes !== 2)
      throw new DataError(`${where}: binaryCrossEntropy needs 2 classes, but it has ${classes}; use softmaxCrossEntropy`);
  },
} as const satisfies LossDefinition;
