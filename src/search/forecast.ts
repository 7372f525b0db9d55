import { nextAnswer } from './finish.ts';
import { Pace } from './pace.ts';
import type { Problem } from './strategy.ts';
import type { TrialRecord } from './trial.ts';

/** How long trainings will take, by the trials so far. */
export interface Forecast {
  /** The network that these are of: the most promising one that is not confirmed. */
  readonly record: TrialRecord;
  /** Milliseconds of a training of full length from one seed. */
  readonly fullMs: number;
  /** Milliseconds of the training from all seeds that would confirm it. */
  readonly confirmationMs: number;
}

/** Undefined where too few trials tell, or no network waits for a confirmation. */
export function forecast(problem: Problem, records: readonly TrialRecord[]): Forecast | undefined {
  const next = nextAnswer(problem, records);
  if (!next) return undefined;
  const { record, once, confirmation } = next;
  const pace = new Pace(records);
  const ms = (proposal: typeof once) => pace.expectedMs({ key: '', costs: record.costs, ...proposal });
  const [fullMs, confirmationMs] = [ms(once), ms(confirmation)];
  return fullMs === undefined || confirmationMs === undefined ? undefined : { record, fullMs, confirmationMs };
}
