import { describe, expect, test } from 'vitest';
import { awaitPromise } from '../src/gpu/wait.ts';

/** A promise that takes some turns of the event loop. */
function turns(count: number): Promise<void> {
  return new Promise((resolve) => {
    const next = (left: number) => (left === 0 ? resolve() : setImmediate(next, left - 1));
    next(count);
  });
}

describe('waiting for the GPU', () => {
  test('sleeps once a turn of the event loop, however many waits there were or are', async () => {
    let naps = 0;
    const idle = () => {
      naps++;
    };
    for (let wait = 0; wait < 50; wait++) await awaitPromise(turns(1), idle);
    naps = 0;
    await Promise.all([awaitPromise(turns(100), idle), awaitPromise(turns(60), idle)]);
    expect(naps).toBeGreaterThan(90);
    expect(naps).toBeLessThanOrEqual(102);
  });

  test('stops sleeping when nobody waits', async () => {
    let naps = 0;
    await awaitPromise(turns(5), () => {
      naps++;
    });
    const before = naps;
    await turns(10);
    expect(naps - before).toBeLessThanOrEqual(1);
  });

  test('naps longer the longer it has waited, up to a millisecond', async () => {
    const naps: number[] = [];
    let done: () => void = () => {};
    const end = new Promise<void>((resolve) => {
      done = resolve;
    });
    setTimeout(done, 50);
    await awaitPromise(end, (milliseconds) => naps.push(milliseconds));
    expect(naps[0]).toBeLessThan(0.5);
    expect(Math.max(...naps)).toBe(1);
    expect(Math.min(...naps)).toBeGreaterThanOrEqual(0.05);
  });

  test('sleeps through most of a time that it is told to expect, and no longer', async () => {
    // The loop of an earlier wait ends a turn later.
    await turns(2);
    const naps: number[] = [];
    await awaitPromise(turns(6), (milliseconds) => naps.push(milliseconds), 1000);
    expect(naps.length).toBeGreaterThan(3);
    expect(naps.every((nap) => nap === 1)).toBe(true);
    naps.length = 0;
    await turns(2);
    // Nothing else takes 0.5 ms here, or the first nap would be shorter still.
    await awaitPromise(turns(4), (milliseconds) => naps.push(milliseconds), 0.5);
    expect(naps[0]).toBeLessThanOrEqual(0.35);
  });

  test('passes failures on, and needs no idle', async () => {
    await expect(awaitPromise(Promise.reject(new Error('lost')), () => {})).rejects.toThrow('lost');
    expect(await awaitPromise(Promise.resolve(3), undefined)).toBe(3);
  });
});
