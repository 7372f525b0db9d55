import type { Code } from '../code.ts';

/** A constant of a network in integers in the order in which a routine reads it. */
export interface IntegerArray {
  /** What the routine calls it: `filter`, `bias`. */
  readonly role: string;
  /** `<layer>/<role>`: whoever reads the same name reads the same order. */
  readonly name: string;
  readonly data: Int8Array | Uint8Array | Int32Array;
}

/** A function of C that computes one step; steps that do the same with other numbers share it. */
export interface IntegerRoutine {
  readonly comment: string;
  /** The pointers that it reads. */
  readonly inputs: readonly string[];
  /** Whether the output may lie where an input lies. */
  readonly inPlace: boolean;
  readonly constants: readonly IntegerArray[];
  readonly body: Code;
  readonly helpers: readonly IntegerHelper[];
}

export type IntegerHelper = 'clamped' | 'multiplied' | `weight${number}`;

/** The type of a constant's elements in C. */
export function typeOf({ data }: IntegerArray): 'int8_t' | 'uint8_t' | 'int32_t' {
  if (data instanceof Int32Array) return 'int32_t';
  return data instanceof Int8Array ? 'int8_t' : 'uint8_t';
}
