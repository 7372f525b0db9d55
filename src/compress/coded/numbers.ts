import { DataError } from '../../core/errors.ts';
import { BitModel } from './bit-model.ts';
import type { Coder } from './coder.ts';

/** One of 2^`bits` symbols, bit by bit from the first, each known by those before it. */
export class SymbolModel {
  private readonly nodes: BitModel[];
  constructor(private readonly bits: number) {
    this.nodes = Array.from({ length: 2 ** bits }, () => new BitModel());
  }

  code(coder: Coder, symbol: number): number {
    let node = 1;
    for (let at = this.bits - 1; at >= 0; at--) node = node * 2 + coder.bit(this.nodes[node] as BitModel, (symbol >>> at) & 1);
    return node - 2 ** this.bits;
  }
}

/** The most bits of a magnitude: those of a number that a double holds exactly. */
const MOST_BITS = 53;
/** Bits of a magnitude, behind its first, of which something may be known. */
const KNOWN_BITS = 2;

/** Integers of at least 0, the less the more probable at first: how many bits they have by one, then the bits (Elias' gamma code, with what was learned). */
export class CountModel {
  private readonly sizes = Array.from({ length: MOST_BITS + 1 }, () => new BitModel());
  private readonly tops: BitModel[] = [];

  code(coder: Coder, value: number): number {
    const wanted = value + 1;
    let size = 0;
    while (coder.writes && 2 ** (size + 1) <= wanted) size++;
    let bits = 0;
    while (coder.bit(this.sizes[bits] as BitModel, bits < size ? 1 : 0) === 1)
      if (++bits > MOST_BITS - 1) throw new DataError('compressed model: a number is too large; the file is damaged');
    let found = 1;
    for (let at = bits - 1; at >= 0; at--) {
      const bit = Math.floor(wanted / 2 ** at) % 2;
      found = found * 2 + (bits - at <= KNOWN_BITS ? coder.bit(this.top(bits, found), bit) : coder.plain(1, bit));
    }
    return found - 1;
  }

  private top(bits: number, before: number): BitModel {
    const key = bits * 2 ** KNOWN_BITS + before;
    this.tops[key] ??= new BitModel();
    return this.tops[key];
  }
}

/** Integers of either sign. */
export class IntegerModel {
  private readonly sign = new BitModel();
  private readonly magnitude = new CountModel();

  code(coder: Coder, value: number): number {
    const magnitude = this.magnitude.code(coder, Math.abs(value));
    return magnitude !== 0 && coder.bit(this.sign, value < 0 ? 1 : 0) === 1 ? -magnitude : magnitude;
  }
}
