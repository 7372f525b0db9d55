import { type ChildProcess, fork } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import { abortError, DeviceLostError } from '../core/errors.ts';
import type { GpuOptions } from '../gpu/gpu.ts';
import type { TrainingSetup } from '../search/recipe.ts';
import type { Evaluated, EvaluateOptions, Evaluator } from '../search/run.ts';
import type { TrialData } from '../search/train.ts';
import type { Trial } from '../search/trial.ts';
import { errorFrom } from './plain-error.ts';
import type { FromWorker, ToWorker } from './search-messages.ts';
import { type TimeLimits, Watchdog } from './watchdog.ts';

/** A process that ends in the middle of a trial is started again so often; then the trial is what ended it. */
const STARTS = 2;
/** The end of what a process wrote to its standard error, for the reason of its end. */
const STDERR_CHARACTERS = 500;
/**
 * Dawn compiles on threads of its own, and glibc gives each an arena whose gaps the others can't fill: over 120 networks a process grew
 * by 1.5 MB a network, with one arena it stayed as it was, and was as fast (bench/notes/search-workers.md). Others ignore it.
 */
const MALLOC_ARENA_MAX = '1';
/** Seconds that a start may take. */
const START: TimeLimits = { silence: 300, total: 300 };
/** A process that was told to leave its trial, and does not, is ended after so long, or the silence that it may keep. */
const GRACE_SECONDS = 10;

type Answer = Exclude<FromWorker, { readonly type: 'failed' | 'alive' }>;

export interface WorkerOptions {
  readonly setup: TrainingSetup;
  readonly threads?: number;
  readonly gpu: GpuOptions;
  /** Of a trial. */
  readonly limits: TimeLimits;
  /** A process whose memory has grown by more since it was started is replaced after its trial. */
  readonly growthBytes: number;
  /** What the processes run: a test has another, without a GPU [search-worker.js]. */
  readonly program?: URL;
}

