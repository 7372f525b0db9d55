import { ShapeError } from '../../core/errors.ts';
import { formatShape, sameShape } from '../../core/value.ts';
import type { LossDefinition } from './definition.ts';

/**
 * The margin loss of capsules (S. Sabour, N. Frosst and G. Hinton, "Dynamic routing between capsules", 2017), of an output a class, such as
 * capsuleLength() makes: max(0, present - output)^2 for the class that it is, and weight max(0, output - absent)^2 for each other, summed;
 * the mean over the samples.
 */
export const margin = {
  goal: 'classes',
  options: {
    present: { default: 0.9, allows: (n: number) => n >= 0 && n <= 1, expected: 'from 0 to 1' },
    absent: { default: 0.1, allows: (n: number) => n >= 0 && n <= 1, expected: 'from 0 to 1' },
    weight: { default: 0.5, allows: (n: number) => n >= 0, expected: 'at least 0' },
  },
  wrongOutput: (sample) =>
    sample.length === 1
      ? undefined
      : `needs a model whose output is a number a class, but it is ${formatShape(sample)}; end with capsuleLength(), or with flatten() and dense()`,
  checkData(where, { classes = 0 }, output) {
    if (!sameShape(output, [classes]))
      throw new ShapeError(
        `${where}: it has ${classes} classes, but the model's output is ${formatShape(output)}; its last layer must make ${classes} numbers`,
      );
  },
} as const satisfies LossDefinition;
