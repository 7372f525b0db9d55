import { abortError, DeviceLostError } from '../core/errors.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { Weights } from '../model/weights.ts';
import { confirmsLength } from './best.ts';
import type { Conclusion } from './conclusion.ts';
import { countsLatency } from './costing.ts';
import { withoutDivergedRates } from './diverged-rates.ts';
import type { Problem, Strategy } from './strategy.ts';
import { makeTrial, type Outcome, samplesOf, searched, type Trial, type TrialRecord } from './trial.ts';

/** What came of a trial. */
export interface Evaluated {
  readonly outcome: Outcome;
  /** Of the trained replicas, where they were asked for. */
  readonly weights?: readonly Weights[];
  /** Milliseconds of an inference of one sample, where it was asked for. */
  readonly latency?: number;
  /** Of a refused trial: it was not measured, since what trained it, a device or a process, was lost again and again. */
  readonly lost?: boolean;
}

export interface EvaluateOptions {
  /** The weights are wanted. */
  readonly keep: boolean;
  /** The latency is to be measured. */
  readonly measure?: boolean;
  readonly signal?: AbortSignal;
}

/** Trains networks, or stands for what would: a made-up landscape in a test. */
export interface Evaluator {
  evaluate(trial: Trial, options: EvaluateOptions): Promise<Evaluated>;
}

/** Where finished trials are kept. */
export interface Study {
  readonly records: readonly TrialRecord[];
  /** Returns once the record, and the weights that come with it, with what their network takes, would survive the end of the process. */
  add(record: TrialRecord, weights?: readonly Weights[], input?: InputDescription): Promise<void>;
  /** Those that were added with a record, or later; undefined where there are none. */
  weights(record: TrialRecord): Promise<readonly Weights[] | undefined>;
  /** Keeps the weights of a record that were lost, and made again. */
  addWeights(record: TrialRecord, weights: readonly Weights[], input?: InputDescription): Promise<void>;
  /** What the test set said, each time that it was asked. */
  readonly conclusions: readonly Conclusion[];
  addConclusion(conclusion: Conclusion): Promise<void>;
}

/** Ends a search once one of them is spent, by all trials of the study together; without any, the strategy ends it. */
export interface Budget {
  readonly trials?: number;
  /** Training samples, over all replicas. */
  readonly samples?: number;
  readonly minutes?: number;
}

export interface RunOptions {
  readonly problem: Problem;
  readonly strategy: Strategy;
  /** As many trials run at once. */
  readonly evaluators: readonly Evaluator[];
  readonly study: Study;
  /** What the networks take: is kept with weights. */
  readonly input?: InputDescription;
  /** All else that decides what a training comes to; part of every trial's key. */
  readonly context: object;
  readonly budget: Budget;
  /**
   * A strategy is asked for trial n when it knows the outcomes of the trials up to n - lag, and of no other [1]: with the same lag a
   * search is the same however many evaluators there are and however long each trial takes. As many as the lag can run at once.
   */
  readonly lag?: number;
  /** Number on from the last trial of the study, instead of filling gaps that an end in the middle left [false]. */
  readonly append?: boolean;
  /** Is told of every trial as it begins. */
  readonly onBegin?: (trial: Trial) => void;
  readonly signal?: AbortSignal;
}

/** A study in memory. */
export class MemoryStudy implements Study {
  private readonly kept: TrialRecord[];
  private readonly keptWeights = new Map<string, readonly Weights[]>();
  readonly conclusions: Conclusion[] = [];

  constructor(records: readonly TrialRecord[] = []) {
    this.kept = [...records];
  }

  get records(): readonly TrialRecord[] {
    return this.kept;
  }

  add(record: TrialRecord, weights?: readonly Weights[]): Promise<void> {
    this.kept.push(record);
    if (weights) this.keptWeights.set(record.key, weights);
    return Promise.resolve();
  }

  addWeights({ key }: TrialRecord, weights: readonly Weights[]): Promise<void> {
    this.keptWeights.set(key, weights);
    return Promise.resolve();
  }

  weights({ key }: TrialRecord): Promise<readonly Weights[] | undefined> {
    return Promise.resolve(this.keptWeights.get(key));
  }

  addConclusion(conclusion: Conclusion): Promise<void> {
    this.conclusions.push(conclusion);
    return Promise.resolve();
  }
}

/** Where so many trials in a row lost what trained them, it is not for the trials, and a search ends. */
const MOST_LOST = 3;

/**
 * Runs trials as the strategy proposes them, keeps each in the study as it ends, and yields it. A study that holds trials already
 * goes on. An abort or a failure ends the running trials, which are lost, and is thrown. A trial that lost its device or process again
 * and again is kept, as refused, once another one has shown that this was no failure of all: three in a row throw a
 * DeviceLostError, and what the run ends with is not kept: given again, it is tried again.
 */
