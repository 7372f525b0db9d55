import { abortError } from '../core/errors.ts';
import type { Problem, Strategy } from './strategy.ts';
import { makeTrial, type Outcome, type Trial, type TrialRecord } from './trial.ts';

/** Trains networks, or stands for what would: a made-up landscape in a test. */
export interface Evaluator {
  evaluate(trial: Trial, signal: AbortSignal | undefined): Promise<Outcome>;
}

/** Where finished trials are kept. */
export interface Study {
  readonly records: readonly TrialRecord[];
  /** Returns once the record would survive the end of the process. */
  add(record: TrialRecord): Promise<void>;
}

/** Ends a search once one of them is spent, by all trials of the study together; without any, the strategy ends it. */
export interface Budget {
  readonly trials?: number;
  /** Training samples, over all seeds. */
  readonly samples?: number;
  /** Of this process. */
  readonly minutes?: number;
}

export interface RunOptions {
  readonly problem: Problem;
  readonly strategy: Strategy;
  readonly evaluator: Evaluator;
  readonly study: Study;
  /** All else that decides what a training comes to; part of every trial's key. */
  readonly context: object;
  readonly budget: Budget;
  readonly signal?: AbortSignal;
}

/** A study in memory. */
export class MemoryStudy implements Study {
  private readonly kept: TrialRecord[];

  constructor(records: readonly TrialRecord[] = []) {
    this.kept = [...records];
  }

  get records(): readonly TrialRecord[] {
    return this.kept;
  }

  add(record: TrialRecord): Promise<void> {
    this.kept.push(record);
    return Promise.resolve();
  }
}

/** Training samples of a trial, or of several, over all seeds. */
export function samplesOf(trials: readonly Trial[]): number {
  return trials.reduce((sum, { samples, seeds }) => sum + samples * seeds.length, 0);
}

/**
 * Runs trials one after the other as the strategy proposes them, keeps each in the study, and yields it. A study that holds trials
 * already goes on. An abort ends the running trial, which is lost, and throws an AbortError.
 */
export async function* runSearch(options: RunOptions): AsyncGenerator<TrialRecord, void, undefined> {
  const { problem, strategy, evaluator, study, context, budget, signal } = options;
  const end = performance.now() + (budget.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
  const spent = () =>
    study.records.length >= (budget.trials ?? Number.POSITIVE_INFINITY) ||
    samplesOf(study.records) >= (budget.samples ?? Number.POSITIVE_INFINITY) ||
    performance.now() >= end;
  while (!spent()) {
    if (signal?.aborted) throw abortError(signal.reason);
    const proposal = strategy.propose(problem, study.records);
    if (!proposal) return;
    const trial = makeTrial(context, proposal);
    if (study.records.some(({ key }) => key === trial.key))
      throw new Error(`The strategy ${strategy.name} proposes a trial that is finished (${trial.key})`);
    const started = performance.now();
    const outcome = await evaluator.evaluate(trial, signal);
    const record = { ...trial, outcome, wallMs: performance.now() - started };
    await study.add(record);
    yield record;
  }
}
