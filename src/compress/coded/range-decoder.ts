import { DataError } from '../../core/errors.ts';
import { type BitModel, SCALE_BITS } from './bit-model.ts';
import type { Coder } from './coder.ts';
import { FIRST_RANGE, LEAST_RANGE, PLAIN_BITS, RANGE_BYTES } from './range-encoder.ts';

/** Reads what RangeEncoder wrote. Throws a DataError where more is asked for than the bytes hold. */
export class RangeDecoder implements Coder {
  readonly writes = false;
  private range = FIRST_RANGE;
  private code = 0;
  private position = 0;

  constructor(private readonly bytes: Uint8Array) {
    for (let byte = 0; byte < RANGE_BYTES; byte++) this.code = this.code * 256 + this.next();
    if (this.code >= this.range) throw new DataError('compressed model: the stream begins with no code; the file is damaged');
  }

  /** How many bits of the stream are decided so far. */
  get bitsRead(): number {
    return 8 * this.position - Math.log2(this.range);
  }

  bit(model: BitModel): number {
    const bit = this.divide(Math.floor((this.range * model.ones) / 2 ** SCALE_BITS));
    model.learn(bit);
    return bit;
  }

  plain(bits: number): number {
    const first = bits > PLAIN_BITS ? this.plain(bits - PLAIN_BITS) : 0;
    const last = 2 ** Math.min(bits, PLAIN_BITS);
    this.range = Math.floor(this.range / last);
    // What the division leaves over is in no part: only damage leads there.
    const value = Math.min(last - 1, Math.floor(this.code / this.range));
    this.code -= this.range * value;
    if (this.code >= this.range)
      throw new DataError('compressed model: it holds a code that nothing stands for; the file is damaged');
    this.widen();
    return first * last + value;
  }

  /** Throws a DataError where bytes are left. */
  end(): void {
    if (this.position < this.bytes.length)
      throw new DataError(
        `compressed model: ${this.bytes.length - this.position} bytes are left behind its end; the file is damaged`,
      );
  }

  private divide(ones: number): number {
    const bit = this.code < ones ? 1 : 0;
    if (bit === 1) this.range = ones;
    else {
      this.code -= ones;
      this.range -= ones;
    }
    this.widen();
    return bit;
  }

  private widen(): void {
    while (this.range < LEAST_RANGE) {
      this.range *= 256;
      this.code = this.code * 256 + this.next();
    }
  }

  /** The encoder leaves out zeros at the end of its last bytes, and no others. */
  private next(): number {
    if (this.position >= this.bytes.length + RANGE_BYTES)
      throw new DataError('compressed model: it ends before its weights do; the file is truncated');
    return this.bytes[this.position++] ?? 0;
  }
}
