import { DataError } from '../../core/errors.ts';
import { checkClasses, noVectorOfLogits } from './classes.ts';
import type { LossDefinition } from './definition.ts';

/**
 * What a network learns from a larger one (Hinton, Vinyals and Dean, 2015): weight T^2 KL(softmax(teacher / T) || softmax(output / T)) +
 * (1 - weight) softmax cross-entropy, T the temperature; the teacher's logits are the data set's. Evaluations are told by the cross-entropy.
 */
export const distillation = {
  goal: 'classes and logits',
  contains: 'softmax',
  options: {
    temperature: { allows: (n: number) => n > 0, expected: 'positive, such as 4' },
    weight: { allows: (n: number) => n >= 0 && n <= 1, expected: 'from 0 to 1, such as 0.9' },
  },
  evaluatedBy: 'softmaxCrossEntropy',
  wrongOutput: noVectorOfLogits,
  checkData(where, data, output) {
    checkClasses(where, data, output);
    if (!data.teacherLogits)
      throw new DataError(
        `${where}: distillation needs teacherLogits, ${data.classes} numbers for each sample; make the data set with dataset({ ..., teacherLogits })`,
      );
  },
} as const satisfies LossDefinition;
