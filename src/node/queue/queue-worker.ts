import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { refuseUnknown } from '../../core/arguments.ts';
import { abortError, DataError, DeviceLostError, OptionError, ShapeError } from '../../core/errors.ts';
import { shown } from '../../core/shown.ts';
import { VERSION } from '../../core/version.ts';
import { withoutDivergedRates } from '../../search/diverged-rates.ts';
import type { Evaluated } from '../../search/run.ts';
import { samplesOf, type TrainedBy, type Trial } from '../../search/trial.ts';
import { QueueAddress } from './address.ts';
import { Bell } from './bell.ts';
import { connect, queueFault } from './connection.ts';
import type { FindData } from './find-data.ts';
import { encodeAnswer, encodeFailure, type JobData, trialOf } from './job.ts';
import { JobLease } from './job-lease.ts';
import { dropWeights, initialOf, keepWeights } from './job-weights.ts';
import { doneChannel, holdToken, NEWS } from './keys.ts';
import { type QueuePackages, queuePackages } from './packages.ts';
import { Place } from './place.ts';
import { type Presence, peersOf, SAID_MILLISECONDS, sayGone, sayPresence } from './presence.ts';
import type { MakeTrainer } from './queue-trainer.ts';
import { Speedometer } from './speed.ts';
import { watchConnection } from './watch-connection.ts';
import { withinTime } from './within-time.ts';
import { forwardWorkOf, laneOf } from './work.ts';
import type { WorkerEvent } from './worker-events.ts';
import { WorkerStudies } from './worker-studies.ts';
import type { JoinedStudy } from './worker-study.ts';

/** How often a worker without a trial looks for one, beside what is said on the channel. */
const LOOK_MILLISECONDS = 1000;
/** A process stays with its study for so long, where another has trials too: to change takes it about a second. */
const STAY_MILLISECONDS = 60_000;
/** A trial whose workers vanished so often is what ended them. */
const MOST_VANISHED = 10;
/** A worker that loses what trains with so many trials in a row is what is broken; a trial that is lost so often on one worker is lost. */
const MOST_LOST = 3;
/** After a trial was lost here, another worker has so long to take it. */
const LEFT_MILLISECONDS = 2 * LOOK_MILLISECONDS;

export interface ServeOptions {
  readonly url: string;
  /** Tells workers apart [the machine's name and a number]. */
  readonly name?: string;
  /** The id of the one study to train for [all]. */
  readonly study?: string;
  /** What it trains on, as records tell it. */
  readonly adapter: string;
  /** Trials side by side [1]. */
  readonly processes?: number;
  /** The data of a study, where they may be on this machine: what has other hashes is not used. */
  readonly find?: FindData;
  /** Is called as a process takes up a study. */
  readonly trainer: MakeTrainer;
  readonly onEvent?: (event: WorkerEvent) => void;
  /** Takes no more trials, and returns once those that run have ended. */
  readonly finish?: AbortSignal;
  /** Gives back the trials that run, and returns. */
  readonly signal?: AbortSignal;
}

const OPTIONS = 'url name study adapter processes find trainer onEvent finish signal'.split(' ');

/** Trains trials of searches on other machines, or on this one: of each `SearchQueue` that is open at a Redis. */
export class QueueWorker {
  private readonly name: string;
  private readonly studies: WorkerStudies;
  private readonly leases = new Set<JobLease>();
  private readonly speedometer = new Speedometer();
  private readonly news: Redis;
  /** Running trials are given back. */
  private readonly leaving = new AbortController();
  private fault: { readonly error: unknown } | undefined;
  private busy = 0;
  private idleTold = false;
  /** Jobs that were lost here since one was not. */
  private readonly lostHere = new Set<string>();
  /** What processes without a trial sleep by. */
  private readonly bell = new Bell();

