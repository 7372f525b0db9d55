import jStat from 'jstat';

export interface Summary {
  readonly mean: number;
  /** Standard deviation of the sample; undefined for a single value. */
  readonly deviation?: number;
}

export function summary(values: readonly number[]): Summary {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / (values.length - 1)) };
}

/**
 * How far from the mean of these values one more of their kind lies at the most, with a probability of 95%, where they are about
 * normal: half of the prediction interval by Student's t. Undefined for fewer than two.
 */
export function predictionMargin(values: readonly number[]): number | undefined {
  const { deviation } = summary(values);
  const count = values.length;
  return deviation === undefined ? undefined : jStat.studentt.inv(0.975, count - 1) * deviation * Math.sqrt(1 + 1 / count);
}