/** Trains one trial after another in a process of its own, which is started again where it ends, hangs, grows or loses its device. */
export class SearchWorker implements Evaluator {
  private child: ChildProcess | undefined;
  /** Of a process that is to be there for the next trial. */
  private starting: Promise<object> | undefined;
  private residentAtStart = 0;
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
    const { threads, gpu, setup, program = new URL('./search-worker.js', import.meta.url) } = this.options;
    const child = fork(fileURLToPath(program), [], {
      serialization: 'advanced',
      execArgv: [],
      env: { MALLOC_ARENA_MAX, ...process.env, ...(threads !== undefined && { LP_NUM_THREADS: String(threads) }) },
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    // What fails is told to `ask`; an error in between, as of a channel that closes, is followed by the exit.
    child.on('error', () => undefined);
    this.child = child;
    const answer = await ask(child, { type: 'start', data: this.data, setup, gpu }, START);
    if (answer.type !== 'ready') throw new Error(`A search worker answered ${answer.type} to its start`);
    this.residentAtStart = answer.residentBytes;
    return answer.context;
  }

  async evaluate(trial: Trial, { signal, ...options }: EvaluateOptions): Promise<Evaluated> {
    // As many listen as there are workers.
    if (signal) setMaxListeners(0, signal);
    const ends: (ProcessEnded | DeviceLostError)[] = [];
    const limits = this.limitsOf(options);
    while (ends.length < STARTS) {
      if (signal?.aborted) throw abortError(signal.reason);
      if (this.ended) throw abortError();
      const child = await this.startedChild();
      const abort = () => leaveTrial(child, Math.min(GRACE_SECONDS, limits.silence));
      signal?.addEventListener('abort', abort);
      try {
        const answer = await ask(child, { type: 'trial', trial, options }, limits);
        if (answer.type !== 'evaluated') throw new Error(`A search worker answered ${answer.type} to a trial`);
        await this.replaceGrown(child, answer.residentBytes);
        return answer.evaluated;
      } catch (error) {
        if (signal?.aborted || this.ended) throw abortError(signal?.reason);
        if (!(error instanceof ProcessEnded || error instanceof DeviceLostError)) throw error;
        ends.push(error);
        await this.endChild(child);
      } finally {
        signal?.removeEventListener('abort', abort);
      }
    }
    const reasons = [...new Set(ends.map(({ message }) => message))];
    const reason = `its process ended ${STARTS} times: ${reasons.join('; ')}`;
    // One that was at work until its time was over lost nothing: the trial is too long.
    const lost = ends.some((end) => !(end instanceof TookTooLong));
    return { outcome: { status: 'refused', reason }, ...(lost && { lost }) };
  }

  /** Returns once the process is gone. */
  async end(): Promise<void> {
    this.ended = true;
    if (this.child) await endProcess(this.child);
  }

  /** A trial that does not end within twice the limit that it keeps itself, and what a silence may last, does not keep it. */
  private limitsOf({ limitMs }: Pick<EvaluateOptions, 'limitMs'>): TimeLimits {
    const { silence, total } = this.options.limits;
    return { silence, total: limitMs === undefined ? total : Math.min(total, (2 * limitMs) / 1000 + silence) };
  }

  private async endChild(child: ChildProcess): Promise<void> {
    await endProcess(child);
    // Its channel may close after it.
    if (this.child === child) this.child = undefined;
  }

  private async startedChild(): Promise<ChildProcess> {
    const { starting } = this;
    this.starting = undefined;
    await starting;
    if (!this.child?.connected) await this.start();
    if (!this.child) throw new Error('A search worker has no process');
    return this.child;
  }

  /**
   * Drivers keep memory of every network that they compiled, which nothing but the end of the process frees. The next process starts
   * while what came of the trial is kept and the next one is proposed.
   */
  private async replaceGrown(child: ChildProcess, residentBytes: number): Promise<void> {
    if (residentBytes - this.residentAtStart <= this.options.growthBytes || this.ended) return;
    await this.endChild(child);
    this.starting = this.start();
    // Whoever needs the process is told.
    this.starting.catch(() => undefined);
  }
}

/** A worker's process is gone: out of memory, a driver that crashed, or ended here since it hung. */
class ProcessEnded extends Error {
  override readonly name: string = 'ProcessEnded';
}

/** A worker's process was ended at work, since its trial took longer than any may. */
class TookTooLong extends ProcessEnded {
  override readonly name = 'TookTooLong';
}

/**
 * What the process answers to a message. Throws what was thrown there, and a ProcessEnded where it ends instead, or exceeds a limit,
 * when it is ended.
 */
function ask(child: ChildProcess, message: ToWorker, limits: TimeLimits): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let output = '';
    const watchdog = new Watchdog(limits, (exceeded) => {
      child.kill('SIGKILL');
      finish(() => reject(exceeded === 'silence' ? hung(limits) : tookTooLong(limits)));
    });
    const finish = (then: () => void) => {
      watchdog.stop();
      child.off('message', answered).off('close', closed).off('error', failed);
      child.stderr?.off('data', collect).resume();
      then();
    };
    const collect = (piece: Buffer) => {
      output = (output + piece).slice(-STDERR_CHARACTERS);
    };
    const answered = (from: FromWorker) => {
      if (from.type === 'alive') watchdog.sign();
      else finish(() => (from.type === 'failed' ? reject(errorFrom(from.error)) : resolve(from)));
    };
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

const hung = ({ silence }: TimeLimits) => new ProcessEnded(`it hung: nothing came of it for ${silence} s`);
const tookTooLong = ({ total }: TimeLimits) => new TookTooLong(`it took longer than the ${total} s that a trial may`);

function leaveTrial(child: ChildProcess, graceSeconds: number): void {
  if (child.connected) child.send({ type: 'abort' } satisfies ToWorker);
  const grace = setTimeout(() => child.kill('SIGKILL'), 1000 * graceSeconds);
  const left = () => {
    clearTimeout(grace);
    child.off('message', answered).off('exit', left);
  };
  const answered = ({ type }: FromWorker) => type !== 'alive' && left();
  child.on('message', answered).on('exit', left);
}

function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill('SIGKILL');
  });
}
