import { type Dataset, dataset } from '../../src/index.ts';

/** A data set of bytes that mean nothing, with labels from 0 to 9. */
export function noise(inputShape: readonly [number, number, number], count: number): Dataset {
  const length = inputShape[0] * inputShape[1] * inputShape[2];
  const x = Uint8Array.from({ length: count * length }, (_, index) => (Math.imul(index, 0x9e3779b1) >>> 24) & 255);
  const y = Uint8Array.from({ length: count }, (_, index) => index % 10);
  return dataset({ name: 'noise', inputShape, x, y, classes: 10 });
}
