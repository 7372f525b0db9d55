import type { Redis } from 'ioredis';
import type { ConnectionEvent } from './queue-events.ts';

/** Tells when a connection breaks, other than by its own end, and when it is there again. `queue`: the address as it may be shown. */
export function watchConnection(client: Redis, queue: string, tell: (event: ConnectionEvent) => void): void {
  let since: number | undefined;
  client.on('reconnecting', () => {
    if (since !== undefined) return;
    since = performance.now();
    tell({ type: 'away', queue });
  });
  client.on('ready', () => {
    if (since === undefined) return;
    const awayMs = performance.now() - since;
    since = undefined;
    tell({ type: 'back', queue, awayMs });
  });
}
