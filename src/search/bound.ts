import jStat from 'jstat';
import { OptionError } from '../core/errors.ts';

export function lowerBound(values: readonly number[], confidence = 0.95): number | undefined {
  if (!(confidence > 0 && confidence < 1))
    throw new OptionError(`lowerBound: confidence must be between 0 and 1, got ${confidence}`);
  const count = values.length;
  if (count < 2) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  return mean - jStat.studentt.inv(confidence, count - 1) * Math.sqrt(variance / count);
}

/** Seeds that "holds the floor" asks for at the least. */
export const LEAST_SEEDS = 5;

export function holdsFloor(accuracies: readonly number[], floor: number): boolean {
  if (accuracies.length < LEAST_SEEDS) return false;
  const bound = lowerBound(accuracies);
  return bound !== undefined && bound > floor;
}
