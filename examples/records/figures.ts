import { lowerBound, statistics } from 'paredown/node';

/** What the networks of a row come to on the test set. */
export interface Figures {
  /** One a seed, in the order of the row's. */
  readonly test: readonly number[];
  readonly mean: number;
  readonly deviation: number;
  /** One-sided 95% lower bound of the mean over seeds, by Student's t. */
  readonly bound: number;
}

export function figuresOf(test: readonly number[]): Figures {
  return {
    test,
    mean: statistics.mean(test),
    deviation: statistics.deviation(test) ?? Number.NaN,
    bound: lowerBound(test) ?? Number.NaN,
  };
}
