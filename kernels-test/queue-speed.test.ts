import { describe, expect, test } from 'vitest';
import { QueueAddress } from '../src/node/queue/address.ts';
import { Speedometer } from '../src/node/queue/speed.ts';
import { LANES, laneOf } from '../src/node/queue/work.ts';

const waiting = [1, 1, 1, 1];
const speedsOf = (rate: number, processes = 1) => ({ speeds: Array.from({ length: LANES }, () => rate), processes });

/** A worker that was measured in one lane. */
function measured(lane: number, rate: number): Speedometer {
  const speedometer = new Speedometer();
  speedometer.ended(lane, rate, 1);
  return speedometer;
}

describe('a worker', () => {
  test('that was not measured yet begins with small trials', () => {
    expect(new Speedometer().order(waiting, [speedsOf(1e9)])).toEqual([0, 1, 2, 3]);
    expect(new Speedometer().order([0, 2, 0, 1], [])).toEqual([1, 3]);
  });

  test('that is as fast as the others begins with large ones', () => {
    expect(measured(1, 1e9).order(waiting, [])).toEqual([3, 2, 1, 0]);
    expect(measured(1, 1e9).order(waiting, [speedsOf(1.9e9)])).toEqual([3, 2, 1, 0]);
  });

  test('that is much slower leaves to the others what they end sooner, and takes the smallest of the rest', () => {
    const slow = measured(0, 1e9);
    expect(slow.order(waiting, [speedsOf(10e9)])).toEqual([]);
    // Nine wait for one process that is ten times as fast: the last of them would begin there when it has ended here.
    expect(slow.order([1, 9, 1, 20], [speedsOf(10e9)])).toEqual([1, 3]);
    expect(slow.order([1, 9, 1, 20], [speedsOf(10e9, 2)])).toEqual([3]);
    expect(slow.order(waiting, [])).toEqual([3, 2, 1, 0]);
  });

  test('compares itself with others by trials of a size', () => {
    const only = { speeds: [1e9, null, null, 50e9], processes: 1 };
    expect(measured(0, 1e9).order(waiting, [only])).toEqual([3, 2, 1, 0]);
  });
});

test('trials are kept apart by their multiply-accumulates', () => {
  const costs = { parameters: 1, macs: 1e5, activations: 1, bytes: 1 };
  const lanes = [1e4, 1e5, 1e6, 1e7, 1e8].map((samples) => laneOf({ costs, samples, seeds: [1, 2], rates: [0.1] }));
  expect(lanes).toEqual([0, 1, 2, 3, 3]);
});

describe('the address of a queue', () => {
  test.each([
    ['redis://host', 'redis://host:6379', { tls: false, database: 0 }],
    ['rediss://user:p%40ss@host:7000/3', 'rediss://host:7000/3', { tls: true, username: 'user', password: 'p@ss', database: 3 }],
    ['redis://:word@[::1]:6380/', 'redis://[::1]:6380', { host: '::1', password: 'word' }],
  ])('%s is shown as %s', (url, shown, fields) => {
    const address = new QueueAddress(url);
    expect(address.shown).toBe(shown);
    expect(address).toMatchObject(fields);
  });

  test.each([
    'host:6379',
    'http://:secret@host',
    'redis://:secret@host/first',
    'redis://',
    'redis://:secret@host:99999',
    'redis://host?password=secret',
    'redis://host/2#secret',
    'redis://host?',
  ])('%s is none, and is not repeated', (url) => {
    expect(() => new QueueAddress(url)).toThrow(/^The address of a queue is no (?!.*secret)/);
  });
});
