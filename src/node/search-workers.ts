import { OptionError } from '../core/errors.ts';
import type { GpuOptions } from '../gpu/gpu.ts';
import type { Evaluator } from '../search/run.ts';
import { checkTrialData, DEFAULT_SETUP, type TrainingSetup, type TrialData } from '../search/train.ts';
import { SearchWorker } from './search-worker-process.ts';

export interface SearchWorkersOptions {
  /** How many processes. */
  readonly count: number;
  readonly setup?: TrainingSetup;
  /** Threads that a software driver takes in each (Mesa's LP_NUM_THREADS) [all cores]. */
  readonly threads?: number;
  readonly gpu?: Pick<GpuOptions, 'adapter' | 'powerPreference' | 'validation'>;
}

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
    checkTrialData(data, setup);
    const workers = Array.from({ length: count }, () => new SearchWorker(data, { setup, threads, gpu }));
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
