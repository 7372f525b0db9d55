import { OptionError } from './errors.ts';
import { shown } from './shown.ts';
import { threefry2x32 } from './threefry.ts';

/**
 * A seeded stream of random numbers for the host (weights, drawn data): the same in every JavaScript engine, since it uses
 * integers and float64 operations that IEEE 754 defines exactly. `stream` separates uses of one seed.
 */
export class Random {
  private counter = 0;
  private spareWord: number | undefined;
  private spareNormal: number | undefined;
  constructor(
    private readonly seed: number,
    private readonly stream: number,
  ) {}

  /** An integer in [0, 2^32). */
  uint32(): number {
    if (this.spareWord !== undefined) {
      const word = this.spareWord;
      this.spareWord = undefined;
      return word;
    }
    const block = this.counter++;
    const [first, second] = threefry2x32(this.seed, this.stream, block >>> 0, Math.floor(block / 2 ** 32));
    this.spareWord = second;
    return first;
  }

  /** A float64 in [0, 1), a multiple of 2^-32. */
  uniform(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer in [0, bound), bound at most 2^32; the bias is below bound / 2^32. */
  below(bound: number): number {
    return Math.floor(this.uniform() * bound);
  }

  /** 0 to `count` - 1 in random order (Fisher, Yates). */
  permutation(count: number): number[] {
    const order = Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const other = this.below(last + 1);
      [order[last], order[other]] = [order[other] as number, order[last] as number];
    }
    return order;
  }

  /** A standard normal deviate: Marsaglia's polar method. */
  normal(): number {
    if (this.spareNormal !== undefined) {
      const deviate = this.spareNormal;
      this.spareNormal = undefined;
      return deviate;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const s = u * u + v * v;
      if (s >= 1 || s === 0) continue;
      const factor = Math.sqrt((-2 * exactLog(s)) / s);
      this.spareNormal = v * factor;
      return u * factor;
    }
  }
}

/** Throws an OptionError unless `seed` is an integer in [0, 2^32). */
export function checkSeed(where: string, seed: unknown): number {
  if (typeof seed !== 'number' || !Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new OptionError(`${where}: a seed must be an integer from 0 to 4294967295, got ${shown(seed)}`);
  return seed;
}

/**
 * The natural logarithm of a positive normal float64 by exactly defined operations alone (`Math.log` may differ by engine):
 * x = m 2^e with m in [sqrt(1/2), sqrt(2)), log m = 2 atanh((m - 1) / (m + 1)). Error below 1e-15 for e = 0.
 */
export function exactLog(x: number): number {
  let exponent = 0;
  let m = x;
  while (m >= Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  while (m < Math.SQRT1_2) {
    m *= 2;
    exponent--;
  }
  const z = (m - 1) / (m + 1);
  const square = z * z;
  let sum = 0;
  for (let k = 21; k >= 1; k -= 2) sum = sum * square + 1 / k;
  return 2 * z * sum + exponent * Math.LN2;
}
