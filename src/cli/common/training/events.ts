import type { Gpu, PlanSummary } from 'paredown/node';
import type { RunOptions } from './run-options.ts';

/** What a run tells, in the order it happens: the lines of --json, and all but the first the lines of metrics.jsonl. */
export type RunEvent = StartEvent | ProgressEvent | EvaluationEvent | ResultEvent;

export interface DataFacts {
  readonly name: string;
  /** Number of samples, and SHA-256 of what the model sees, for each split. */
  readonly sizes: { readonly train: number; readonly validation: number; readonly test: number };
  readonly classNames?: readonly string[];
  readonly hashes: { readonly train: string; readonly validation: string; readonly test: string };
}

export interface Versions {
  readonly paredown: string;
  readonly webgpu?: string;
  readonly node: string;
  readonly system: string;
}

export interface StartEvent {
  readonly type: 'start';
  readonly adapter: Gpu['info'];
  readonly versions: Versions;
  readonly data: DataFacts;
  readonly model: { readonly parameters: number; readonly activations: number; readonly macs: number; readonly hash: string };
  readonly options: RunOptions;
  /** Kernel variants by family, in the order of the dispatches. */
  readonly variants: PlanSummary['variants'];
  /** Steps behind the run already; 0 for a new one. */
  readonly step: number;
  readonly out: string;
}

export interface ProgressEvent {
  readonly type: 'progress';
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  /** Means since the last report. */
  readonly loss: number;
  readonly accuracy?: number;
  readonly stepMs: number;
  readonly etaMs: number;
  /** In mixed precision: steps so far that changed no weight, because a gradient overflowed. */
  readonly skipped?: number;
  /** Wall time of the training so far, interruptions left out. */
  readonly wallMs: number;
}

export interface EvaluationEvent {
  readonly type: 'evaluation';
  readonly split: 'validation';
  readonly step: number;
  readonly loss: number;
  readonly accuracy?: number;
  readonly wallMs: number;
}

export interface ResultEvent {
  readonly type: 'result';
  readonly test: {
    readonly loss: number;
    readonly accuracy?: number;
    /** Rows: the true class; columns: the predicted one. */
    readonly confusion?: readonly (readonly number[])[];
  };
  readonly step: number;
  readonly steps: number;
  /** Of the training with its evaluations and checkpoints, interruptions left out. */
  readonly wallMs: number;
  /** Of training alone. */
  readonly msPerStep: number;
  readonly adapter: Gpu['info'];
  readonly data: DataFacts;
  readonly options: RunOptions;
  readonly out: string;
  /** What it is held against. */
  readonly published?: Published;
  /** Why the two can't be compared. */
  readonly warning?: string;
}

/** What is published of a training of the same network. */
export interface Published {
  readonly source: string;
  readonly data: string;
  readonly accuracy: number;
  readonly steps: number;
  readonly batch: number;
  readonly wallMs: number;
  readonly adapter: string;
}
