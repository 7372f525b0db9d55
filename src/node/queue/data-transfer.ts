import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { abortError } from '../../core/errors.ts';
import type { Dataset } from '../../data/dataset.ts';
import { datasetHash } from '../../data/hash.ts';
import { cacheFolder } from '../../gpu/user-cache.ts';
import { writeFileAtomic } from '../files.ts';
import { datasetOf, datasetPieces } from './dataset-bytes.ts';
import { dataKey, FORGOTTEN_SECONDS, wantedKey } from './keys.ts';

/** How often a worker looks whether what it asked for has come. */
const LOOK_MILLISECONDS = 250;

/** Puts into the queue what workers asked for. */
export async function sendWanted(client: Redis, id: string, data: readonly Dataset[]): Promise<void> {
  const wanted = await client.smembers(wantedKey(id));
  for (const one of data) {
    const hash = await datasetHash(one);
    if (!wanted.includes(hash)) continue;
    const key = dataKey(id, hash);
    if (!(await client.exists(key))) {
      const partial = `${key}:partial`;
      await client.del(partial);
      for await (const piece of datasetPieces(one)) await client.rpush(partial, piece);
      await client.multi().rename(partial, key).expire(key, FORGOTTEN_SECONDS).exec();
    }
    await client.srem(wantedKey(id), hash);
  }
}

/** The data of a hash: from the user's cache, or once from the queue, where it is asked for. `waiting` is called before that is waited for. */
export async function fetchDataset(
  client: Redis,
  id: string,
  hash: string,
  { signal, waiting }: { readonly signal: AbortSignal; readonly waiting: () => void },
): Promise<Dataset> {
  const path = join(cacheFolder(), 'queue', `${hash}.dataset`);
  const cached = await readCached(path, hash);
  if (cached) return cached;
  const key = dataKey(id, hash);
  let asked = false;
  while (!(await client.exists(key))) {
    if (signal.aborted) throw abortError(signal.reason);
    if (!asked) waiting();
    asked = true;
    // Anew each time: a Redis without persistence may have forgotten it.
    await client.multi().sadd(wantedKey(id), hash).expire(wantedKey(id), FORGOTTEN_SECONDS).exec();
    await new Promise((done) => setTimeout(done, LOOK_MILLISECONDS));
  }
  const pieces = await fetchPieces(client, key, signal);
  const data = await datasetOf(each(pieces));
  if ((await datasetHash(data)) !== hash) throw new Error(`The queue holds other data than those of the hash ${hash}`);
  // A cache that can't be written is no reason not to train.
  await writeFileAtomic(path, joined(pieces)).catch(() => undefined);
  return data;
}

async function fetchPieces(client: Redis, key: string, signal: AbortSignal): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  for (let index = 0; ; index++) {
    if (signal.aborted) throw abortError(signal.reason);
    const piece = await client.lindexBuffer(key, index);
    if (!piece) return pieces;
    pieces.push(piece);
  }
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}

/** The pieces, each behind its length in four bytes. */
function joined(pieces: readonly Buffer[]): Buffer {
  return Buffer.concat(
    pieces.flatMap((piece) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(piece.length);
      return [length, piece];
    }),
  );
}

function* divided(bytes: Buffer): Generator<Buffer, void, undefined> {
  for (let offset = 0; offset + 4 <= bytes.length; ) {
    const length = bytes.readUInt32LE(offset);
    yield bytes.subarray(offset + 4, offset + 4 + length);
    offset += 4 + length;
  }
}

/** What is missing or damaged is fetched again. */
async function readCached(path: string, hash: string): Promise<Dataset | undefined> {
  try {
    const data = await datasetOf(each(divided(await readFile(path))));
    return (await datasetHash(data)) === hash ? data : undefined;
  } catch {
    return undefined;
  }
}
