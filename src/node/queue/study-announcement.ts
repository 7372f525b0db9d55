import type { TrainingSetup } from '../../search/recipe.ts';

/** `datasetHash` of each set that a search has. */
export interface DataHashes {
  readonly train: string;
  readonly validation: string;
  readonly confirmation?: string;
}

/** What a search tells those who would train for it. */
export interface StudyAnnouncement {
  readonly id: string;
  /** For a person: the data and the floor. */
  readonly name: string;
  /** The engine's: the same training comes to other numbers in another. */
  readonly version: string;
  /** Where latencies are measured, the adapter that they are to be of. */
  readonly adapter?: string;
  /** Of every trial's key. */
  readonly context: { readonly setup: TrainingSetup; readonly data: DataHashes };
  /** Where the data come from, as the program that searches says it: they may lie on the worker's machine too. */
  readonly source?: object;
  /** A worker that has not renewed its hold on a trial for so long has lost it. */
  readonly leaseMs: number;
}
