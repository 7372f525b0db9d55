import type { GpuOptions } from '../gpu/gpu.ts';
import type { Evaluated } from '../search/run.ts';
import type { TrainingSetup, TrialData } from '../search/train.ts';
import type { Trial } from '../search/trial.ts';
import type { PlainError } from './plain-error.ts';

/** What a `SearchWorker` and its process say to each other. */
export type ToWorker =
  | { readonly type: 'start'; readonly data: TrialData; readonly setup: TrainingSetup; readonly gpu: GpuOptions }
  | { readonly type: 'trial'; readonly trial: Trial; readonly keep: boolean; readonly measure: boolean }
  | { readonly type: 'abort' };

export type FromWorker =
  | { readonly type: 'ready'; readonly context: object }
  | { readonly type: 'evaluated'; readonly evaluated: Evaluated }
  | { readonly type: 'failed'; readonly error: PlainError };
