import { statistics } from 'paredown/node';

export interface Summary {
  readonly mean: number;
  /** Standard deviation of the sample; undefined for a single value. */
  readonly deviation?: number;
}

export function summary(values: readonly number[]): Summary {
  const deviation = statistics.deviation(values);
  return { mean: statistics.mean(values), ...(deviation !== undefined && { deviation }) };
}

/**
 * How far from the mean of these values one more of their kind lies at the most, with a probability of 95%, where they are about
 * normal: half of the prediction interval by Student's t. Undefined for fewer than two.
 */
export function predictionMargin(values: readonly number[]): number | undefined {
  const deviation = statistics.deviation(values);
  const count = values.length;
  return deviation === undefined ? undefined : statistics.tQuantile(0.975, count - 1) * deviation * Math.sqrt(1 + 1 / count);
}
