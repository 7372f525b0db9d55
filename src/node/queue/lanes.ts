import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { announcementKey, laneName, PREFIX, STUDIES } from './keys.ts';
import type { QueuePackages } from './packages.ts';
import { LANES } from './work.ts';

/** BullMQ's queues of a study, a lane each, over one connection. */
export function openLanes({ Queue }: QueuePackages, connection: Redis, id: string): Queue[] {
  return Array.from({ length: LANES }, (_, lane) => {
    const queue = new Queue(laneName(id, lane), { connection, prefix: PREFIX, streams: { events: { maxLen: 100 } } });
    // The connection mends itself; what a call meets is told to the call.
    queue.on('error', () => undefined);
    return queue;
  });
}

/** Takes all of a study out of Redis. */
export async function forgetStudy(
  packages: QueuePackages,
  client: Redis,
  id: string,
  lanes = openLanes(packages, client, id),
): Promise<void> {
  for (const lane of lanes) await lane.obliterate({ force: true });
  const pattern = `${announcementKey(id)}:*`;
  for (let cursor = '0'; ; ) {
    const [next, keys] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', 1000);
    if (keys.length > 0) await client.unlink(keys);
    cursor = next;
    if (cursor === '0') break;
  }
  await client.multi().del(announcementKey(id)).srem(STUDIES, id).exec();
}

/** Takes out of Redis what was begun so long ago that its announcement has expired. */
export async function forgetAbandoned(packages: QueuePackages, client: Redis): Promise<void> {
  for (const id of await client.smembers(STUDIES))
    if (!(await client.exists(announcementKey(id)))) await forgetStudy(packages, client, id);
}
