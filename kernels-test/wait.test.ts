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

  test('passes failures on, and needs no idle', async () => {
    await expect(awaitPromise(Promise.reject(new Error('lost')), () => {})).rejects.toThrow('lost');
    expect(await awaitPromise(Promise.resolve(3), undefined)).toBe(3);
  });
});
