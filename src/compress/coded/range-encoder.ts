import { type BitModel, SCALE_BITS } from './bit-model.ts';
import type { Coder } from './coder.ts';

/** A range is never narrower than this before a bit divides it. */
export const LEAST_RANGE = 2 ** 24;
/** Bytes that a range is wide, and that a decoder looks ahead. */
export const RANGE_BYTES = 4;
/** Bits of which nothing is known that divide a range at once. */
export const PLAIN_BITS = 16;
export const FIRST_RANGE = 2 ** 32 - 1;

/**
 * A binary range coder (Martin 1979; carries as in Pavlov's LZMA): the stream is a number in [low, low + range), and each bit leaves
 * that part of the range that is as wide as the bit is probable. The integers stay below 2^53, where doubles are exact.
 */
export class RangeEncoder implements Coder {
  readonly writes = true;
  private readonly bytes: number[] = [];
  private low = 0;
  private range = FIRST_RANGE;
  /** A byte that a carry may still change, and how many bytes of 255 follow it. There is none at first. */
  private cache: number | undefined;
  private full = 0;

  bit(model: BitModel, bit: number): number {
    this.divide(Math.floor((this.range * model.ones) / 2 ** SCALE_BITS), bit);
    model.learn(bit);
    return bit;
  }

  plain(bits: number, value: number): number {
    if (bits > PLAIN_BITS) this.plain(bits - PLAIN_BITS, Math.floor(value / 2 ** PLAIN_BITS));
    const last = Math.min(bits, PLAIN_BITS);
    this.range = Math.floor(this.range / 2 ** last);
    this.low += this.range * (value % 2 ** last);
    this.widen();
    return value;
  }

  /** The whole stream: what is left of it in as few bytes as can be. Nothing is coded afterwards. */
  end(): Uint8Array {
    let kept = 0;
    while (this.rounded(kept) >= this.low + this.range) kept++;
    this.low = this.rounded(kept);
    for (let byte = 0; byte <= RANGE_BYTES; byte++) this.shift();
    return Uint8Array.from(this.bytes.slice(0, this.bytes.length - (RANGE_BYTES - kept)));
  }

  /** The least number from `low` on of which only the first so many bytes are not 0. */
  private rounded(kept: number): number {
    const unit = 2 ** (8 * (RANGE_BYTES - kept));
    return Math.ceil(this.low / unit) * unit;
  }

  private divide(ones: number, bit: number): void {
    if (bit === 1) this.range = ones;
    else {
      this.low += ones;
      this.range -= ones;
    }
    this.widen();
  }

  private widen(): void {
    while (this.range < LEAST_RANGE) {
      this.range *= 256;
      this.shift();
    }
  }

  /** Lets the first byte of `low` go. */
  private shift(): void {
    const carry = this.low >= 2 ** 32 ? 1 : 0;
    if (carry === 1 || this.low < 0xff000000) {
      if (this.cache !== undefined) this.bytes.push(this.cache + carry);
      for (; this.full > 0; this.full--) this.bytes.push((255 + carry) % 256);
      this.cache = Math.floor(this.low / 2 ** 24) % 256;
    } else this.full++;
    this.low = (this.low % 2 ** 24) * 256;
  }
}
