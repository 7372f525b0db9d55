import { elements } from '../../../core/value.ts';
import type { Constant } from '../../../deploy/operations.ts';
import type { ConstantArray } from './routine.ts';

/** A constant in the order of the network. */
export function constantArray(role: string, { name, shape, data }: Constant): ConstantArray {
  return { role, name, elements: elements(shape), data: () => data };
}

/** What a layer multiplies by, in the order of C, and its bias. */
export function weightsAndBias(weights: ConstantArray, bias: Constant | undefined): ConstantArray[] {
  return [weights, ...(bias ? [constantArray('bias', bias)] : [])];
}
