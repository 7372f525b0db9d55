import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { abortError, DataError } from '../../core/errors.ts';
import type { QueueAddress } from './address.ts';
import type { QueuePackages } from './packages.ts';

/** A queue that says nothing in this time is not there. */
const ANSWER_MILLISECONDS = 5000;
const MOST_WAIT_MILLISECONDS = 1000;
const SILENT = 'it does not answer';

/**
 * Connects to Redis. A connection that breaks later is made again for as long as it takes, and commands wait for it. Throws a DataError
 * within seconds where there is none, or one that refuses; no message tells a password. Its duplicates, BullMQ's among them, connect by
 * themselves: one that is told to by `connect()` gives up where the first try fails.
 */
export async function connect({ Redis }: QueuePackages, address: QueueAddress, signal?: AbortSignal): Promise<Redis> {
  if (signal?.aborted) throw abortError(signal.reason);
  const { host, port, username, password, database, tls } = address;
  let first = true;
  let last: Error | undefined;
  const client = new Redis({
    host,
    port,
    username,
    password,
    db: database,
    // An IP address is no name of a server (RFC 6066); the certificate is compared with it all the same.
    ...(tls && { tls: isIP(host) ? {} : { servername: host } }),
    connectTimeout: ANSWER_MILLISECONDS,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => (first ? null : Math.min(MOST_WAIT_MILLISECONDS, 50 * attempt)),
  });
  // What a command meets is told to it; what the connection meets is waited out.
  client.on('error', (error: Error) => {
    last = error;
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silent = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(SILENT)), ANSWER_MILLISECONDS);
  });
  try {
    const answered = client.ping();
    answered.catch(() => undefined);
    await Promise.race([answered, silent]);
    first = false;
    return client;
  } catch (error) {
    client.disconnect();
    throw refused(address, last ?? error);
  } finally {
    clearTimeout(timer);
  }
}

/** Without a cause: those of the client hold the command, and with it the password. */
function refused(address: QueueAddress, error: unknown): DataError {
  const reason = address.withoutSecrets(error instanceof Error ? error.message || error.name : String(error));
  if (/WRONGPASS|NOAUTH|NOPERM|invalid password/i.test(reason))
    return new DataError(`The queue ${address.shown} ${forbidden(address)}`);
  return new DataError(`The queue ${address.shown} is not to be reached: ${reason}. ${remedy(reason, address)}`);
}

function remedy(reason: string, { tls }: QueueAddress): string {
  if (tls && /certificate/i.test(reason))
    return 'Where it has a certificate of your own, name the file of its authority, or of itself, in NODE_EXTRA_CA_CERTS';
  if (tls && reason === SILENT) return 'Start it (redis-server); or perhaps it speaks no TLS there: write redis:// then';
  if (!tls && /ECONNRESET|closed/i.test(reason)) return 'Perhaps it speaks TLS there: write rediss:// then';
  return 'Start it (redis-server), or correct PAREDOWN_QUEUE or --queue';
}

function forbidden({ username, password, tls }: QueueAddress): string {
  if (username !== undefined || password !== undefined)
    return 'refuses this user or password; correct the URL in PAREDOWN_QUEUE or --queue';
  return `asks for a password, and none was given: write it into PAREDOWN_QUEUE, as in redis${tls ? 's' : ''}://:PASSWORD@HOST:PORT`;
}

/** What Redis or its client threw, for a person; the engine's own errors are as they were. */
export function queueFault(address: QueueAddress, error: unknown): unknown {
  if (!(error instanceof Error) || !['ReplyError', 'MaxRetriesPerRequestError', 'AbortError'].includes(error.name)) return error;
  if (error instanceof DOMException) return error;
  return new DataError(`The queue ${address.shown} refused a command: ${address.withoutSecrets(error.message)}`);
}