  private constructor(
    packages: QueuePackages,
    private readonly client: Redis,
    private readonly options: ServeOptions,
  ) {
    this.name = options.name ?? `${hostname()}-${randomBytes(3).toString('hex')}`;
    this.studies = new WorkerStudies({
      ...{ packages, client, adapter: options.adapter, only: options.study, find: options.find },
      tell: (event) => this.tell(event),
      joined: () => {
        this.sayPresence(options.processes ?? 1);
        this.bell.ring();
      },
      fail: (error) => this.fail(error),
    });
    this.news = client.duplicate();
    this.news.on('error', () => undefined);
    this.news.on('message', (_, text) => {
      if (text === 'withdrawn') for (const lease of this.leases) lease.renew();
      else this.bell.ring();
    });
    setMaxListeners(0, this.leaving.signal);
  }

  /**
   * Trains the trials of the studies in a queue until it is told to leave. Throws an OptionError for an address that is none; a DataError
   * for a queue that is not there or refuses, within seconds, and where no study that is there takes this version or adapter; a
   * DeviceLostError where trials lose what trains them again and again; what `trainer` throws.
   */
  static async serve(options: ServeOptions): Promise<void> {
    refuseUnknown('QueueWorker.serve', options, OPTIONS);
    const { url, processes = 1, signal } = options;
    if (!Number.isInteger(processes) || processes < 1)
      throw new OptionError(`QueueWorker.serve: processes must be a positive integer, got ${shown(processes)}`);
    const address = new QueueAddress(url);
    const packages = await queuePackages();
    const client = await connect(packages, address, signal).catch((error: unknown) => {
      if (signal?.aborted) return undefined;
      throw error;
    });
    if (!client) return;
    const worker = new QueueWorker(packages, client, options);
    try {
      watchConnection(client, address.shown, (event) => worker.tell(event));
      worker.tell({ type: 'connected', queue: address.shown, worker: worker.name });
      await worker.run(processes);
    } catch (error) {
      throw queueFault(address, error);
    }
  }

  private async run(processes: number): Promise<void> {
    const { signal, finish } = this.options;
    const leave = () => {
      this.leaving.abort(abortError());
      this.bell.ring();
    };
    const arouse = () => this.bell.ring();
    signal?.addEventListener('abort', leave);
    finish?.addEventListener('abort', arouse);
    if (signal?.aborted) leave();
    const presence = setInterval(() => this.sayPresence(processes), SAID_MILLISECONDS);
    try {
      await this.news.subscribe(NEWS);
      await this.studies.look();
      await Promise.all([this.steward(), ...Array.from({ length: processes }, () => this.process())]);
    } catch (error) {
      this.fail(error);
    } finally {
      signal?.removeEventListener('abort', leave);
      finish?.removeEventListener('abort', arouse);
      clearInterval(presence);
      this.studies.stopJoining();
      await withinTime(sayGone(this.client, this.name));
      await withinTime(this.studies.close());
      this.client.disconnect();
      this.news.disconnect();
    }
    if (this.fault) throw this.fault.error;
  }

  private get over(): boolean {
    return this.leaving.signal.aborted || (this.options.finish?.aborted ?? false);
  }

  private tell(event: WorkerEvent): void {
    this.options.onEvent?.(event);
  }

  /** Ends all with the first error. */
  private fail(error: unknown): void {
    if (!this.over) this.fault ??= { error };
    this.leaving.abort(abortError());
    this.bell.ring();
  }

  private sayPresence(processes: number): void {
    const { speeds } = this.speedometer;
    sayPresence(this.client, this.name, { studies: [...this.studies.joined.keys()], processes, speeds }).catch(() => undefined);
  }

  /** Joins studies that come, and leaves those that are over. */
  private async steward(): Promise<void> {
    while (!this.over) {
      await new Promise((done) => setTimeout(done, LOOK_MILLISECONDS));
      try {
        if (!this.over) await this.studies.look();
      } catch (error) {
        this.fail(error);
      }
    }
  }

