import type { Code } from '../code.ts';
import type { Layout } from '../memory.ts';
import type { Helper } from './helpers.ts';

/** A constant of the network in the order in which a routine reads it. */
export interface ConstantArray {
  /** What the routine calls it: `filter`, `bias`. */
  readonly role: string;
  /** `<layer>/<role>`: whoever reads the same name reads the same order. */
  readonly name: string;
  readonly elements: number;
  data(): Float32Array;
}

/** A function of C that computes one step; steps that do the same with other numbers share it. */
export interface Routine {
  /** What it computes, as a comment says it. */
  readonly comment: string;
  /** The pointers that it reads. */
  readonly inputs: readonly string[];
  /** Whether the output may lie where an input lies. */
  readonly inPlace: boolean;
  readonly constants: readonly ConstantArray[];
  readonly body: Code;
  readonly helpers: ReadonlySet<Helper>;
  /** It calls <math.h> by itself. */
  readonly math?: boolean;
}

/** What the writer of a routine knows: how its values lie, and the type of an index. */
export interface Emission {
  readonly inputs: readonly [Layout, ...Layout[]];
  readonly output: Layout;
  /** `int` where every index fits 16 bits, else `int32_t`. */
  readonly indexType: string;
}

export const NO_HELPERS: ReadonlySet<Helper> = /* @__PURE__ */ new Set<Helper>();
