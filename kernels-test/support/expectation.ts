import type { Attributes, Tensor64, Tensors64 } from '../../src/reference/reference.ts';
import { at } from '../../src/reference/tensor.ts';
import { storing } from './rounding.ts';

/** The reference's result, and how far from it each element of a correct float32 kernel's result may lie. */
export interface Expectation extends Tensor64 {
  readonly error: Float64Array;
}

/** How the results of one operation are expected to come out. */
export interface Bound {
  output(inputs: Tensors64, attributes: Attributes): Expectation;
  gradients(inputs: Tensors64, outputGradient: Tensor64, attributes: Attributes): Record<string, Expectation>;
}

export function expectation(tensor: Tensor64, error: (value: number, index: number) => number): Expectation {
  return { ...tensor, error: tensor.data.map(error) };
}

export function exact(tensor: Tensor64): Expectation {
  return expectation(tensor, () => 0);
}

/** A result after it was stored as an activation. */
export function stored(result: Expectation): Expectation {
  return { ...result, error: result.error.map((error, i) => error + storing(at(result.data, i), error)) };
}

export function errorAt(approximate: Expectation, i: number): number {
  return at(approximate.error, i);
}

export function absolute(tensor: Tensor64): Tensor64 {
  return { shape: tensor.shape, data: tensor.data.map(Math.abs) };
}

export function mapRecord<T, U>(record: Readonly<Record<string, T>>, f: (value: T, name: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value, name)]));
}
