/** Puts the thread to sleep for about this many milliseconds. */
export type Idle = (milliseconds: number) => void;

const SHORTEST_MS = 0.05;
const LONGEST_MS = 1;
/** A nap is at most this share of the time already waited, so that a short wait stays short. */
const SHARE = 1 / 12;
/** A nap may last to this share of the time that a wait is expected to take. */
const SURE = 0.7;

/** Each wait that is under way, oldest first: when it began, and how long it is expected to take. */
const waits = new Set<{ readonly since: number; readonly expected: number }>();

/**
 * Awaits a promise of the GPU. Dawn's binding for Node polls in a loop of `setImmediate` turns while one of its promises is
 * pending, which burns a core that a software driver needs. Where `idle` is given, each turn of the event loop sleeps: for
 * a twelfth of the time already waited, between 0.05 and 1 ms, so that a wait of 1 ms is late by at most 0.1 ms and a wait of
 * 100 ms costs about 100 turns instead of 100,000. Where it is known how many milliseconds to expect, most of these are slept
 * through without a poll, at most 1 ms at a time. Timers, signals and input still run between the naps.
 */
export async function awaitPromise<T>(promise: Promise<T>, idle: Idle | undefined, expected = 0): Promise<T> {
  if (!idle) return promise;
  const wait = { since: performance.now(), expected };
  waits.add(wait);
  schedule(idle);
  try {
    return await promise;
  } finally {
    waits.delete(wait);
  }
}

let scheduled = false;

/** One loop for all waits, also where one begins as another ends: two that slept by turns would sleep twice as long. */
function schedule(idle: Idle): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(turn, idle);
}

function turn(idle: Idle): void {
  scheduled = false;
  const [oldest] = waits;
  if (!oldest) return;
  const waited = performance.now() - oldest.since;
  idle(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, waited * SHARE, oldest.expected * SURE - waited)));
  schedule(idle);
}
