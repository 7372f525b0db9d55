import type { Constant, Constants } from '../gpu/composer.ts';

/**
 * Of a kernel's constants those that are named are given when it runs, so that kernels which differ in them are one: compiling takes a
 * software driver as long as a hundred runs of a small network's kernel. What sizes arrays or decides what is in the text stays.
 * `largest`: no quotient is of a larger number [unknown].
 */
export function given(constants: Constants, names: readonly string[], largest = Number.POSITIVE_INFINITY): Constants {
  const wanted = new Set(names);
  const each = Object.entries(constants).map(([name, value]): [string, Constant] => [
    name,
    wanted.has(name) && typeof value === 'number' ? { given: value } : value,
  ]);
  return { ...Object.fromEntries(each), quotient: { piece: largest < SMALL ? 'quotient-of-small' : 'quotient-of-given' } };
}

/** Below it shaders/lib/quotient-of-small.wgsl is exact. */
const SMALL = 2 ** 20;

/** Where operands lie, and how far apart. */
export function viewNames(...operands: readonly string[]): string[] {
  return operands.flatMap((operand) => [`${operand}_ROW`, `${operand}_OFFSET`, `${operand}_REPLICA`]);
}
