import { elements } from '../../src/core/value.ts';
import type { Model, Value, Weights } from '../../src/node.ts';
import { toTensor64 } from '../../src/reference/index.ts';
import type { Tensor64 } from '../../src/reference/reference.ts';
import { referencePass } from './reference-network.ts';

/** What a model gives for a batch x [N, ...input], in float64 from the reference operations alone. */
export function inference64(m: Model, weights: Weights, x: Value): Tensor64 {
  const wide = new Map([...weights].map(([name, value]) => [name, toTensor64(value)]));
  return referencePass(m, wide, toTensor64(x), { type: 'inference' }).output;
}

export interface Numbers {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** The largest difference of two outputs of as many elements, relative to the largest that is expected; Infinity where one is NaN. */
export function difference(expected: Numbers, found: Numbers): number {
  if (elements(expected.shape) !== elements(found.shape))
    throw new Error(`Expected [${expected.shape.join(', ')}], found [${found.shape.join(', ')}]`);
  let [largest, worst] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const [wanted, got] = [expected.data[i] ?? Number.NaN, found.data[i] ?? Number.NaN];
    const apart = Math.abs(wanted - got);
    largest = Math.max(largest, Math.abs(wanted));
    worst = Math.max(worst, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
  }
  return worst === 0 ? 0 : worst / largest;
}
