import { setMaxListeners } from 'node:events';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { refuseUnknown } from '../../core/arguments.ts';
import { abortError, DataError, OptionError } from '../../core/errors.ts';
import { VERSION } from '../../core/version.ts';
import { decodeModel, encodeModel } from '../../formats/model-file.ts';
import type { Weights } from '../../model/weights.ts';
import type { TrainingSetup } from '../../search/recipe.ts';
import type { Evaluated, EvaluateOptions, Evaluator } from '../../search/run.ts';
import { checkTrialData, type TrialData, trialContext } from '../../search/train.ts';
import type { Trial } from '../../search/trial.ts';
import { QueueAddress } from './address.ts';
import { announce } from './announcement.ts';
import { connect, queueFault } from './connection.ts';
import { sendWanted } from './data-transfer.ts';
import { decodeAnswer, failureOf, type JobData, jobData, jobId } from './job.ts';
import { doneChannel, FORGOTTEN_SECONDS, initialKey, NEWS, weightsField, weightsKey, workerOf } from './keys.ts';
import { forgetAbandoned, forgetStudy, openLanes } from './lanes.ts';
import { CoordinatorLease, RENEWED_MILLISECONDS } from './lease.ts';
import { type QueuePackages, queuePackages } from './packages.ts';
import { peersOf, SAID_MILLISECONDS } from './presence.ts';
import type { QueueEvent } from './queue-events.ts';
import { Repeated } from './repeated.ts';
import type { StudyAnnouncement } from './study-announcement.ts';
import { watchConnection } from './watch-connection.ts';
import { withinTime } from './within-time.ts';
import { laneOf } from './work.ts';

/** A minute: a break of the network that is shorter costs no trial. */
const LEASE_MILLISECONDS = 60_000;
/** How often is looked for what has ended, beside what is said on the channel. */
const LOOK_MILLISECONDS = 1000;

export interface SearchQueueOptions {
  /** `redis://HOST:PORT`, `rediss://` with TLS. */
  readonly url: string;
  /** Of the study: the same each time that it is taken up again, and no other's. */
  readonly id: string;
  /** For a person [the name of the data]. */
  readonly name?: string;
  readonly setup: TrainingSetup;
  /** How many trials may be out at once; as many as the lag. */
  readonly slots: number;
  /** Where latencies are measured: only workers with this adapter train. */
  readonly adapter?: string;
  /** Where the data come from, for a worker that may have them. */
  readonly source?: object;
  /** A worker that does not renew its hold on a trial for so long has lost it [60,000]. */
  readonly leaseMs?: number;
  /** Is told of the connection and of the workers. */
  readonly onEvent?: (event: QueueEvent) => void;
  readonly signal?: AbortSignal;
}

const OPTIONS = 'url id name setup slots adapter source leaseMs onEvent signal'.split(' ');

/**
 * Trials go into BullMQ on Redis, where workers on any machine take them (`QueueWorker`). A study taken up again finds the trials that
 * were out when it was left: those that ended meanwhile are taken as they are, those that run are waited for.
 */
export class SearchQueue implements AsyncDisposable {
  readonly evaluators: readonly Evaluator[];
  private readonly out = new Map<string, Out>();
  /** What comes of each that is out. */
  private readonly asked = new Map<string, Promise<Evaluated>>();
  private readonly gone = new AbortController();
  private readonly repeated: readonly Repeated[];
  /** As they were told last. */
  private workers: readonly string[] | undefined;

  private constructor(
    private readonly address: QueueAddress,
    private readonly packages: QueuePackages,
    private readonly client: Redis,
    private readonly news: Redis,
    private readonly lease: CoordinatorLease,
    private readonly lanes: readonly Queue[],
    private readonly announcement: StudyAnnouncement,
    private readonly data: TrialData,
    slots: number,
    private readonly onEvent: (event: QueueEvent) => void,
  ) {
    this.evaluators = Array.from({ length: slots }, () => new Slot(this));
    const failed = (error: unknown) => this.failed(error);
    this.repeated = [
      new Repeated(RENEWED_MILLISECONDS, () => this.renew(), failed),
      new Repeated(LOOK_MILLISECONDS, () => this.look(), failed),
      new Repeated(SAID_MILLISECONDS, () => this.tellWorkers(), failed),
    ];
    watchConnection(client, address.shown, onEvent);
    this.soon(this.tellWorkers());
    news.on('message', (_, job) => this.soon(this.settle(job)));
    const { signal } = this.gone;
    signal.addEventListener('abort', () => {
      for (const { reject } of this.out.values()) reject(signal.reason);
    });
  }

  /**
   * Returns where there is a queue that takes user and password. Throws an OptionError for an address that is none; a DataError for a
   * queue that is not there or refuses, within seconds.
   */
  static async reach(url: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const address = new QueueAddress(url);
    (await connect(await queuePackages(), address, signal)).disconnect();
  }

