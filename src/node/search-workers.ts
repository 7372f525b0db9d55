import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { GpuOptions } from '../gpu/gpu.ts';
import type { TrainingSetup } from '../search/recipe.ts';
import type { Evaluator } from '../search/run.ts';
import { checkTrialData, DEFAULT_SETUP, type TrialData } from '../search/train.ts';
import { SearchWorker } from './search-worker-process.ts';

export interface SearchWorkersOptions {
  /** How many processes. */
  readonly count: number;
  readonly setup?: TrainingSetup;
  /** Threads that a software driver takes in each (Mesa's LP_NUM_THREADS) [all cores]. */
  readonly threads?: number;
  readonly gpu?: Pick<GpuOptions, 'adapter' | 'powerPreference' | 'validation'>;
  /**
   * A process whose device has done nothing for so many seconds in a trial, no step, no kernel compiled, hangs: it is replaced, and the
   * trial begins once more; hangs it again, it is refused [300].
   */
  readonly silenceSeconds?: number;
  /** So long may a trial take, however busy; then likewise [86,400: a day; twice the trial's own limit, and `silenceSeconds`, where that is less]. */
  readonly trialSeconds?: number;
  /** A process that has grown by more bytes since its start is replaced between two trials: drivers keep memory of every network [512 MiB]. */
  readonly growthBytes?: number;
}

const SILENCE_SECONDS = 300;
const TRIAL_SECONDS = 86_400;
const GROWTH_BYTES = 512 * 2 ** 20;

/** Processes that train trials side by side: on a software driver two with a thread each do more than one with two. */
export class SearchWorkers implements AsyncDisposable {
  private constructor(
    readonly evaluators: readonly Evaluator[],
    /** As `GpuEvaluator`'s. */
    readonly context: object,
    private readonly workers: readonly SearchWorker[],
  ) {}

  /** Starts the processes, gives each the data and opens its GPU. Throws what any of them throws; then none is left. */
  static async start(data: TrialData, options: SearchWorkersOptions): Promise<SearchWorkers> {
    const { count, setup = DEFAULT_SETUP, threads, gpu = {} } = options;
    if (!Number.isInteger(count) || count < 1 || count > 64)
      throw new OptionError(`search workers: count must be an integer from 1 to 64, got ${count}`);
    if (threads !== undefined && (!Number.isInteger(threads) || threads < 1))
      throw new OptionError(`search workers: threads must be an integer of at least 1, got ${threads}`);
    const { silenceSeconds = SILENCE_SECONDS, trialSeconds = TRIAL_SECONDS, growthBytes = GROWTH_BYTES } = options;
    for (const [name, value] of Object.entries({ silenceSeconds, trialSeconds, growthBytes }))
      if (typeof value !== 'number' || !(value > 0))
        throw new OptionError(`search workers: ${name} must be a number above 0, got ${shown(value)}`);
    checkTrialData(data, setup);
    const worker = { setup, threads, gpu, limits: { silence: silenceSeconds, total: trialSeconds }, growthBytes };
    const workers = Array.from({ length: count }, () => new SearchWorker(data, worker));
    try {
      const [context] = await Promise.all(workers.map((worker) => worker.start()));
      return new SearchWorkers(workers, context ?? {}, workers);
    } catch (error) {
      await endAll(workers);
      throw error;
    }
  }

  /** Ends the processes, and whatever they do; returns once they are gone. */
  [Symbol.asyncDispose](): Promise<void> {
    return endAll(this.workers);
  }
}

async function endAll(workers: readonly SearchWorker[]): Promise<void> {
  await Promise.all(workers.map((worker) => worker.end()));
}
