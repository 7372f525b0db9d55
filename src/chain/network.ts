import type { Model } from '../model/types.ts';
import type { Weights } from '../model/weights.ts';
import type { QuantizedModel } from '../quantize/types.ts';

/** A network between the steps of a chain: a copy for each seed, all of one model. */
export interface Copies {
  readonly model: Model;
  readonly weights: readonly Weights[];
  /** What is 0 of filters and matrices is to stay so [false]. */
  readonly pruned?: boolean;
  /** Of the last step, where that makes integers. */
  readonly quantized?: readonly QuantizedModel[];
}
