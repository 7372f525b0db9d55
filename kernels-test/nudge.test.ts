import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nudged } from '../src/gpu/nudge.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const queueOf = () => ({ submit: vi.fn() }) as unknown as GPUQueue;

test('while somebody waits for a queue, something is submitted every 4 ms, and nothing afterwards', async () => {
  const queue = queueOf();
  const result = nudged(queue, new Promise<string>((done) => setTimeout(() => done('read'), 41)));
  await vi.advanceTimersByTimeAsync(41);
  expect(await result).toBe('read');
  expect(queue.submit).toHaveBeenCalledTimes(10);
  expect(vi.getTimerCount()).toBe(0);
});

test('two who wait for the same queue share its timer, which ends with the later', async () => {
  const queue = queueOf();
  const first = nudged(queue, new Promise((done) => setTimeout(done, 10)));
  const second = nudged(queue, new Promise((_, fail) => setTimeout(() => fail(new Error('lost')), 21)));
  const failed = expect(second).rejects.toThrow('lost');
  await vi.advanceTimersByTimeAsync(10);
  await first;
  expect(queue.submit).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(11);
  await failed;
  expect(queue.submit).toHaveBeenCalledTimes(5);
  expect(vi.getTimerCount()).toBe(0);
});
