import { ShapeError } from '../../core/errors.ts';
import { formatShape, type Shape, sameShape } from '../../core/value.ts';
import type { Dataset } from '../../data/dataset.ts';

// What losses of one logit a class ask of outputs and data.

export function noVectorOfLogits(sample: Shape): string | undefined {
  return sample.length === 1
    ? undefined
    : `needs a model whose output is a vector of logits, but it is ${formatShape(sample)}; end with flatten() and dense(), or globalAvgPool2d()`;
}

export function checkClasses(where: string, { classes = 0 }: Omit<Dataset, 'x' | 'y'>, output: Shape): void {
  if (!sameShape(output, [classes]))
    throw new ShapeError(
      `${where}: it has ${classes} classes, but the model's output is ${formatShape(output)}; its last layer must make ${classes} logits`,
    );
}
