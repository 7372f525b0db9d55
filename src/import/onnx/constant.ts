import { DataError } from '../../core/errors.ts';
import { elements, type Shape } from '../../core/value.ts';

/** A tensor that the file knows: weights, shapes, axes. */
export interface Constant {
  /** Of the tensor in the graph: constants of one name are one. */
  readonly name: string;
  readonly shape: Shape;
  /** In row-major order; integers as numbers. */
  readonly data: ArrayLike<number>;
  /** For integers, the least and the largest value that the type holds. */
  readonly range?: readonly [least: number, most: number];
}

/**
 * In a shape that is calculated, the size of the batch, which the file leaves open. Nothing can be calculated with it, but it can be
 * moved, as from the shape of one tensor to that to which another is reshaped.
 */
export const BATCH = Number.NaN;

export const isBatch = (size: number | undefined): boolean => Number.isNaN(size);

/** The numbers of a constant as a list; `where` is what errors begin with. */
export function listOf(where: string, { name, data, range }: Constant): number[] {
  const list = Array.from(data);
  if (list.length > 64) throw new DataError(`${where}: '${name}' has ${list.length} elements; it should be a short list`);
  if (!range) throw new DataError(`${where}: '${name}' must be a list of integers`);
  return list;
}

/** The one number of a constant of one element, whatever its shape. */
export function scalarOf(where: string, { name, shape, data }: Constant): number {
  const [value] = [data[0]];
  if (elements(shape) !== 1 || value === undefined)
    throw new DataError(`${where}: '${name}' must be one number, got a tensor of shape [${shape.join(', ')}]`);
  return value;
}
