import type { Redis } from 'ioredis';
import * as v from 'valibot';
import type { TrainingSetup } from '../../search/recipe.ts';
import { announcementKey, FORGOTTEN_SECONDS, STUDIES } from './keys.ts';
import type { StudyAnnouncement } from './study-announcement.ts';

const FORMAT = 1;
const schema = v.object({
  format: v.literal(FORMAT),
  id: v.string(),
  name: v.string(),
  version: v.string(),
  adapter: v.optional(v.string()),
  context: v.looseObject({
    setup: v.custom<TrainingSetup>((value) => typeof value === 'object' && value !== null),
    data: v.object({ train: v.string(), validation: v.string(), confirmation: v.optional(v.string()) }),
  }),
  source: v.optional(v.looseObject({})),
  leaseMs: v.pipe(v.number(), v.minValue(1)),
});

export async function announce(client: Redis, announcement: StudyAnnouncement): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, ...announcement });
  await client.multi().set(announcementKey(announcement.id), text, 'EX', FORGOTTEN_SECONDS).sadd(STUDIES, announcement.id).exec();
}

/** A study that this version cannot read: of another format. */
export interface Unreadable {
  readonly id: string;
  readonly unreadable: true;
}

/** All studies that were announced and not ended. */
export async function announcements(client: Redis): Promise<(StudyAnnouncement | Unreadable)[]> {
  const ids = (await client.smembers(STUDIES)).sort();
  if (ids.length === 0) return [];
  const texts = await client.mget(ids.map(announcementKey));
  return ids.flatMap((id, index) => {
    const text = texts[index];
    return text ? [read(id, text)] : [];
  });
}

function read(id: string, text: string): StudyAnnouncement | Unreadable {
  try {
    const { format: _, ...announcement } = v.parse(schema, JSON.parse(text));
    return announcement;
  } catch {
    return { id, unreadable: true };
  }
}
