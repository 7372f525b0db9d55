import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { abortError, DeviceLostError } from '../core/errors.ts';
import type { GpuOptions } from '../gpu/gpu.ts';
import type { Evaluated, EvaluateOptions, Evaluator } from '../search/run.ts';
import type { TrainingSetup, TrialData } from '../search/train.ts';
import type { Trial } from '../search/trial.ts';
import { errorFrom } from './plain-error.ts';
import type { FromWorker, ToWorker } from './search-messages.ts';

/** A process that ends in the middle of a trial is started again so often; then the trial is what ended it. */
const STARTS = 2;
/** The end of what a process wrote to its standard error, for the reason of its end. */
const STDERR_CHARACTERS = 500;

type Answer = Exclude<FromWorker, { readonly type: 'failed' }>;

interface WorkerOptions {
  readonly setup: TrainingSetup;
  readonly threads?: number;
  readonly gpu: GpuOptions;
}

/** Trains one trial after another in a process of its own, which is started again where it ends or loses its device. */
export class SearchWorker implements Evaluator {
  private child: ChildProcess | undefined;
  private ended = false;

  constructor(
    private readonly data: TrialData,
    private readonly options: WorkerOptions,
  ) {}

  /** Returns the context of its evaluator. Throws what opening the GPU or the data throws. */
  async start(): Promise<object> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.startOnce();
      } catch (error) {
        if (this.ended) throw abortError();
        if (!(error instanceof ProcessEnded)) throw error;
        if (attempt === STARTS)
          throw new Error(`A search worker ended ${STARTS} times as it started (${error.message}); fewer need less memory`);
      }
    }
  }

  private async startOnce(): Promise<object> {
    const { threads, gpu, setup } = this.options;
    const child = fork(fileURLToPath(new URL('./search-worker.js', import.meta.url)), [], {
      serialization: 'advanced',
      execArgv: [],
      env: { ...process.env, ...(threads !== undefined && { LP_NUM_THREADS: String(threads) }) },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    // What fails is told to `ask`; an error in between, as of a channel that closes, is followed by the exit.
    child.on('error', () => undefined);
    this.child = child;
    const answer = await ask(child, { type: 'start', data: this.data, setup, gpu });
    if (answer.type !== 'ready') throw new Error(`A search worker answered ${answer.type} to its start`);
    return answer.context;
  }

  async evaluate(trial: Trial, { keep, measure = false, signal }: EvaluateOptions): Promise<Evaluated> {
    const reasons: string[] = [];
    while (reasons.length < STARTS) {
      if (signal?.aborted) throw abortError(signal.reason);
      if (this.ended) throw abortError();
      if (!this.child?.connected) await this.start();
      const child = this.child;
      if (!child) throw new Error('A search worker has no process');
      const abort = () => child.connected && child.send({ type: 'abort' } satisfies ToWorker);
      signal?.addEventListener('abort', abort);
      try {
        const answer = await ask(child, { type: 'trial', trial, keep, measure });
        if (answer.type !== 'evaluated') throw new Error(`A search worker answered ${answer.type} to a trial`);
        return answer.evaluated;
      } catch (error) {
        if (signal?.aborted || this.ended) throw abortError(signal?.reason);
        if (!(error instanceof ProcessEnded || error instanceof DeviceLostError)) throw error;
        reasons.push(error.message);
        await endProcess(child);
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    }
    const reason = `its process ended ${STARTS} times: ${[...new Set(reasons)].join('; ')}`;
    return { outcome: { status: 'refused', reason }, lost: true };
  }

  /** Returns once the process is gone. */
  async end(): Promise<void> {
    this.ended = true;
    if (this.child) await endProcess(this.child);
  }
}

/** A worker's process is gone: out of memory, or a driver that crashed. */
class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

/** What the process answers to a message. Throws what was thrown there, and a ProcessEnded where it ends instead. */
function ask(child: ChildProcess, message: ToWorker): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let output = '';
    const finish = (then: () => void) => {
      child.off('message', answered).off('close', closed).off('error', failed);
      child.stderr?.off('data', collect).resume();
      then();
    };
    const collect = (piece: Buffer) => {
      output = (output + piece).slice(-STDERR_CHARACTERS);
    };
    const answered = (from: FromWorker) => finish(() => (from.type === 'failed' ? reject(errorFrom(from.error)) : resolve(from)));
    const closed = (code: number | null, signal: string | null) => {
      const how = signal ? `killed by ${signal}` : `exit code ${code}`;
      finish(() => reject(new ProcessEnded(output.trim() === '' ? how : `${how}, after: ${output.trim()}`)));
    };
    const failed = (error: Error) => finish(() => reject(new ProcessEnded(error.message)));
    child.stderr?.on('data', collect);
    child.on('message', answered).on('close', closed).on('error', failed);
    child.send(message, (error) => error && failed(error));
  });
}

function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill('SIGKILL');
  });
}
