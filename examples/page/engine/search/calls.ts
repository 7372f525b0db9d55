// What the page and the worker that searches say to each other: plain data.

export interface SubjectFacts {
  /** On validation images that a search chooses by. */
  readonly accuracy: number;
}

/** What a search is begun with. */
export interface SearchChoices {
  readonly floor: number;
  readonly minutes: number;
  /** 'pare' takes away from the network that can be asked, 'evolve' begins from nothing. */
  readonly strategy: 'pare' | 'evolve';
  /** 'bytes' are those of the compressed file. */
  readonly objective: Objective;
  /** Passes over the training images of a training of full length. */
  readonly epochs: number;
  readonly seed: number;
  /** The most parameters that a network may have. */
  readonly parameters?: number;
  /** The most trials of the search, its end not counted. */
  readonly trials?: number;
}

export type Objective = 'parameters' | 'bytes';

/**
 * What an accuracy stands on: five seeds at full length, that hold the floor or do not; one such training; one that began with weights that were handed down;
 * one that was shorter.
 */
export type Evidence = 'holds' | 'below' | 'once' | 'handed' | 'short';

/** A network of the front. */
export interface Point {
  /** Of its trial. */
  readonly key: string;
  /** The same for all trials of a network and its recipe, such as the one that confirms it. */
  readonly network: string;
  /** From 1. */
  readonly number: number;
  readonly parameters: number;
  readonly bytes: number;
  /** What the search makes small. */
  readonly cost: number;
  /** The mean over the seeds on validation images. */
  readonly accuracy: number;
  readonly seeds: number;
  readonly samples: number;
  readonly evidence: Evidence;
  /** The one-sided 95% bound over the seeds, on images that nothing was chosen by where there are such. */
  readonly bound?: number;
  /** Whether its weights are kept: it can be asked at once. */
  readonly kept: boolean;
  /** As a table. */
  readonly layers: string;
}

/** A network that was trained and is not of the front. */
export interface Other {
  readonly cost: number;
  readonly accuracy: number;
}

/** The training that runs. */
export interface Running {
  readonly parameters: number;
  readonly samples: number;
  readonly seeds: number;
  readonly rates: number;
  readonly change: string;
  /** Epoch milliseconds. */
  readonly since: number;
}

export interface StudyView {
  readonly data: string;
  readonly floor: number;
  readonly objective: Objective;
  readonly strategy: string;
  readonly fullSamples: number;
  readonly confirmationSeeds: number;
  /** In ISO 8601. */
  readonly created: string;
  readonly trials: { readonly trained: number; readonly stopped: number; readonly diverged: number; readonly refused: number };
  readonly front: readonly Point[];
  readonly others: readonly Other[];
  /** Key of the smallest network that holds the floor. */
  readonly best?: string;
  readonly minutes: number;
  /** Of them, until now, or until it last rested. */
  readonly spentMinutes: number;
  /** Budget of trials, where there is one. */
  readonly mostTrials?: number;
  /** Milliseconds of the confirmation that would come next, from all seeds. */
  readonly confirmationMs?: number;
  /** Why the latest trial came to nothing, where it did. */
  readonly setback?: string;
  /** Whether it came to its end, and did not only rest. */
  readonly ended: boolean;
  /** Whether it had nothing more to try, though there was time. */
  readonly exhausted: boolean;
  /** Why it can't go on here, in words. */
  readonly obstacle?: string;
}

export type SearchState =
  | { readonly state: 'resting' }
  | { readonly state: 'preparing'; readonly what: string }
  | { readonly state: 'searching' | 'stopping'; readonly running?: Running }
  | { readonly state: 'testing'; readonly done: number; readonly of: number }
  | { readonly state: 'failed'; readonly why: string };

export interface SearchView {
  readonly search: SearchState;
  readonly study?: StudyView;
  /** Why the browser keeps nothing, in words; undefined where it does. */
  readonly notKept?: string;
  /** What was left out of a study as it was found. */
  readonly problems: readonly string[];
}

export interface SearchListener {
  changed(view: SearchView): void;
}

/** What was made the network that is asked. */
export interface Loaded {
  readonly key: string;
  /** Of a network that was trained for this, and not in the search: what it came to on validation images. */
  readonly accuracy?: number;
}
