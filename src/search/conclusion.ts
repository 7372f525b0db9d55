import type { Model } from '../model/types.ts';
import type { Costs } from './costs.ts';

/** A network of the front, trained at full length from at least five seeds, and what the test set says of it. */
export interface Finalist {
  /** Of the trial that confirmed it. */
  readonly key: string;
  readonly model: Model;
  readonly costs: Costs;
  readonly seeds: readonly number[];
  /** Accuracy, one a seed. */
  readonly validation: readonly number[];
  /** Accuracy on the test set, one a seed. */
  readonly test: readonly number[];
}

/** The one look at the test set that ends a search: nothing is chosen by it. */
export interface Conclusion {
  /** By rising cost. */
  readonly finalists: readonly Finalist[];
  /** Key of the smallest network that holds the floor on validation data; undefined where none does. */
  readonly best?: string;
  /** `datasetHash` of the test set that was looked at; version 0.1 did not keep it. */
  readonly testHash?: string;
  /** When, in ISO 8601. */
  readonly date: string;
}
