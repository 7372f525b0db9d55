import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { abortError } from '../core/errors.ts';
import { type LiveRequest, type LiveState, readRequest, writeLiveState } from './live-state.ts';

/** How often is looked for what was asked. */
const LOOK_MILLISECONDS = 500;
/** State is written this often at the most, ... */
const LEAST_MILLISECONDS = 1000;
/** ... and this often at the least: a process of another machine is known to be there by it. */
const MOST_MILLISECONDS = 10_000;

/** What a process tells of itself. */
export type LiveFacts = Partial<Pick<LiveState, 'phase' | 'share' | 'leftMs' | 'running' | 'workers' | 'trials'>>;

export interface LiveRunOptions {
  /** Is told, once, that the process is to stop as by Ctrl-C. */
  readonly stop: () => void;
  /** What ends it: it was stopped then, where it does not say that it ended. */
  readonly signal: AbortSignal;
  /** What is true at each write, where that changes by itself. */
  readonly facts?: () => LiveFacts;
}

/**
 * A search or a training that tells in its folder's state.json what it does, and heeds what is asked of it by control.json: to pause, to
 * go on, to stop. What can't be written or read there is passed over: no search ends for it.
 */
export class LiveRun implements AsyncDisposable {
  private readonly session = randomBytes(8).toString('hex');
  private readonly started = new Date().toISOString();
  private told: LiveFacts = { running: [] };
  private state: LiveState['state'] = 'running';
  private request: LiveRequest = 'go on';
  private draining = new AbortController();
  private wake: (() => void) | undefined;
  private written = Number.NEGATIVE_INFINITY;
  private changed = true;
  private busy: Promise<void> = Promise.resolve();
  private readonly timer: ReturnType<typeof setInterval>;

  /** The folder must be locked by this process. */
  constructor(
    private readonly folder: string,
    private readonly options: LiveRunOptions,
  ) {
    this.timer = setInterval(() => this.soon(), LOOK_MILLISECONDS);
    this.timer.unref();
    options.signal.addEventListener('abort', () => this.enter('stopping'), { once: true });
  }

  /** Fires where a pause is asked for; another one after that pause. */
  get drain(): AbortSignal {
    return this.draining.signal;
  }

  tell(facts: LiveFacts): void {
    this.told = { ...this.told, ...facts };
    this.changed = true;
  }

  /** Nothing is trained: returns as it is to go on. Throws an AbortError where the signal fires. */
  async paused(): Promise<void> {
    const { signal } = this.options;
    if (this.request === 'pause') this.enter('paused');
    // Nothing else may keep the process now.
    this.timer.ref();
    while (this.request === 'pause' && !signal.aborted)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    this.timer.unref();
    if (signal.aborted) throw abortError(signal.reason);
    this.draining = new AbortController();
    this.enter('running');
  }

  /** It came to its end. */
  ended(): void {
    this.state = 'ended';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.timer);
    await this.busy;
    if (this.state !== 'ended') this.state = this.options.signal.aborted ? 'stopped' : 'failed';
    this.told = { running: [] };
    await this.write();
    await rm(join(this.folder, 'control.json'), { force: true }).catch(() => undefined);
  }

  private enter(state: LiveState['state']): void {
    if (this.state === 'ended') return;
    this.state = state;
    this.changed = true;
  }

  private soon(): void {
    this.busy = this.busy.then(() => this.look());
  }

  private async look(): Promise<void> {
    const asked = await readRequest(this.folder, this.session).catch(() => undefined);
    if (asked !== undefined && asked !== this.request) this.heed(asked);
    const passed = performance.now() - this.written;
    if ((this.changed && passed >= LEAST_MILLISECONDS) || passed >= MOST_MILLISECONDS) await this.write();
  }

  private heed(request: LiveRequest): void {
    if (this.request === 'stop') return;
    this.request = request;
    if (request === 'pause') {
      this.enter('pausing');
      this.draining.abort();
      return;
    }
    if (request === 'stop') {
      this.enter('stopping');
      this.options.stop();
    } else if (this.state === 'pausing') this.enter('running');
    this.wake?.();
  }

  private async write(): Promise<void> {
    this.changed = false;
    this.written = performance.now();
    const { session, started, state, folder, options } = this;
    const facts = { running: [], ...this.told, ...(state === 'ended' ? {} : options.facts?.()) };
    const live = { format: 1 as const, session, pid: process.pid, state, started, updated: new Date().toISOString(), ...facts };
    await writeLiveState(folder, live).catch(() => undefined);
  }
}
