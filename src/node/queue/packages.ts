import { DataError } from '../../core/errors.ts';

/** BullMQ and its client of Redis, which only a search or worker with a queue loads. Throws a DataError where they are not installed. */
export async function queuePackages() {
  try {
    const [{ Job, Queue, Worker }, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')]);
    return { Job, Queue, Worker, Redis };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError(
      `A queue needs the packages bullmq and ioredis, which are not to be loaded (${why}); install them: npm install bullmq@6.7.0 ioredis@6.0.0`,
      { cause: error },
    );
  }
}

export type QueuePackages = Awaited<ReturnType<typeof queuePackages>>;
