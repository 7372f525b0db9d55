import type { TrialRecord } from '../../search/trial.ts';
import type { JudgeProgress } from './judged-images.ts';

/** What the process that judges is asked, once. */
export interface JudgeRequest {
  /** Of the study. */
  readonly folder: string;
  readonly record: TrialRecord;
  /** Whether it is the best of the study (`keptTraining`). */
  readonly isBest: boolean;
}

export type FromJudge =
  | ({ readonly type: 'progress' } & JudgeProgress)
  /** `text`: of `encodeJudgement`. */
  | { readonly type: 'judged'; readonly text: string }
  /** See `whyNot`. */
  | { readonly type: 'failed'; readonly reason: string; readonly whole?: string };
