import type { Redis } from 'ioredis';
import * as v from 'valibot';
import { WORKERS, workerKey } from './keys.ts';
import type { Peer } from './speed.ts';

/** A worker that has not said for so long that it is there is gone. */
const HERE_MILLISECONDS = 15_000;
export const SAID_MILLISECONDS = HERE_MILLISECONDS / 3;

/** What workers tell each other. */
export interface Presence extends Peer {
  readonly studies: readonly string[];
}

const schema = v.object({
  studies: v.array(v.string()),
  processes: v.number(),
  speeds: v.array(v.nullable(v.number())),
});

export async function sayPresence(client: Redis, worker: string, presence: Presence): Promise<void> {
  await client.multi().set(workerKey(worker), JSON.stringify(presence), 'PX', HERE_MILLISECONDS).sadd(WORKERS, worker).exec();
}

export async function sayGone(client: Redis, worker: string): Promise<void> {
  await client.multi().del(workerKey(worker)).srem(WORKERS, worker).exec();
}

/** The workers that are there, but for the one that asks. */
export async function peersOf(client: Redis, worker?: string): Promise<(Presence & { readonly worker: string })[]> {
  const names = (await client.smembers(WORKERS)).filter((name) => name !== worker);
  if (names.length === 0) return [];
  const texts = await client.mget(names.map(workerKey));
  const gone = names.filter((_, index) => texts[index] === null);
  if (gone.length > 0) await client.srem(WORKERS, gone);
  return names.flatMap((name, index) => {
    const text = texts[index];
    const parsed = v.safeParse(schema, text ? tried(text) : undefined);
    return parsed.success ? [{ worker: name, ...parsed.output }] : [];
  });
}

function tried(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