  /**
   * Throws an OptionError for an address that is none; a DataError for a queue that is not there or refuses, within seconds, and where
   * another process searches for this study.
   */
  static async open(data: TrialData, options: SearchQueueOptions): Promise<SearchQueue> {
    refuseUnknown('SearchQueue.open', options, OPTIONS);
    const { id, setup, slots, adapter, source, leaseMs = LEASE_MILLISECONDS, name = data.train.name } = options;
    const { onEvent = () => undefined, signal } = options;
    if (!/^[\w-]{1,64}$/.test(id)) throw new OptionError('SearchQueue.open: id must be 1 to 64 letters, digits, - and _');
    if (!Number.isInteger(slots) || slots < 1)
      throw new OptionError(`SearchQueue.open: slots must be a positive integer, got ${slots}`);
    checkTrialData(data, setup);
    const address = new QueueAddress(options.url);
    const packages = await queuePackages();
    const client = await connect(packages, address, signal);
    const news = client.duplicate();
    news.on('error', () => undefined);
    try {
      const lease = await CoordinatorLease.take(client, id, signal);
      await forgetAbandoned(packages, client);
      const context = (await trialContext(data, setup)) as StudyAnnouncement['context'];
      const announcement: StudyAnnouncement = {
        id,
        name,
        version: VERSION,
        context,
        leaseMs,
        ...(adapter !== undefined && { adapter }),
        ...(source && { source }),
      };
      await news.subscribe(doneChannel(id));
      await announce(client, announcement);
      const lanes = openLanes(packages, client, id);
      return new SearchQueue(address, packages, client, news, lease, lanes, announcement, data, slots, onEvent);
    } catch (error) {
      client.disconnect();
      news.disconnect();
      throw error;
    }
  }

  /** As `GpuEvaluator`'s. */
  get context(): object {
    return this.announcement.context;
  }

  /** Puts a trial into the queue, or finds it there, and waits for its end. One that is out already is waited for once more. */
  async evaluate(trial: Trial, options: EvaluateOptions): Promise<Evaluated> {
    const { signal } = options;
    if (signal?.aborted) throw abortError(signal.reason);
    this.gone.signal.throwIfAborted();
    const id = jobId(trial, options);
    const evaluated = this.asked.get(id) ?? this.begin(id, trial, options);
    this.asked.set(id, evaluated);
    return evaluated;
  }

  private begin(id: string, trial: Trial, options: EvaluateOptions): Promise<Evaluated> {
    const { initial, signal } = options;
    return new Promise((resolve, reject) => {
      const finish = (then: () => void) => {
        this.out.delete(id);
        this.asked.delete(id);
        signal?.removeEventListener('abort', abort);
        then();
      };
      const abort = () => finish(() => withinTime(this.withdraw(trial, id)).finally(() => reject(abortError(signal?.reason))));
      // As many listen as trials are out.
      if (signal) setMaxListeners(0, signal);
      signal?.addEventListener('abort', abort);
      this.out.set(id, {
        trial,
        data: jobData(trial, options),
        ...(initial && { initial: Buffer.from(encodeModel(trial.model, initial)) }),
        settling: Promise.resolve(),
        resolve: (evaluated) => finish(() => resolve(evaluated)),
        reject: (error) => finish(() => reject(error)),
      });
      this.soon(this.put(id).then(() => this.settle(id)));
    });
  }

  /** The result of a job was kept: takes it out of the queue, where nobody else waits for it. */
  async taken(trial: Trial, id: string): Promise<void> {
    if (!this.out.has(id)) await this.remove(trial, id);
  }

  /** The study is finished: takes all of it out of Redis. */
  async end(): Promise<void> {
    // Else it would be announced again.
    await Promise.all(this.repeated.map((one) => one.stop()));
    await forgetStudy(this.packages, this.client, this.announcement.id, [...this.lanes]);
  }

  /**
   * Leaves the study as it is in the queue: what has ended and was not taken is found when it is taken up again. What was still out, the
   * signal of its evaluation has withdrawn; only after a search that was killed do workers finish it.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.repeated) withinTime(one.stop());
    if (!this.gone.signal.aborted) this.gone.abort(abortError());
    await withinTime(this.lease.release());
    this.client.disconnect();
    this.news.disconnect();
  }

  private lane(trial: Trial): Queue {
    const lane = this.lanes[laneOf(trial)];
    if (!lane) throw new Error(`There is no lane ${laneOf(trial)}`);
    return lane;
  }

  private async remove(trial: Trial, id: string): Promise<void> {
    await this.lane(trial).remove(id);
    const { id: study } = this.announcement;
    await this.client.unlink(weightsKey(study, id), initialKey(study, id));
  }

  /** Where the job is in the queue already, it stays as it is. */
  private async put(id: string): Promise<void> {
    const waiting = this.out.get(id);
    if (!waiting) return;
    const { trial, data, initial } = waiting;
    if (initial) await this.client.set(initialKey(this.announcement.id, id), initial, 'EX', FORGOTTEN_SECONDS);
    await this.lane(trial).add('trial', data, { jobId: id });
    // Withdrawn meanwhile, when it was not to be found there yet.
    if (!this.out.has(id) && !this.gone.signal.aborted) return this.withdraw(trial, id);
    await this.client.publish(NEWS, 'trial');
  }

