import { OptionError } from '../core/errors.ts';
import { deviation, mean } from '../core/statistics.ts';
import { tQuantile } from '../core/student-t.ts';

export function lowerBound(values: readonly number[], confidence = 0.95): number | undefined {
  if (!(confidence > 0 && confidence < 1))
    throw new OptionError(`lowerBound: confidence must be between 0 and 1, got ${confidence}`);
  const spread = deviation(values);
  const count = values.length;
  return spread === undefined ? undefined : mean(values) - (tQuantile(confidence, count - 1) * spread) / Math.sqrt(count);
}

/** Seeds that "holds the floor" asks for at the least. */
export const LEAST_SEEDS = 5;

export function holdsFloor(accuracies: readonly number[], floor: number): boolean {
  if (accuracies.length < LEAST_SEEDS) return false;
  const bound = lowerBound(accuracies);
  return bound !== undefined && bound > floor;
}
