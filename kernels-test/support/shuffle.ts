import { threefry2x32 } from '../../src/core/threefry.ts';

/** Separates the order of the samples from other uses of a seed (shaders/batch/gather.wgsl). */
const STREAM = 0x5348554f;

/** The samples of each batch of an epoch, in order: what shaders/batch/gather.wgsl gathers. */
export function batchesOf(size: number, batch: number, seed: number, epoch: number): number[][] {
  const key = threefry2x32(seed, STREAM, epoch, 0);
  const order = Array.from({ length: size }, (_, index) => shuffled(index, size, key));
  return Array.from({ length: Math.ceil(size / batch) }, (_, step) => order.slice(step * batch, (step + 1) * batch));
}

/** The host's twin of shaders/lib/shuffle.wgsl: a keyed bijection over [0, size). */
export function shuffled(index: number, size: number, key: readonly [number, number]): number {
  const bits = size <= 2 ? 1 : 32 - Math.clz32(size - 1);
  const half = Math.floor((bits + 1) / 2);
  const mask = 2 ** half - 1;
  let at = index;
  do {
    let left = at >>> half;
    let right = at & mask;
    for (let round = 0; round < 6; round++) {
      let mixed = (Math.imul(right, 0x9e3779b1) + (key[round & 1] ?? 0) + Math.imul(round, 0x85ebca6b)) >>> 0;
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 0;
      mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39) >>> 0;
      mixed = (mixed ^ (mixed >>> 15)) >>> 0;
      [left, right] = [right, (left ^ (mixed & mask)) >>> 0];
    }
    at = ((left << half) | right) >>> 0;
  } while (at >= size);
  return at;
}