  private async look(): Promise<void> {
    const { train, validation, confirmation } = this.data;
    await sendWanted(this.client, this.announcement.id, [train, validation, ...(confirmation ? [confirmation] : [])]);
    for (const id of this.out.keys()) await this.settle(id);
  }

  /** Takes the result of a job that has ended; once at a time, whoever has heard of it. */
  private settle(id: string): Promise<void> {
    const waiting = this.out.get(id);
    if (!waiting) return Promise.resolve();
    waiting.settling = waiting.settling.then(() => this.settleNow(id));
    return waiting.settling;
  }

  private async settleNow(id: string): Promise<void> {
    const waiting = this.out.get(id);
    if (!waiting) return;
    const lane = this.lane(waiting.trial);
    const state = await lane.getJobState(id);
    if (state === 'active' || state === 'waiting')
      await this.tellHolder(waiting, state === 'active' ? lane.toKey(id) : undefined);
    // A Redis that kept nothing over its restart, or only older things.
    if (state === 'unknown') return this.put(id);
    if (state !== 'completed') return;
    const job = await lane.getJob(id);
    if (!job) return;
    const answer = decodeAnswer(job.returnvalue);
    const again = async () => {
      await this.remove(waiting.trial, id);
      await this.put(id);
    };
    // Left behind by an older version, before this one took the study up.
    if (answer.by.version !== VERSION) return again();
    if ('failed' in answer) {
      await this.remove(waiting.trial, id);
      return waiting.reject(failureOf(answer));
    }
    const weights = await this.weights(id, answer);
    if (!weights) return again();
    const { evaluated, by } = answer;
    waiting.resolve({ ...evaluated, trainedBy: by, ...(answer.weights > 0 && { weights }) });
  }

  /** Undefined where they are lost. */
  private async weights(
    id: string,
    { weights: count, token }: { readonly weights: number; readonly token: string },
  ): Promise<readonly Weights[] | undefined> {
    const key = weightsKey(this.announcement.id, id);
    const found: Weights[] = [];
    for (let replica = 0; replica < count; replica++) {
      const bytes = await this.client.hgetBuffer(key, weightsField(token, replica));
      if (!bytes) return undefined;
      found.push(decodeModel(bytes).weights);
    }
    return found;
  }

  /** Takes a job out of the queue, and from the worker that trains it; one that has ended stays, for when the study is taken up again. */
  private async withdraw(trial: Trial, id: string): Promise<void> {
    const lane = this.lane(trial);
    const state = await lane.getJobState(id);
    // Without its lock a worker has lost it, and is told to look.
    if (state === 'active') await this.client.del(`${lane.toKey(id)}:lock`);
    if (state === 'active' || state === 'waiting') await this.remove(trial, id);
    if (state === 'active') await this.client.publish(NEWS, 'withdrawn');
  }

  /** `active`: where the job lies that a worker has; undefined of one that waits. */
  private async tellHolder(waiting: Out, active: string | undefined): Promise<void> {
    const token = active === undefined ? undefined : await this.client.get(`${active}:lock`);
    // Between two holders nothing is known.
    if (token === null) return;
    const worker = token === undefined ? undefined : workerOf(token);
    if (worker === waiting.holder) return;
    waiting.holder = worker;
    this.onEvent({ type: 'taken', key: waiting.trial.key, ...(worker !== undefined && { worker }) });
  }

  private async tellWorkers(): Promise<void> {
    const { id } = this.announcement;
    const workers = (await peersOf(this.client)).flatMap(({ worker, studies }) => (studies.includes(id) ? [worker] : [])).sort();
    if (workers.join() === this.workers?.join()) return;
    this.workers = workers;
    this.onEvent({ type: 'workers', workers });
  }

  private async renew(): Promise<void> {
    if (!(await this.lease.renew()))
      throw new DataError('Another process has taken this study over; this one was not heard of for too long');
    await announce(this.client, this.announcement);
  }

  /** What fails in the background ends all that wait. */
  private soon(work: Promise<void>): void {
    work.catch((error: unknown) => this.failed(error));
  }

  private failed(error: unknown): void {
    if (!this.gone.signal.aborted) this.gone.abort(queueFault(this.address, error));
  }
}

/** A trial that is waited for. */
interface Out {
  readonly trial: Trial;
  readonly data: JobData;
  /** The weights that it begins with, as safetensors. */
  readonly initial?: Buffer;
  /** The last look at it. */
  settling: Promise<void>;
  /** The worker that trains it, as was told last. */
  holder?: string | undefined;
  resolve(evaluated: Evaluated): void;
  reject(error: unknown): void;
}

/** Room for one trial. Asked for the next one, the result of its last was kept; until then it stays in the queue, for a search that is killed. */
class Slot implements Evaluator {
  private last: (() => Promise<void>) | undefined;

  constructor(private readonly queue: SearchQueue) {}

  async evaluate(trial: Trial, options: EvaluateOptions): Promise<Evaluated> {
    await this.last?.();
    const evaluated = await this.queue.evaluate(trial, options);
    this.last = () => this.queue.taken(trial, jobId(trial, options));
    return evaluated;
  }
}
