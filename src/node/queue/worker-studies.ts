import type { Redis } from 'ioredis';
import { DataError } from '../../core/errors.ts';
import { announcements } from './announcement.ts';
import type { FindData } from './find-data.ts';
import type { QueuePackages } from './packages.ts';
import type { StudyAnnouncement } from './study-announcement.ts';
import type { WorkerEvent } from './worker-events.ts';
import { dataOf, JoinedStudy, refusalOf } from './worker-study.ts';

const UNREADABLE = 'it is of another version of paredown';

export interface WorkerStudiesOptions {
  readonly packages: QueuePackages;
  readonly client: Redis;
  readonly adapter: string;
  /** The id of the one study to join [all]. */
  readonly only: string | undefined;
  /** [none is found] */
  readonly find: FindData | undefined;
  readonly tell: (event: WorkerEvent) => void;
  /** Is called as there is another study to train for. */
  readonly joined: () => void;
  readonly fail: (error: unknown) => void;
}

/** The studies of a queue that a worker trains for: joins those that come, and leaves those that are over. */
export class WorkerStudies {
  /** By id. */
  readonly joined = new Map<string, JoinedStudy>();
  private readonly joining = new Map<string, AbortController>();
  /** Why, of each study. */
  private readonly refused = new Map<string, string>();

  constructor(private readonly options: WorkerStudiesOptions) {}

  /** Fails with a DataError where the only studies are refused, at first. */
  async look(): Promise<void> {
    const { client, only, adapter, tell } = this.options;
    const there = (await announcements(client)).filter(({ id }) => only === undefined || id === only);
    const ids = there.map(({ id }) => id);
    for (const study of there) {
      const { id } = study;
      if (this.joined.has(id) || this.joining.has(id)) continue;
      const reason = 'unreadable' in study ? UNREADABLE : refusalOf(study, adapter);
      if (!('unreadable' in study) && reason === undefined) this.join(study);
      else if (reason !== undefined) this.refuse(id, reason);
    }
    for (const id of this.refused.keys()) if (!ids.includes(id)) this.refused.delete(id);
    for (const [id, study] of this.joined) {
      if (ids.includes(id)) continue;
      this.joined.delete(id);
      await study.forget();
      tell({ type: 'left', study: id, name: study.announcement.name });
    }
    for (const [id, join] of this.joining) if (!ids.includes(id)) join.abort();
  }

  stopJoining(): void {
    for (const join of this.joining.values()) join.abort();
  }

  async close(): Promise<void> {
    await Promise.all([...this.joined.values()].map((study) => study.close()));
  }

  private refuse(study: string, reason: string): void {
    if (this.refused.get(study) === reason) return;
    this.refused.set(study, reason);
    this.options.tell({ type: 'refused', study, reason });
    if (this.joined.size + this.joining.size > 0) return;
    this.options.fail(new DataError(`The queue has no study that this worker can train for. ${study}: ${reason}`));
  }

  private join(announcement: StudyAnnouncement): void {
    const { id, name } = announcement;
    const { packages, client, find = () => Promise.resolve(undefined), tell, joined, fail } = this.options;
    const stop = new AbortController();
    this.refused.delete(id);
    this.joining.set(id, stop);
    dataOf(client, announcement, { find, fetching: () => tell({ type: 'data', study: id, name }), signal: stop.signal })
      .then((data) => {
        if (stop.signal.aborted) return;
        this.joined.set(id, new JoinedStudy(packages, client, announcement, data));
        tell({ type: 'joined', study: id, name });
        joined();
      })
      .catch((error: unknown) => {
        if (!stop.signal.aborted) fail(error);
      })
      .finally(() => this.joining.delete(id));
  }
}