export async function* runSearch(options: RunOptions): AsyncGenerator<TrialRecord, void, undefined> {
  const { evaluators, study, input, signal } = options;
  const stop = new AbortController();
  const queue = new Queue(options);
  const idle = [...evaluators];
  const running = new Map<number, Promise<{ readonly number: number; readonly evaluator: Evaluator; readonly end: Ended }>>();
  const held: Ended[] = [];
  let worked = false;
  const abort = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', abort);
  try {
    while (true) {
      if (signal?.aborted) throw abortError(signal.reason);
      for (let evaluator = idle.pop(); evaluator; evaluator = idle.pop()) {
        const begun = queue.next();
        if (!begun) {
          idle.push(evaluator);
          break;
        }
        const { number, trial } = begun;
        const worker = evaluator;
        const keep = confirmsLength(options.problem, trial);
        const measure = countsLatency(options.problem.objective);
        const started = performance.now();
        options.onBegin?.(trial);
        running.set(
          number,
          worker.evaluate(trial, { keep, measure, signal: stop.signal }).then(({ latency, lost, ...result }) => {
            const { outcome, weights } = withoutDivergedRates(trial, result);
            const costs = latency === undefined ? trial.costs : { ...trial.costs, latency };
            const record = { ...trial, costs, number, outcome, wallMs: performance.now() - started };
            return { number, evaluator: worker, end: { record, weights, lost } };
          }),
        );
      }
      if (running.size === 0) {
        const unexplained = held.at(-1);
        if (unexplained && !worked) throw allLost(unexplained.record, held.length);
        return;
      }
      const { number, evaluator, end } = await Promise.race(running.values());
      running.delete(number);
      idle.push(evaluator);
      queue.ended(end.record);
      held.push(end);
      if (!end.lost) {
        worked = true;
        yield* kept(held, study, input);
      } else if (held.length === MOST_LOST) throw allLost(end.record, held.length);
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    stop.abort();
    await Promise.allSettled(running.values());
  }
}

interface Ended {
  readonly record: TrialRecord;
  readonly weights?: readonly Weights[];
  readonly lost?: boolean;
}

/** Puts into the study what was held back, and yields it. */
async function* kept(
  held: Ended[],
  study: Study,
  input: InputDescription | undefined,
): AsyncGenerator<TrialRecord, void, undefined> {
  for (let end = held.shift(); end; end = held.shift()) {
    await study.add(end.record, end.weights, input);
    yield end.record;
  }
}

function allLost({ outcome }: TrialRecord, trials: number): DeviceLostError {
  const reason = 'reason' in outcome ? outcome.reason : '';
  return new DeviceLostError(
    'again and again',
    `${trials} ${trials === 1 ? 'trial' : 'trials in a row'} could not be trained; of the last, ${reason}. All others are kept. Look for a driver that fails or a memory that is full; then the search, given again, goes on.`,
  );
}

/** Asks the strategy for trial after trial, in their order, and leaves out those that the study holds. */
class Queue {
  private readonly trials: Trial[] = [];
  private readonly numbered = new Map<number, TrialRecord>();
  private readonly records = new Map<string, TrialRecord>();
  private readonly begun = new Set<string>();
  private readonly started = performance.now();
  private readonly minutesBefore: number;
  /** How far the number of a trial is beyond its index: of those that are appended, where earlier ones are missing. */
  private readonly missing: number;

  constructor(private readonly options: RunOptions) {
    const { study, evaluators, append = false } = options;
    for (const record of study.records) this.ended(record);
    const spent = searched(study.records).reduce((sum, { wallMs }) => sum + wallMs, 0);
    this.minutesBefore = spent / 60_000 / evaluators.length;
    if (append) this.trials.push(...[...study.records].sort((a, b) => a.number - b.number));
    this.missing = append ? 1 + Math.max(-1, ...this.numbered.keys()) - this.trials.length : 0;
  }

  ended(record: TrialRecord): void {
    this.numbered.set(record.number, record);
    this.records.set(record.key, record);
  }

  /** The next trial that is to be begun; undefined while it depends on trials that run, and once there is none. */
  next(): { readonly number: number; readonly trial: Trial } | undefined {
    while (!this.spent()) {
      const number = this.trials.length + this.missing;
      const trial = this.numbered.get(number) ?? this.propose();
      if (!trial) return undefined;
      this.trials.push(trial);
      if (!this.records.has(trial.key)) return { number, trial };
    }
    return undefined;
  }

  private propose(): Trial | undefined {
    const { problem, strategy, context, lag = 1 } = this.options;
    const begun = this.trials.length;
    // Where nothing can be proposed while trials are pending, their outcomes are waited for, the oldest first.
    for (let visible = Math.max(0, begun - lag + 1); visible <= begun; visible++) {
      const records = this.first(visible);
      if (!records) return undefined;
      const proposal = strategy.propose(problem, { records, pending: this.trials.slice(visible) });
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

  /** The records of the first so many trials; undefined where one of them runs. */
  private first(count: number): TrialRecord[] | undefined {
    const records = this.trials.slice(0, count).map(({ key }) => this.records.get(key));
    return records.every((record) => record !== undefined) ? records : undefined;
  }

  private spent(): boolean {
    const { trials, samples, minutes } = this.options.budget;
    const now = this.minutesBefore + (performance.now() - this.started) / 60_000;
    const counted = searched(this.trials);
    return (
      counted.length >= (trials ?? Number.POSITIVE_INFINITY) ||
      samplesOf(counted) >= (samples ?? Number.POSITIVE_INFINITY) ||
      now >= (minutes ?? Number.POSITIVE_INFINITY)
    );
  }
}
