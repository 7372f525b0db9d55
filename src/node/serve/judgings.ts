import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Judging } from '../../report/served/images.ts';
import type { FromJudge, JudgeRequest } from '../judge/judge-messages.ts';
import { decodeJudgement, writeJudgement } from '../judge/judgement.ts';
import { type TimeLimits, Watchdog } from '../watchdog.ts';

/** What is asked for while so many wait is refused. */
const MOST_WAITING = 20;
/** What can't be kept in the study, and why nothing came of others, is remembered of so many, the latest. */
const MOST_REMEMBERED = 50;
/** Seconds. */
const LIMITS: TimeLimits = { silence: 300, total: 3600 };
/** The end of what a process wrote to its standard error, for the reason of its end. */
const STDERR_CHARACTERS = 500;

export interface JudgingsOptions {
  /** What the processes run: a test has another, without a GPU [judge-worker.js]. */
  readonly program?: URL;
  readonly limits?: TimeLimits;
}

interface Job extends JudgeRequest {
  /** Where what comes of it is kept: it is called by that. */
  readonly path: string;
}

/** Tells what trainings make of images: one at a time, in a process of its own, the others wait. */
export class Judgings implements AsyncDisposable {
  /** Rises as what `of` tells does change. */
  revision = 0;
  private readonly waiting: Job[] = [];
  private readonly ended = new Map<string, Judging>();
  private atWork: { readonly job: Job; readonly child: ChildProcess; readonly judging: Judging } | undefined;
  private following: Promise<void> = Promise.resolve();
  /** Processes that were ended here, before they were done. */
  private readonly givenUp = new WeakSet<ChildProcess>();
  private closed = false;

  constructor(private readonly options: JudgingsOptions = {}) {}

  /** What is known of one, by its path; undefined where nothing was asked, or what came of it is kept there. */
  of(path: string): Judging | undefined {
    if (this.atWork?.job.path === path) return this.atWork.judging;
    const before = this.waiting.findIndex((job) => job.path === path);
    return before >= 0 ? { state: 'waits', before: before + 1 } : this.ended.get(path);
  }

  /** Begins it, or lets it wait; what waits or is at work already is not begun twice. False where too many wait. */
  ask(job: Job): boolean {
    const known = this.of(job.path)?.state;
    if (known === 'waits' || known === 'works') return true;
    if (this.closed || this.waiting.length >= MOST_WAITING) return false;
    this.ended.delete(job.path);
    this.waiting.push(job);
    this.revision++;
    this.next();
    return true;
  }

  /** Gives one up, where it waits or is at work. */
  async leave(path: string): Promise<void> {
    const place = this.waiting.findIndex((job) => job.path === path);
    if (place >= 0) this.waiting.splice(place, 1);
    this.revision++;
    if (this.atWork?.job.path !== path) return;
    const { following } = this;
    await this.giveUp(this.atWork.child);
    await following;
  }

  /** What waits is given up, and what is at work; returns once its process is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.closed = true;
    this.waiting.length = 0;
    if (this.atWork) await this.giveUp(this.atWork.child);
    await this.following;
  }

  private giveUp(child: ChildProcess): Promise<void> {
    this.givenUp.add(child);
    return ended(child);
  }

  private next(): void {
    const job = this.atWork || this.closed ? undefined : this.waiting.shift();
    if (!job) return;
    const { program = new URL('./judge-worker.js', import.meta.url) } = this.options;
    const child = fork(fileURLToPath(program), [], {
      serialization: 'advanced',
      execArgv: [],
      // A software driver leaves the other cores to the search.
      env: { LP_NUM_THREADS: '1', ...process.env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const since = new Date().toISOString();
    this.atWork = { job, child, judging: { state: 'works', since } };
    this.revision++;
    this.following = this.follow(job, child, (progress) => {
      this.atWork = { job, child, judging: { state: 'works', since, progress } };
      this.revision++;
    }).then((outcome) => {
      this.atWork = undefined;
      if (outcome) this.remember(job.path, outcome);
      this.revision++;
      this.next();
    });
  }

  /** What is to be remembered of it; undefined where what came of it is kept in the study, or it was given up. */
  private async follow(
    { folder, path, record, isBest }: Job,
    child: ChildProcess,
    onProgress: (progress: { images: number; of: number }) => void,
  ): Promise<Judging | undefined> {
    const answer = await this.answerOf(child, { folder, record, isBest }, onProgress);
    await ended(child);
    if (!answer || answer.type === 'progress') return undefined;
    if (answer.type === 'failed') {
      const { type: _, ...why } = answer;
      return { state: 'failed', ...why };
    }
    const judgement = decodeJudgement(answer.text);
    if (!judgement) return { state: 'failed', reason: 'Its answer could not be read.' };
    return writeJudgement(folder, path, answer.text).then(
      () => undefined,
      (error: unknown) => ({ state: 'judged', judgement, why: error instanceof Error ? error.message : String(error) }),
    );
  }

  /** Undefined where its process was ended here. */
  private answerOf(
    child: ChildProcess,
    request: JudgeRequest,
    onProgress: (progress: { images: number; of: number }) => void,
  ): Promise<FromJudge | undefined> {
    const { limits = LIMITS } = this.options;
    return new Promise((resolve) => {
      let output = '';
      let late: keyof TimeLimits | undefined;
      const watchdog = new Watchdog(limits, (exceeded) => {
        late = exceeded;
        child.kill('SIGKILL');
      });
      const answer = (message: FromJudge | undefined) => {
        watchdog.stop();
        resolve(message);
      };
      child.stderr?.on('data', (piece: Buffer) => {
        output = (output + piece).slice(-STDERR_CHARACTERS);
      });
      child.on('message', (message: FromJudge) => {
        if (message.type !== 'progress') return answer(message);
        watchdog.sign();
        onProgress(message);
      });
      child.on('error', (error) => answer({ type: 'failed', reason: `Its process could not be begun: ${error.message}.` }));
      child.on('close', (code, signal) => {
        if (late) return answer({ type: 'failed', reason: TOO_LONG[late](limits) });
        if (this.givenUp.has(child)) return answer(undefined);
        const whole = output.trim();
        const reason = `Its process ended before it was done (${signal ?? `exit code ${code}`}).`;
        answer({ type: 'failed', reason, ...(whole !== '' && { whole }) });
      });
      child.send(request, (error) => error && child.kill('SIGKILL'));
    });
  }

  private remember(path: string, judging: Judging): void {
    this.ended.delete(path);
    this.ended.set(path, judging);
    const [oldest] = this.ended.keys();
    if (this.ended.size > MOST_REMEMBERED && oldest !== undefined) this.ended.delete(oldest);
  }
}

const TOO_LONG: Readonly<Record<keyof TimeLimits, (limits: TimeLimits) => string>> = {
  silence: ({ silence }) => `It was ended, since nothing came of it for ${silence} s.`,
  total: ({ total }) => `It was ended, since it took longer than ${total} s.`,
};

function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once('exit', () => done());
    child.kill('SIGKILL');
  });
}
