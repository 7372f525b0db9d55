import { Random } from '../../src/core/random.ts';
import { elements, type Shape } from '../../src/core/value.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';

/**
 * Draws tensors of quarters in [-1, 1]: products are multiples of 1/16, so that a sum of a million of them is exact in float32 in
 * any order, and a kernel must agree with float64 to the last bit.
 */
export function quarters(seed: string, stream: number, shape: Shape): Tensor64 {
  const random = new Random(hash(seed), stream);
  const data = new Float64Array(elements(shape));
  // Eight numbers a word: large tensors are drawn often.
  for (let i = 0; i < data.length; i += 8) {
    let word = random.uint32();
    for (let j = i; j < Math.min(i + 8, data.length); j++) {
      data[j] = ((word % 9) - 4) / 4;
      word = Math.floor(word / 9);
    }
  }
  return { shape, data };
}

/** Normal deviates, rounded to float32. */
export function normals(seed: string, stream: number, shape: Shape, scale = 1): Tensor64 {
  const random = new Random(hash(seed), stream);
  return { shape, data: Float64Array.from({ length: elements(shape) }, () => Math.fround(scale * random.normal())) };
}

/** Whole numbers below `bound`. */
export function integers(seed: string, stream: number, count: number, bound: number): Float64Array {
  const random = new Random(hash(seed), stream);
  return Float64Array.from({ length: count }, () => random.below(bound));
}

/** FNV-1a, 32 bits: Fowler, Noll and Vo. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
