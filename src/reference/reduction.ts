import { OptionError } from '../core/errors.ts';
import type { Attributes } from './reference.ts';

/** By what a sum of losses over `rows` samples is divided: attribute `reduction`, 'mean' or 'sum' ['mean']. */
export function divisorOf(operation: string, { reduction = 'mean' }: Attributes, rows: number): number {
  if (reduction !== 'mean' && reduction !== 'sum')
    throw new OptionError(`${operation}: reduction must be 'mean' or 'sum', got ${String(reduction)}`);
  return reduction === 'mean' ? rows : 1;
}
