/** Browsers let no timer of a chain run sooner. */
const EVERY_MS = 4;

/** How many wait for each queue, whose timer runs as long as somebody does. */
const waiting = new Map<GPUQueue, { count: number; readonly timer: ReturnType<typeof setInterval> }>();

/**
 * Awaits a promise of the GPU in Firefox, which looks only every 100 ms whether work has ended, and whenever something is
 * submitted: so that nobody waits so long, an empty submit goes out every 4 ms. Other hosts come no sooner by it (figures:
 * bench/notes/engines.md).
 */
export async function nudged<T>(queue: GPUQueue, promise: Promise<T>): Promise<T> {
  const shared = waiting.get(queue) ?? { count: 0, timer: setInterval(() => queue.submit([]), EVERY_MS) };
  waiting.set(queue, shared);
  shared.count++;
  try {
    return await promise;
  } finally {
    shared.count--;
    if (shared.count === 0) {
      clearInterval(shared.timer);
      waiting.delete(queue);
    }
  }
}