  /** One process: takes trial after trial. */
  private async process(): Promise<void> {
    const place = new Place(this.options.trainer);
    try {
      while (!this.over) {
        const taken = await this.take(place);
        if (taken) {
          this.busy++;
          this.idleTold = false;
          await this.work(place, taken).finally(() => {
            this.busy--;
          });
          continue;
        }
        if (place.study && !this.studies.joined.has(place.study)) await place.leave();
        if (this.busy === 0 && !this.idleTold && !this.over) {
          this.idleTold = true;
          this.tell({ type: 'waiting' });
        }
        if (!this.over) await this.bell.rings(LOOK_MILLISECONDS);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      await place.leave();
    }
  }

  private async take(place: Place): Promise<Taken | undefined> {
    for (const study of this.inTurn(place)) {
      const { id } = study.announcement;
      const peers = await this.peers(id);
      for (const lane of this.speedometer.order(await study.waiting(), peers)) {
        const token = holdToken(this.name);
        const job = this.over ? undefined : await study.take(lane, token);
        if (job) return { study, job, token };
      }
    }
    return undefined;
  }

  /** The other workers that train for a study. */
  private async peers(study: string): Promise<Presence[]> {
    return (await peersOf(this.client, this.name)).filter(({ studies }) => studies.includes(study));
  }

  /** The study that the process is at, and then the others; or first the others, where it was long at that one. */
  private inTurn(place: Place): JoinedStudy[] {
    const all = [...this.studies.joined.values()];
    const at = all.findIndex(({ announcement }) => announcement.id === place.study);
    const others = [...all.slice(at + 1), ...all.slice(0, Math.max(0, at))];
    const own = at < 0 ? [] : all.slice(at, at + 1);
    return place.stayed > STAY_MILLISECONDS ? [...others, ...own] : [...own, ...others];
  }

  private async work(place: Place, { study, job, token }: Taken): Promise<void> {
    const { id: studyId, context, leaseMs } = study.announcement;
    const by: TrainedBy = { adapter: this.options.adapter, version: VERSION, worker: this.name };
    const lease = new JobLease(job, token, leaseMs);
    this.leases.add(lease);
    const stop = new AbortController();
    const leave = () => stop.abort(abortError());
    this.leaving.signal.addEventListener('abort', leave);
    lease.lost.addEventListener('abort', leave);
    let told: { readonly study: string; readonly number?: number; readonly trial: Trial } | undefined;
    try {
      if (this.leaving.signal.aborted) leave();
      const trial = trialOf(context, job.data);
      const { options, begins } = job.data;
      const { number } = options;
      told = { study: studyId, ...(number !== undefined && { number }), trial };
      if (job.stalledCounter > MOST_VANISHED) {
        const reason = `the workers that trained it vanished ${job.stalledCounter} times`;
        return await this.answer(
          study,
          job,
          token,
          encodeAnswer({ outcome: { status: 'refused', reason }, lost: true }, token, by),
        );
      }
      this.tell({ type: 'began', ...told });
      const trainer = await place.at(study).catch((error: unknown) => {
        // What can't begin here is no fault of the trial.
        throw new NoTrainer(error);
      });
      const started = performance.now();
      const initial = begins ? await initialOf(this.client, study.announcement.id, job) : undefined;
      const asked = { ...options, signal: stop.signal, ...(initial && { initial }) };
      const evaluated = await trainer.evaluate(trial, asked).catch((error: unknown): Evaluated => {
        if (stop.signal.aborted || isOfSearch(error)) throw error;
        // Whatever else fails may be this machine's fault alone.
        return { outcome: { status: 'refused', reason: error instanceof Error ? error.message : String(error) }, lost: true };
      });
      const wallMs = performance.now() - started;
      stop.signal.throwIfAborted();
      if (evaluated.lost) this.lostHere.add(job.id ?? '');
      else this.lostHere.clear();
      if (evaluated.lost && !(await this.isLostForGood(study, job))) {
        const reason = 'reason' in evaluated.outcome ? evaluated.outcome.reason : '';
        await job.updateData({ ...job.data, lostBy: [...job.data.lostBy, this.name] });
        await job.moveToWait(token);
        this.tell({ type: 'returned', ...told, reason });
        if (this.lostHere.size >= MOST_LOST) throw this.broken(reason);
        return await delay(LEFT_MILLISECONDS, undefined, { signal: this.leaving.signal }).catch(() => undefined);
      }
      await keepWeights(this.client, study.announcement.id, { job, token, trial, evaluated });
      await this.answer(study, job, token, encodeAnswer({ ...evaluated, wallMs }, token, by));
      const { outcome } = withoutDivergedRates(trial, evaluated);
      const work =
        outcome.status === 'refused' ? 0 : (forwardWorkOf(trial) * samplesOf([{ ...trial, outcome }])) / samplesOf([trial]);
      if (work > 0) this.speedometer.ended(laneOf(trial), work, wallMs / 1000);
      const speed = (1000 * work) / wallMs;
      this.tell({ type: 'ended', ...told, outcome, wallMs, speed });
    } catch (error) {
      if (lease.lost.aborted || isMissingLock(error)) {
        // Those of the worker that has the trial now stay.
        await withinTime(dropWeights(this.client, study.announcement, job, token));
        if (told) this.tell({ type: 'lost', ...told });
        return;
      }
      if (isOfSearch(error)) return await this.answer(study, job, token, encodeFailure(error, by));
      if (error instanceof DeviceLostError) throw error;
      const leaves = stop.signal.aborted || error instanceof NoTrainer;
      await withinTime(job.moveToWait(token));
      if (told && leaves) this.tell({ type: 'returned', ...told, reason: 'this worker leaves' });
      if (!stop.signal.aborted || error instanceof NoTrainer) throw error instanceof NoTrainer ? error.cause : error;
    } finally {
      lease.end();
      this.leases.delete(lease);
      this.leaving.signal.removeEventListener('abort', leave);
    }
  }

  /** Puts the answer into the queue, and says so. */
  private async answer(study: JoinedStudy, job: Job<JobData, string>, token: string, text: string): Promise<void> {
    await job.moveToCompleted(text, token, false);
    await this.client.publish(doneChannel(study.announcement.id), job.id ?? '');
  }

  /**
   * Whether another try is of no use: it lost what trained it on another worker too; or here again, where no other is that could take
   * it, or that does.
   */
  private async isLostForGood({ announcement }: JoinedStudy, { data: { lostBy } }: Job<JobData, string>): Promise<boolean> {
    if (lostBy.length === 0) return false;
    if (lostBy.some((name) => name !== this.name) || lostBy.length + 1 >= MOST_LOST) return true;
    return (await this.peers(announcement.id)).length === 0;
  }

  private broken(reason: string): DeviceLostError {
    return new DeviceLostError(
      'again and again',
      `${MOST_LOST} trials in a row could not be trained on this worker; of the last, ${reason}. They were given back. Look for a driver that fails or a memory that is full`,
    );
  }
}

interface Taken {
  readonly study: JoinedStudy;
  readonly job: Job<JobData, string>;
  readonly token: string;
}

/** The trainer for a study could not be made. */
class NoTrainer extends Error {
  constructor(override readonly cause: unknown) {
    super('no trainer');
  }
}

/** What would fail on any worker: the search is told. */
function isOfSearch(error: unknown): boolean {
  return error instanceof OptionError || error instanceof DataError || error instanceof ShapeError;
}

/** BullMQ's, where a job is another's by now, or is no more: https://github.com/taskforcesh/bullmq, enums/error-code. */
function isMissingLock(error: unknown): boolean {
  return error instanceof Error && 'code' in error && [-1, -2, -3, -6].includes(Number(error.code));
}
