import { DataError } from '../core/errors.ts';
import type { Weights } from '../model/weights.ts';

/** Throws a DataError that names the first weights which are not all finite. */
export function checkFinite(where: string, weights: Weights): void {
  for (const [name, { data }] of weights)
    if (!data.every(Number.isFinite))
      throw new DataError(`${where}: '${name}' has weights that are not finite; did its training diverge?`);
}
