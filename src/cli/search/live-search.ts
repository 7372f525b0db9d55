import { type Evaluator, LiveRun, type Problem, type Trial, type TrialRecord } from 'paredown/node';
import { trialLength } from '../common/trial-length.ts';
import type { StudyBudget } from './budget.ts';
import { sizeOf } from './size.ts';
import { TimeLeft } from './time-left.ts';

export interface LiveSearchOptions {
  readonly folder: string;
  readonly problem: Problem;
  readonly budget: StudyBudget;
  readonly records: readonly TrialRecord[];
  /** Where this process trains by itself. */
  readonly alone: boolean;
  readonly stop: () => void;
  readonly signal: AbortSignal;
}

type Running = ReturnType<typeof runningOf>;

/** Tells in the study's state.json what is trained now, by whom, and how long it will take; see `LiveRun`. */
export class LiveSearch implements AsyncDisposable {
  private readonly running = new Map<string, Running>();
  private readonly time: TimeLeft;
  private phase: 'search' | 'finish' | 'test' = 'search';
  private readonly run: LiveRun;

  constructor(private readonly options: LiveSearchOptions) {
    const { folder, budget, records, stop, signal } = options;
    this.time = new TimeLeft(budget.budget, records, budget.minutes);
    this.run = new LiveRun(folder, { stop, signal, facts: () => this.facts() });
  }

  /** Fires where a pause is asked for. */
  get drain(): AbortSignal {
    return this.run.drain;
  }

  /** The evaluators, who tell which of them trains a trial. */
  watched(evaluators: readonly Evaluator[]): Evaluator[] {
    return evaluators.map((evaluator, index) => ({
      evaluate: (trial, options) => {
        this.takenBy(trial.key, `process ${index + 1}`);
        return evaluator.evaluate(trial, options);
      },
    }));
  }

  /** Without a worker it waits for one. */
  takenBy(key: string, worker: string | undefined): void {
    const known = this.running.get(key);
    if (!known || known.worker === worker) return;
    this.running.set(key, { ...known, worker });
    this.tell();
  }

  beganTrial(trial: Trial): void {
    // What still ran as the search itself was over was ended, and tells nothing more.
    if (trial.origin.strategy === 'finish' && this.phase === 'search') {
      this.running.clear();
      this.phase = 'finish';
    }
    const { problem, alone } = this.options;
    this.running.set(trial.key, runningOf(problem, trial, alone ? 'this process' : undefined));
    this.tell();
  }

  endedTrial(record: TrialRecord): void {
    this.running.delete(record.key);
    this.time.ended(record, this.options.budget.minutes);
    this.tell();
  }

  tellWorkers(workers: readonly string[]): void {
    this.run.tell({ workers: [...workers] });
  }

  tested(): void {
    this.running.clear();
    this.phase = 'test';
    this.tell();
  }

  /** Nothing runs any more, since a pause was asked for: returns as it is to go on. */
  async paused(): Promise<void> {
    this.running.clear();
    this.tell();
    await this.run.paused();
  }

  ended(): void {
    this.run.ended();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.run[Symbol.asyncDispose]();
  }

  private tell(): void {
    this.run.tell({ running: [...this.running.values()] });
  }

  private facts() {
    const ends = this.phase !== 'search';
    const { share, left } = this.time.at(this.options.budget.minutes, { ends });
    return {
      phase: this.phase,
      trials: this.time.trials,
      ...(Number.isFinite(share) && { share }),
      ...(Number.isFinite(left) && this.phase !== 'test' && { leftMs: left }),
    };
  }
}

function runningOf(problem: Problem, trial: Trial, worker: string | undefined) {
  const name = `${sizeOf(problem, trial)}, ${trialLength(trial)}`;
  return { key: trial.key, name, since: new Date().toISOString(), worker };
}
