import type { BitModel } from './bit-model.ts';

/**
 * One side of a coded stream, the writing or the reading one. What is coded is described once for both: each call gives the value that
 * is in the stream, and takes it where it is written; what a reader is given is ignored.
 */
export interface Coder {
  readonly writes: boolean;
  /** A bit of which something is known. */
  bit(model: BitModel, bit: number): number;
  /** An unsigned integer of so many bits, at most 32, of which nothing is known. */
  plain(bits: number, value: number): number;
}
