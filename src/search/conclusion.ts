import { mean } from '../core/statistics.ts';
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
  /** Accuracy on the confirmation data, one a seed, where the study keeps such. */
  readonly confirmation?: readonly number[];
  /** Accuracy on the test set, one a seed. */
  readonly test: readonly number[];
}

/** The one look at the test set that ends a search: nothing is chosen by it. */
export interface Conclusion {
  /** By rising cost. */
  readonly finalists: readonly Finalist[];
  /** Key of the smallest network that holds the floor on confirmation data or, without any, on validation data; undefined where none does. */
  readonly best?: string;
  /** `datasetHash` of the test set that was looked at; version 0.1 did not keep it. */
  readonly testHash?: string;
  /** When, in ISO 8601. */
  readonly date: string;
}

/** How far accuracies lay above those on the test set: on the mean of the networks, each the mean of its seeds. */
export interface AboveTest {
  readonly networks: number;
  readonly validation: number;
  /** Where the study keeps confirmation data. */
  readonly confirmation?: number;
}

/** Undefined where no network was tested. */
export function aboveTest(finalists: readonly Pick<Finalist, 'validation' | 'confirmation' | 'test'>[]): AboveTest | undefined {
  const tested = finalists.filter(({ test }) => test.length > 0);
  if (tested.length === 0) return undefined;
  const confirmation = tested.flatMap(({ confirmation, test }) => (confirmation ? [mean(confirmation) - mean(test)] : []));
  return {
    networks: tested.length,
    validation: mean(tested.map(({ validation, test }) => mean(validation) - mean(test))),
    ...(confirmation.length > 0 && { confirmation: mean(confirmation) }),
  };
}
