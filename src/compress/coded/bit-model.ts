/** Probabilities are in 65,536ths. */
export const SCALE_BITS = 16;
const ONE = 1 << SCALE_BITS;

/** No bit costs less than this chance says, 0.0014 bits: a file of so many bytes can't stand for more than a known number of elements. */
const LEAST = ONE / 1024;

/** How much of what is known a further bit replaces, after so many: at first as much as one of n, in the end a part in 256, so that it follows changes. */
const MOST_SEEN = 255;
const SHARES = /* @__PURE__ */ Int32Array.from({ length: MOST_SEEN + 1 }, (_, seen) => Math.round(ONE / (seen + 1.5)));

/**
 * How probable it is that a bit is 1, learned from those that came before in the same context. Integers alone, so that every engine
 * learns the same.
 */
export class BitModel {
  private seen = 0;
  private probability: number;

  /** `first`: the share of ones that is expected before any was seen. */
  constructor(first = 0.5) {
    this.probability = Math.round(first * ONE);
  }

  /** That of a 1, from LEAST to ONE - LEAST. */
  get ones(): number {
    return Math.min(ONE - LEAST, Math.max(LEAST, this.probability));
  }

  learn(bit: number): void {
    const target = bit === 1 ? ONE : 0;
    // A product of 17 by 17 bits, exact in a double.
    this.probability += Math.trunc(((target - this.probability) * (SHARES[this.seen] ?? 0)) / ONE);
    if (this.seen < MOST_SEEN) this.seen++;
  }
}
