import { isRecord } from '../core/arguments.ts';

/** Two forms of a function: that for a quantised model, where argument `at` looks like one, and that for a model with its weights. */
export function quantizedOr<Q extends unknown[], M extends unknown[], R>(
  at: number,
  quantized: (...values: Q) => R,
  float: (...values: M) => R,
): { (...values: M): R; (...values: Q): R } {
  const either = (...values: Q | M): R => {
    const given = values[at];
    const isQuantized = isRecord(given) && 'bits' in given && 'activations' in given;
    return isQuantized ? quantized(...(values as Q)) : float(...(values as M));
  };
  return Object.defineProperty(either, 'name', { value: float.name });
}
