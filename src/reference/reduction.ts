import { OptionError } from '../core/errors.ts';
import type { Attributes, Tensor64 } from './reference.ts';
import { at } from './tensor.ts';

/**
 * What becomes of the losses of `rows` samples by the attribute `reduction` ['mean']: their mean or sum, or with 'none' each by itself,
 * which is divided by nothing.
 */
export function divisorOf(operation: string, { reduction = 'mean' }: Attributes, rows: number): number {
  if (reduction !== 'mean' && reduction !== 'sum' && reduction !== 'none')
    throw new OptionError(`${operation}: reduction must be 'mean', 'sum' or 'none', got ${String(reduction)}`);
  return reduction === 'mean' ? rows : 1;
}

/** The losses of samples, reduced: shape [], or [N] without a reduction. */
export function reduced(operation: string, attributes: Attributes, losses: Float64Array): Tensor64 {
  const divisor = divisorOf(operation, attributes, losses.length);
  if (attributes.reduction === 'none') return { shape: [losses.length], data: losses };
  return { shape: [], data: Float64Array.of(losses.reduce((sum, loss) => sum + loss, 0) / divisor) };
}

/** The gradient of each sample's loss from that of the reduced ones. */
export function gradientsOfLosses(operation: string, attributes: Attributes, rows: number, { data }: Tensor64): Float64Array {
  const divisor = divisorOf(operation, attributes, rows);
  return Float64Array.from({ length: rows }, (_, n) => at(data, data.length === 1 ? 0 : n) / divisor);
}
