import { ShapeError } from '../core/errors.ts';
import { formatShape, sameShape } from '../core/value.ts';
import type { Tensor } from '../graph/tensor.ts';
import { product, sum } from './elementwise.ts';

export function add(inputs: { a: Tensor; b: Tensor }): Tensor {
  const { a, b } = inputs;
  checkSame('add', a, b);
  return sum(a, b);
}

export function multiply(inputs: { a: Tensor; b: Tensor }): Tensor {
  const { a, b } = inputs;
  checkSame('multiply', a, b);
  return product(a, b);
}

function checkSame(where: string, a: Tensor, b: Tensor): void {
  if (!sameShape(a.shape, b.shape))
    throw new ShapeError(
      `${where}: 'a' has shape ${formatShape(a.shape)} and 'b' ${formatShape(b.shape)}; they must be the same`,
    );
}
