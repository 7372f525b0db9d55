import { abortError, DeviceLostError, isAbort, OptionError } from '../core/errors.ts';
import type { InputDescription } from '../data/input-description.ts';
import type { Weights } from '../model/weights.ts';
import { bestOf, confirmsLength } from './best.ts';
import { type Budget, BudgetClock } from './budget.ts';
import type { Conclusion } from './conclusion.ts';
import { countsLatency } from './costing.ts';
import { withoutDivergedRates } from './diverged-rates.ts';
import { HandedDown, type Start } from './inherit/initial.ts';
import { ScreenedWeights } from './inherit/screened-weights.ts';
import type { Pace } from './pace.ts';
import { fullLength, type Problem, type Strategy } from './strategy.ts';
import { TimeLimit } from './time-limit.ts';
import type { Outcome, TrainedBy, Trial, TrialRecord } from './trial.ts';
import { TrialQueue } from './trial-queue.ts';

/** What came of a trial. */
export interface Evaluated {
  readonly outcome: Outcome;
  /** Of the trained replicas, where they were asked for. */
  readonly weights?: readonly Weights[];
  /** Milliseconds of an inference of one sample, where it was asked for. */
  readonly latency?: number;
  /** Of the file that the network leaves as, where it leaves as one: the mean over the replicas. */
  readonly bytes?: number;
  /** The network of each replica as it leaves, where weights were asked for: in base64 what `encodeCompressed` writes. */
  readonly files?: readonly string[];
  /** Of a refused trial: it was not measured, since what trained it, a device or a process, was lost again and again. */
  readonly lost?: boolean;
  /** Milliseconds that it was trained for, where that is not the time of the call: it waited before. */
  readonly wallMs?: number;
  /** Where it was not trained by the machine that searches. */
  readonly trainedBy?: TrainedBy;
}

export interface EvaluateOptions {
  /** The weights are wanted. */
  readonly keep: boolean;
  /** The confirmation data are to be looked at, too [false]. */
  readonly confirm?: boolean;
  /** The weights that all replicas begin with [the initialisers', by the seeds]. */
  readonly initial?: Weights;
  /** How much the loss depends on each feature is wanted. */
  readonly importance?: boolean;
  /** The latency is to be measured. */
  readonly measure?: boolean;
  /** After so many milliseconds the training ends, and comes to `stopped` [no limit]. */
  readonly limitMs?: number;
  /** As which the study is to keep the trial: for what is told of it. */
  readonly number?: number;
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
  /** Keeps what the networks of a record leave as, before the record is added. Without it such networks are made again at the end. */
  addFiles?(record: TrialRecord, files: readonly string[]): Promise<void>;
  /** Those that were added; undefined where there are none, or one is damaged. */
  files?(record: TrialRecord): Promise<readonly string[] | undefined>;
  /** Those that were added with a record, or later; undefined where there are none. */
  weights(record: TrialRecord): Promise<readonly Weights[] | undefined>;
  /** Keeps the weights of a record that were lost, and made again. */
  addWeights(record: TrialRecord, weights: readonly Weights[], input?: InputDescription): Promise<void>;
  /** What the test set said, each time that it was asked. */
  readonly conclusions: readonly Conclusion[];
  addConclusion(conclusion: Conclusion): Promise<void>;
}

export interface RunOptions {
  readonly problem: Problem;
  readonly strategy: Strategy;
  /** As many trials run at once. */
  readonly evaluators: readonly Evaluator[];
  readonly study: Study;
  /** What the networks take: is kept with weights. */
  readonly input?: InputDescription;
  /** The network that the search starts with, where it has weights: a strategy may begin with them. */
  readonly start?: Start;
  /** All else that decides what a training comes to; part of every trial's key. */
  readonly context: object;
  readonly budget: Budget;
  /** Whether the evaluators have confirmation data: a trial that could show that the floor is held is looked at on these, too [false]. */
  readonly confirmation?: boolean;
  /** Counts the time of the budget [from now]. */
  readonly clock?: BudgetClock;
  /** Milliseconds of the budget's time that are to be left for what follows [0]. */
  readonly reserveMs?: (records: readonly TrialRecord[], pace: Pace) => number;
  /**
   * A strategy is asked for trial n when it knows the outcomes of the trials up to n - lag, and of no other [1]: with the same lag a
   * search is the same however many evaluators there are and however long each trial takes, but for a budget of minutes: what is begun
   * then depends on the time. As many as the lag can run at once.
   */
  readonly lag?: number;
  /** It is the end of a search: goes on in the numbers of the search proper, and nothing that could use its time follows [false]. */
  readonly append?: boolean;
  /** Is told of every trial as it begins. */
  readonly onBegin?: (trial: Trial) => void;
  /** Is told where the strategy had nothing more to propose while the budget allowed more. */
  readonly onExhausted?: () => void;
  /** Once it fires no trial is begun any more: the run ends as those that run have ended. */
  readonly drain?: AbortSignal;
  readonly signal?: AbortSignal;
}

/** Bytes of weights of trials that are not from all seeds, in memory. */
const MOST_BYTES = 2 ** 28;

/** A study in memory. */
export class MemoryStudy implements Study {
  private readonly kept: TrialRecord[];
  private readonly keptWeights = new Map<string, readonly Weights[]>();
  private readonly keptFiles = new Map<string, readonly string[]>();
  private readonly screened = new ScreenedWeights(MOST_BYTES);
  readonly conclusions: Conclusion[] = [];

