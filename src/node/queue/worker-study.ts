import type { Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { OptionError } from '../../core/errors.ts';
import { canonicalJson } from '../../core/json.ts';
import { VERSION } from '../../core/version.ts';
import { datasetHash } from '../../data/hash.ts';
import type { TrialData } from '../../search/train.ts';
import { fetchDataset } from './data-transfer.ts';
import type { FindData } from './find-data.ts';
import type { JobData } from './job.ts';
import { laneName, PREFIX } from './keys.ts';
import { openLanes } from './lanes.ts';
import type { QueuePackages } from './packages.ts';
import type { DataHashes, StudyAnnouncement } from './study-announcement.ts';

/** Why this worker does not train for a study; undefined where it does. */
export function refusalOf({ version, adapter }: StudyAnnouncement, own: string): string | undefined {
  if (version !== VERSION)
    return `it was begun by paredown ${version}, and this is ${VERSION}: the same training may come to something else; install version ${version} here`;
  if (adapter !== undefined && adapter !== own)
    return `it measures latencies on ${adapter}, and this is ${own}: only workers with that adapter can train for it`;
  return undefined;
}

export interface DataOptions {
  readonly find: FindData;
  readonly fetching: () => void;
  readonly signal: AbortSignal;
}

/** The data of a study, without a test set: those of this machine, where they are the same, or else the queue's. */
export async function dataOf(client: Redis, study: StudyAnnouncement, options: DataOptions): Promise<TrialData> {
  const { train, validation, confirmation } = study.context.data;
  const found = await options.find(study);
  if (found && canonicalJson(await hashesOf(found)) === canonicalJson(study.context.data))
    return {
      train: found.train,
      validation: found.validation,
      ...(found.confirmation && { confirmation: found.confirmation }),
    };
  let told = false;
  const waiting = () => {
    if (!told) options.fetching();
    told = true;
  };
  const fetch = (hash: string) => fetchDataset(client, study.id, hash, { signal: options.signal, waiting });
  const sets = await Promise.all([fetch(train), fetch(validation), ...(confirmation === undefined ? [] : [fetch(confirmation)])]);
  const [fetchedTrain, fetchedValidation, fetchedConfirmation] = sets;
  return {
    train: fetchedTrain,
    validation: fetchedValidation,
    ...(fetchedConfirmation && { confirmation: fetchedConfirmation }),
  };
}

async function hashesOf({ train, validation, confirmation }: TrialData): Promise<DataHashes> {
  const kept = confirmation && { confirmation: await datasetHash(confirmation) };
  return { train: await datasetHash(train), validation: await datasetHash(validation), ...kept };
}

/** A study that this worker trains for: its data, and the lanes that trials are taken from. */
export class JoinedStudy {
  private readonly lanes: readonly Queue[];
  private readonly takers: readonly Worker<JobData, string>[];

  constructor(
    packages: QueuePackages,
    private readonly client: Redis,
    readonly announcement: StudyAnnouncement,
    readonly data: TrialData,
  ) {
    const { id, leaseMs } = announcement;
    this.lanes = openLanes(packages, client, id);
    this.takers = this.lanes.map((_, lane) => {
      const taker = new packages.Worker<JobData, string>(laneName(id, lane), null, {
        connection: client,
        prefix: PREFIX,
        autorun: false,
        lockDuration: leaseMs,
        stalledInterval: leaseMs / 2,
        maxStalledCount: Number.MAX_SAFE_INTEGER,
      });
      taker.on('error', () => undefined);
      taker.startStalledCheckTimer().catch(() => undefined);
      return taker;
    });
  }

  /** How many trials wait in each lane. */
  waiting(): Promise<number[]> {
    return Promise.all(this.lanes.map((lane) => lane.getWaitingCount()));
  }

  /** Takes the next trial of a lane, for as long as its lease is renewed. */
  take(lane: number, token: string): Promise<Job<JobData, string> | undefined> {
    const taker = this.takers[lane];
    if (!taker) throw new OptionError(`There is no lane ${lane}`);
    return taker.getNextJob(token, { block: false });
  }

  /** Of a study that is over: takes out of Redis what BullMQ has noted of its lanes since then, as its looks for lost jobs do. */
  async forget(): Promise<void> {
    await this.close();
    await this.client.unlink(this.lanes.map((lane) => lane.toKey('meta')));
  }

  async close(): Promise<void> {
    await Promise.all(this.takers.map((taker) => taker.close(true).catch(() => undefined)));
  }
}
