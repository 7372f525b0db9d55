import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { abortError, OptionError } from '../core/errors.ts';
import type { GpuOptions } from '../gpu/gpu.ts';
import type { Evaluated, EvaluateOptions, Evaluator } from '../search/run.ts';
import { checkTrialData, DEFAULT_SETUP, type TrainingSetup, type TrialData } from '../search/train.ts';
import type { Trial } from '../search/trial.ts';
import type { FromWorker, ToWorker } from './search-messages.ts';

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

  /** Starts the processes, gives each the data and opens its GPU. Throws what any of them throws. */
  static async start(data: TrialData, options: SearchWorkersOptions): Promise<SearchWorkers> {
    const { count, setup = DEFAULT_SETUP } = options;
    if (!Number.isInteger(count) || count < 1 || count > 64)
      throw new OptionError(`search workers: count must be an integer from 1 to 64, got ${count}`);
    checkTrialData(data, setup);
    const workers = Array.from({ length: count }, () => new SearchWorker({ ...options, setup }, data));
    try {
      const [context] = await Promise.all(workers.map((worker) => worker.start()));
      return new SearchWorkers(workers, context ?? {}, workers);
    } catch (error) {
      for (const worker of workers) worker.end();
      throw error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const worker of this.workers) worker.end();
    return Promise.resolve();
  }
}

/** A process that ends in the middle of a trial is started again so often; then the trial is what ended it. */
const STARTS = 2;

type Answer = Exclude<FromWorker, { readonly type: 'failed' }>;

class SearchWorker implements Evaluator {
  private child: ChildProcess | undefined;

  constructor(
    private readonly options: SearchWorkersOptions & { readonly setup: TrainingSetup },
    private readonly data: TrialData,
  ) {}

  async start(): Promise<object> {
    const { threads, gpu = {}, setup } = this.options;
    const child = fork(fileURLToPath(new URL('./search-worker.js', import.meta.url)), [], {
      serialization: 'advanced',
      execArgv: [],
      env: { ...process.env, ...(threads !== undefined && { LP_NUM_THREADS: String(threads) }) },
    });
    this.child = child;
    const answer = await ask(child, { type: 'start', data: plainData(this.data), setup, gpu });
    if (answer.type !== 'ready') throw new Error(`A search worker answered ${answer.type} to its start`);
    return answer.context;
  }

  async evaluate(trial: Trial, { keep, measure = false, signal }: EvaluateOptions): Promise<Evaluated> {
    let ended = '';
    for (let attempt = 0; attempt < STARTS; attempt++) {
      if (signal?.aborted) throw abortError(signal.reason);
      if (!this.child?.connected) await this.start();
      const child = this.child;
      if (!child) throw new Error('A search worker has no process');
      const abort = () => child.connected && child.send({ type: 'abort' } satisfies ToWorker);
      signal?.addEventListener('abort', abort);
      try {
        const answer = await ask(child, { type: 'trial', trial, keep, measure });
        if (answer.type === 'evaluated') return answer.evaluated;
      } catch (error) {
        if (!(error instanceof ProcessEnded) || signal?.aborted) throw error;
        ended = error.message;
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    }
    return { outcome: { status: 'refused', reason: `its process ended ${STARTS} times: ${ended}` } };
  }

  end(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }
}

/** A worker's process is gone: out of memory, or a driver that crashed. */
class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

/** What the process answers to a message. Throws what was thrown there, by name, and a ProcessEnded where it ends instead. */
function ask(child: ChildProcess, message: ToWorker): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      child.off('message', heard).off('exit', exited).off('error', failed);
      then();
    };
    const heard = (from: FromWorker) =>
      settle(() => {
        if (from.type !== 'failed') return resolve(from);
        const error = new Error(from.message);
        error.name = from.name;
        if (from.stack) error.stack = from.stack;
        reject(error);
      });
    const exited = (code: number | null, signal: string | null) =>
      settle(() => reject(new ProcessEnded(signal ? `killed by ${signal}` : `exit code ${code}`)));
    const failed = (error: Error) => settle(() => reject(new ProcessEnded(error.message)));
    child.on('message', heard).on('exit', exited).on('error', failed);
    child.send(message, (error) => error && failed(error));
  });
}

/** The parts of the data sets that are plain, and of them what training needs: views of a larger buffer would send all of it. */
function plainData({ train, validation }: TrialData): TrialData {
  const plain = (data: TrialData['train']) => ({ ...data, x: data.x.slice(), y: data.y.slice() });
  return { train: plain(train), validation: plain(validation) };
}
