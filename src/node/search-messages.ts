import type { GpuOptions } from '../gpu/gpu.ts';
import type { TrainingSetup } from '../search/recipe.ts';
import type { Evaluated, EvaluateOptions } from '../search/run.ts';
import type { TrialData } from '../search/train.ts';
import type { Trial } from '../search/trial.ts';
import type { PlainError } from './plain-error.ts';

/** What a `SearchWorker` and its process say to each other. */
export type ToWorker =
  | { readonly type: 'start'; readonly data: TrialData; readonly setup: TrainingSetup; readonly gpu: GpuOptions }
  | { readonly type: 'trial'; readonly trial: Trial; readonly options: Omit<EvaluateOptions, 'signal'> }
  | { readonly type: 'abort' };

export type FromWorker =
  /** `residentBytes`: of the process's memory, here and below. */
  | { readonly type: 'ready'; readonly context: object; readonly residentBytes: number }
  /** Tells now and then that the trial goes on: its device has done something since the last time. */
  | { readonly type: 'alive' }
  | { readonly type: 'evaluated'; readonly evaluated: Evaluated; readonly residentBytes: number }
  | { readonly type: 'failed'; readonly error: PlainError };
