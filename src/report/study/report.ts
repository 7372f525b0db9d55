import type { Conclusion } from '../../search/conclusion.ts';
import type { Costs } from '../../search/costs.ts';
import type { Problem } from '../../search/strategy.ts';
import type { TrialRecord } from '../../search/trial.ts';
import type { Portrait } from './portrait.ts';

/** A network that others published, for comparison. */
export interface PublishedPoint {
  readonly name: string;
  readonly costs: Partial<Costs>;
  /** On the test set, as published. */
  readonly accuracy: number;
}

/** All that the page of a study tells. */
export interface StudyReport {
  readonly title: string;
  /** Samples of each split; without `test`, there is no test set. */
  readonly data: {
    readonly name: string;
    readonly train: number;
    readonly validation: number;
    /** Kept back of the validation data for confirmations. */
    readonly confirmation?: number;
    readonly test?: number;
  };
  readonly problem: Problem;
  readonly strategy: string;
  /** How every network was trained; shown as it is. */
  readonly setup: object;
  readonly software: { readonly version: string; readonly adapter: string };
  /** What was typed. */
  readonly command?: string;
  /** When the page was made, in ISO 8601. */
  readonly date: string;
  readonly records: readonly TrialRecord[];
  /** One for each look at the test set, in their order. */
  readonly conclusions: readonly Conclusion[];
  /** `datasetHash` of the present test set, where it is at hand: what was said of another is not taken for said of it. */
  readonly testHash?: string;
  readonly published: readonly PublishedPoint[];
  /** Of the best network: shown where it is of the one that the page names. */
  readonly portrait?: Portrait;
}

/** With the trials in the order in which they were begun. */
export function inOrder(report: StudyReport): StudyReport {
  return { ...report, records: [...report.records].sort((a, b) => a.number - b.number) };
}
