import { type BitModel, SCALE_BITS } from './bit-model.ts';
import type { Coder } from './coder.ts';

/** Writes nothing, but counts the bits that it would take. */
export class CostCoder implements Coder {
  readonly writes = true;
  bits = 0;

  bit(model: BitModel, bit: number): number {
    const ones = model.ones / 2 ** SCALE_BITS;
    this.bits -= Math.log2(bit === 1 ? ones : 1 - ones);
    model.learn(bit);
    return bit;
  }

  plain(bits: number, value: number): number {
    this.bits += bits;
    return value;
  }
}
