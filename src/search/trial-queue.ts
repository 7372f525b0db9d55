import { bestOf, score } from './best.ts';
import { type Budget, type BudgetClock, shareLeft } from './budget.ts';
import { Pace } from './pace.ts';
import type { Problem, Strategy } from './strategy.ts';
import { makeTrial, samplesOf, searched, type Trial, type TrialRecord } from './trial.ts';

export interface TrialQueueOptions {
  readonly problem: Problem;
  readonly strategy: Strategy;
  readonly records: readonly TrialRecord[];
  readonly context: object;
  readonly budget: Budget;
  readonly clock: BudgetClock;
  readonly lag: number;
  /** Of the end of a search, which goes on from the last trial of the search proper. */
  readonly append: boolean;
  /** Milliseconds of the clock that are to be left. */
  readonly reserveMs: (records: readonly TrialRecord[], pace: Pace) => number;
}

/** Where so many trials in a row would take too long, the budget is too small for what the strategy wants. */
const MOST_REFUSED = 100;

/** A trial that is to be run. */
export interface Begun {
  readonly number: number;
  readonly trial: Trial;
  /** Why it is not to be trained. */
  readonly refusal?: string;
}

/** Asks the strategy for trial after trial, in their order, and leaves out those that the study holds. */
export class TrialQueue {
  private readonly trials: Trial[] = [];
  private readonly numbered = new Map<number, TrialRecord>();
  private readonly records = new Map<string, TrialRecord>();
  private readonly begun = new Set<string>();
  /** How far the number of a trial is beyond its index: of those that are appended, where earlier ones are missing. */
  private readonly missing: number;
  /** Trials that had ended before any that this queue hands out: the lag does not reach into them. */
  private readonly before: number;
  /** What the records tell of time; undefined where they have changed since. */
  private timing: { readonly pace: Pace; readonly reserveMs: number } | undefined;
  /** In a row. */
  private refused = 0;
  /** Whether no further trial may be begun. */
  private isSpent = false;

  constructor(private readonly options: TrialQueueOptions) {
    for (const record of options.records) this.ended(record);
    if (options.append) {
      const order = [...options.records].sort((a, b) => a.number - b.number);
      const count = searchedUntil(order);
      this.trials.push(...order.slice(0, count));
      this.missing = 1 + (order[count - 1]?.number ?? -1) - count;
    } else this.missing = 0;
    this.before = this.trials.length;
  }

  /** Whether the strategy had nothing to propose, all trials ended, while the budget allowed more. */
  get isExhausted(): boolean {
    return !this.isSpent && !this.spent();
  }

  ended(record: TrialRecord): void {
    this.numbered.set(record.number, record);
    this.records.set(record.key, record);
    this.timing = undefined;
  }

  /** The next trial that is to be begun; undefined while it depends on trials that run, and once there is none. */
  next(): Begun | undefined {
    while (!this.isSpent && !this.spent()) {
      const number = this.trials.length + this.missing;
      const trial = this.numbered.get(number) ?? this.propose();
      if (!trial) return undefined;
      const begun = this.records.has(trial.key) ? undefined : this.fitted(number, trial);
      if (this.isSpent) return undefined;
      this.trials.push(trial);
      if (begun) return begun;
    }
    return undefined;
  }

  /**
   * A trial that seems not to end in the time that is left is not begun, and ends the queue; but where nothing follows that could use
   * the time, one that may be the answer is begun all the same.
   */
  private fitted(number: number, trial: Trial): Begun | undefined {
    const { clock } = this.options;
    if (!clock.isLimited) return { number, trial };
    const { pace } = this.timed();
    // The end of a search proposes nothing that would take too long.
    const refusal = this.options.append ? undefined : clock.refusal(trial, pace);
    if (refusal !== undefined) {
      this.isSpent = ++this.refused === MOST_REFUSED;
      return { number, trial, refusal };
    }
    this.refused = 0;
    if ((pace.expectedMs(trial) ?? 0) > this.msLeft && !(this.options.append && this.mayBeAnswer(trial))) {
      this.isSpent = true;
      return undefined;
    }
    return { number, trial };
  }

  private mayBeAnswer(trial: Trial): boolean {
    const { problem } = this.options;
    const best = bestOf(problem, [...this.records.values()]);
    return !best || score(problem, trial) < score(problem, best);
  }

  private propose(): Trial | undefined {
    const { problem, strategy, context } = this.options;
    // Where nothing can be proposed while trials are pending, their outcomes are waited for, the oldest first.
    for (let visible = this.visible; visible <= this.trials.length; visible++) {
      const records = this.first(visible);
      if (!records) return undefined;
      const pending = this.pendingAfter(visible);
      const proposal = strategy.propose(problem, { records, pending, left: this.shareLeft(records, pending) });
      if (!proposal) continue;
      const trial = makeTrial(context, proposal);
      // A trial that was begun by this process would be a fault of the strategy; one that the study holds beyond a gap is taken over.
      if (this.begun.has(trial.key))
        throw new Error(`The strategy ${strategy.name} proposes a trial that was begun before (${trial.key})`);
      this.begun.add(trial.key);
      return trial;
    }
    return undefined;
  }

  private shareLeft(records: readonly TrialRecord[], pending: readonly Trial[]): number | undefined {
    const { budget, clock } = this.options;
    return shareLeft(budget, records, pending, clock);
  }

  /** How many trials the next one may know the outcomes of. */
  private get visible(): number {
    return Math.max(this.before, this.trials.length - this.options.lag + 1);
  }

  /** The records of the first so many trials; undefined where one of them runs. */
  private first(count: number): TrialRecord[] | undefined {
    const records = this.trials.slice(0, count).map(({ key }) => this.records.get(key));
    return records.every((record) => record !== undefined) ? records : undefined;
  }

  /** As if none of the others had ended: what is chosen must not depend on how long trials take. */
  private pendingAfter(count: number): Trial[] {
    return this.trials.slice(count).map((trial) => withoutOutcome(trial));
  }

  private get msLeft(): number {
    const { clock } = this.options;
    return clock.isLimited ? clock.msLeft - this.timed().reserveMs : Number.POSITIVE_INFINITY;
  }

  private timed() {
    const records = [...this.records.values()];
    const pace = this.timing?.pace ?? new Pace(records);
    this.timing ??= { pace, reserveMs: this.options.reserveMs(records, pace) };
    return this.timing;
  }

  private spent(): boolean {
    const { trials = Number.POSITIVE_INFINITY, samples } = this.options.budget;
    if (searched(this.trials).length >= trials || this.msLeft <= 0) return true;
    const known = samples === undefined ? undefined : this.first(this.visible);
    // Where one of them runs it is waited for.
    if (samples === undefined || !known) return false;
    return samplesOf(searched<Trial>([...known, ...this.pendingAfter(this.visible)])) >= samples;
  }
}

/** How many trials of an order come before those that end the study for now. */
function searchedUntil(order: readonly TrialRecord[]): number {
  let count = order.length;
  while (order[count - 1]?.origin.strategy === 'finish') count--;
  return count;
}

function withoutOutcome({ outcome: _, ...trial }: Trial & { readonly outcome?: unknown }): Trial {
  return trial;
}
