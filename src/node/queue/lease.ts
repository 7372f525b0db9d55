import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { abortError, DataError } from '../../core/errors.ts';
import { isGone, type Owner, thisProcess } from '../folder-lock.ts';
import { coordinatorKey } from './keys.ts';

/** A search that has not renewed its hold on a study for so long is gone. */
const HELD_MILLISECONDS = 12_000;
export const RENEWED_MILLISECONDS = HELD_MILLISECONDS / 4;
const LOOK_MILLISECONDS = 300;

const RENEW = `local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`;

/** One process alone searches for a study: what others of the same id are refused by. */
export class CoordinatorLease {
  private readonly key: string;

  private constructor(
    private readonly client: Redis,
    id: string,
    private readonly holder: string,
  ) {
    this.key = coordinatorKey(id);
  }

  /** Waits out the hold of a search that is gone, where that is not seen from here. Throws a DataError where one renews it. */
  static async take(client: Redis, id: string, signal?: AbortSignal): Promise<CoordinatorLease> {
    const self = await thisProcess();
    const lease = new CoordinatorLease(client, id, JSON.stringify({ ...self, unique: randomBytes(4).toString('hex') }));
    let left = Number.POSITIVE_INFINITY;
    while (!(await lease.renew())) {
      if (signal?.aborted) throw abortError(signal.reason);
      const text = await client.get(lease.key);
      if (text === null) continue;
      const other = JSON.parse(text) as Owner;
      if (await isGone(other, self)) {
        await client.eval(RELEASE, 1, lease.key, text);
        continue;
      }
      const before = left;
      left = await client.pttl(lease.key);
      if (left > before)
        throw new DataError(
          `This study is already searched for over this queue, by process ${other.pid} on ${other.host}; wait until that ends, or stop it: one search alone may keep a study`,
        );
      await new Promise((done) => setTimeout(done, LOOK_MILLISECONDS));
    }
    return lease;
  }

  /** False: another process has it. */
  async renew(): Promise<boolean> {
    return (await this.client.eval(RENEW, 1, this.key, this.holder, HELD_MILLISECONDS)) === 1;
  }

  async release(): Promise<void> {
    await this.client.eval(RELEASE, 1, this.key, this.holder);
  }
}