  constructor(records: readonly TrialRecord[] = []) {
    this.kept = [...records];
  }

  get records(): readonly TrialRecord[] {
    return this.kept;
  }

  add(record: TrialRecord, weights?: readonly Weights[]): Promise<void> {
    this.kept.push(record);
    return weights ? this.addWeights(record, weights) : Promise.resolve();
  }

  addWeights(record: TrialRecord, weights: readonly Weights[]): Promise<void> {
    this.keptWeights.set(record.key, weights);
    for (const { key } of this.screened.add(record)) this.keptWeights.delete(key);
    return Promise.resolve();
  }

  addFiles({ key }: TrialRecord, files: readonly string[]): Promise<void> {
    this.keptFiles.set(key, files);
    return Promise.resolve();
  }

  files({ key }: TrialRecord): Promise<readonly string[] | undefined> {
    return Promise.resolve(this.keptFiles.get(key));
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
 * A budget of time holds: a trial that can't end in it is not begun (at the end of a search, one that may be the answer is), what still runs when it is spent is ended and not kept. A trial that
 * takes too much of it is ended, or not begun, and kept as `stopped`.
 */
export async function* runSearch(options: RunOptions): AsyncGenerator<TrialRecord, void, undefined> {
  const { evaluators, study, input, start, signal, drain, budget, problem, strategy, context, lag = 1, append = false } = options;
  const { reserveMs = () => 0, clock = new BudgetClock(budget, study.records, evaluators.length, fullLength(problem)) } = options;
  const { records } = study;
  const queue = new TrialQueue({ problem, strategy, records, context, budget, clock, lag, append, reserveMs });
  const stop = new AbortController();
  using limit = new TimeLimit(clock.isLimited ? clock.msLeft : undefined, stop.signal);
  const idle = [...evaluators];
  const running = new Map<number, Promise<{ readonly number: number; readonly evaluator: Evaluator; readonly end: Ended }>>();
  const held: Ended[] = [];
  let worked = false;
  const handedDown = new HandedDown({ study, start, input });
  // The first answer may have all that is left: nothing follows that could use it.
  const limitOf = (trial: Trial) => (append && !bestOf(problem, study.records) ? undefined : clock.limitOf(trial));
  const evaluate = async (evaluator: Evaluator, trial: Trial, asked: EvaluateOptions): Promise<Evaluated> => {
    const begun = await handedDown.initial(trial, { evaluator, limitOf, signal: asked.signal });
    if ('outcome' in begun) return begun;
    // What it takes to make lost weights again is not the trial's.
    const started = performance.now();
    const evaluated = await evaluator.evaluate(trial, { ...asked, ...(begun.weights && { initial: begun.weights }) });
    return { ...evaluated, wallMs: evaluated.wallMs ?? performance.now() - started };
  };
  const abort = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', abort);
  try {
    while (true) {
      if (signal?.aborted) throw abortError(signal.reason);
      for (let evaluator = idle.pop(); evaluator; evaluator = idle.pop()) {
        const begun = drain?.aborted ? undefined : queue.next();
        if (!begun) {
          idle.push(evaluator);
          break;
        }
        const { number, trial, refusal } = begun;
        const worker = evaluator;
        const confirm = options.confirmation === true && confirmsLength(problem, trial);
        const keep = confirmsLength(problem, trial) || (strategy.handsDown?.(problem) ?? false);
        const measure = countsLatency(problem.objective);
        const limitMs = limitOf(trial);
        if (refusal === undefined) options.onBegin?.(trial);
        const evaluated: Promise<Evaluated> =
          refusal === undefined
            ? evaluate(worker, trial, {
                keep,
                confirm,
                importance: strategy.asksImportance,
                measure,
                limitMs,
                number,
                signal: limit.signal,
              })
            : Promise.resolve({ outcome: { status: 'stopped', reason: refusal, after: 0 } });
        running.set(
          number,
          evaluated.then(({ latency, bytes, lost, wallMs = 0, trainedBy, ...result }) => {
            if (confirm && result.outcome.status === 'trained' && !result.outcome.confirmation)
              throw new OptionError('search: the evaluators must be given the confirmation data, too');
            const { outcome, weights, files } = withoutDivergedRates(trial, result);
            const measured = { ...(latency !== undefined && { latency }), ...(bytes !== undefined && { bytes }) };
            const costs = { ...trial.costs, ...measured };
            const record = { ...trial, costs, number, outcome, wallMs, ...(trainedBy && { trainedBy }) };
            return { number, evaluator: worker, end: { record, weights, files, lost } };
          }),
        );
      }
      if (running.size === 0) {
        if (drain?.aborted) return;
        const unexplained = held.at(-1);
        if (unexplained && !worked) throw allLost(unexplained.record, held.length);
        if (queue.isExhausted) options.onExhausted?.();
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
  } catch (error) {
    if (limit.isOver && isAbort(error)) return;
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    stop.abort();
    await Promise.allSettled(running.values());
  }
}

interface Ended {
  readonly record: TrialRecord;
  readonly weights?: readonly Weights[];
  readonly files?: readonly string[];
  readonly lost?: boolean;
}

/** Puts into the study what was held back, and yields it. */
async function* kept(
  held: Ended[],
  study: Study,
  input: InputDescription | undefined,
): AsyncGenerator<TrialRecord, void, undefined> {
  for (let end = held.shift(); end; end = held.shift()) {
    if (end.files) await study.addFiles?.(end.record, end.files);
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
