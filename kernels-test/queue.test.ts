import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { DataError, OptionError } from '../src/core/errors.ts';
import { STUDIES } from '../src/node/queue/keys.ts';
import { RENEWED_MILLISECONDS } from '../src/node/queue/lease.ts';
import type { QueueEvent } from '../src/node/queue/queue-events.ts';
import { QueueWorker, type ServeOptions } from '../src/node/queue/queue-worker.ts';
import { SearchQueue, type SearchQueueOptions } from '../src/node/queue/search-queue.ts';
import type { WorkerEvent } from '../src/node/queue/worker-events.ts';
import { StudyFolder } from '../src/node/study-folder.ts';
import { type Evaluator, MemoryStudy, runSearch, type Study } from '../src/search/run.ts';
import { evolve } from '../src/search/strategies/evolve.ts';
import { trialContext } from '../src/search/train.ts';
import type { TrialRecord } from '../src/search/trial.ts';
import { CutProxy } from './support/cut-proxy.ts';
import { PROBLEM } from './support/landscape.ts';
import { until } from './support/processes.ts';
import { DATA, LAG, SETUP, SlowLandscape, weightsFor } from './support/queue.ts';
import { freePort, hasRedis, NO_REDIS, RedisServer } from './support/redis.ts';

const PROGRAM = fileURLToPath(new URL('support/queue-process.ts', import.meta.url));
const TRIALS = 24;
const CONTEXT = await trialContext(DATA, SETUP);

const disposable = { [Symbol.asyncDispose]: () => Promise.resolve() };

/** What a search comes to, without who trained and how long. */
const outcomes = (records: readonly TrialRecord[]) =>
  [...records].sort((a, b) => a.number - b.number).map(({ wallMs: _, trainedBy: __, ...rest }) => rest);

async function searched(evaluators: readonly Evaluator[], study: Study = new MemoryStudy(), signal?: AbortSignal) {
  const options = { problem: PROBLEM, strategy: evolve, evaluators, study, context: CONTEXT, lag: LAG, signal };
  for await (const _ of runSearch({ ...options, budget: { trials: TRIALS } }));
  return study;
}

describe.skipIf(process.env.PAREDOWN_TEST_DRIVER || !hasRedis)(`a search over a queue${NO_REDIS}`, () => {
  let scratch = '';
  let redis: RedisServer;
  let local: Study;
  let studies = 0;
  const leaving: (() => Promise<unknown>)[] = [];
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'paredown-queue-'));
    vi.stubEnv('XDG_CACHE_HOME', join(scratch, 'cache'));
    redis = await RedisServer.start();
    local = await searched([new SlowLandscape()]);
  });
  afterEach(async () => {
    for (const leave of leaving.splice(0)) await leave();
    for (const child of children.splice(0)) child.kill('SIGKILL');
    const client = redis.client();
    await client.flushall();
    client.disconnect();
  });
  afterAll(async () => {
    await redis[Symbol.asyncDispose]();
    vi.unstubAllEnvs();
    await rm(scratch, { recursive: true, force: true });
  });

  const open = (options: Partial<SearchQueueOptions> = {}) =>
    SearchQueue.open(DATA, { url: redis.url, id: `study-${++studies}`, setup: SETUP, slots: LAG, ...options });

  /** A worker in this process, until the test ends or it is told to leave. */
  function work(options: Partial<ServeOptions> = {}) {
    const stop = new AbortController();
    const finish = new AbortController();
    const events: WorkerEvent[] = [];
    const done = QueueWorker.serve({
      url: redis.url,
      adapter: 'made up',
      find: () => Promise.resolve(DATA),
      trainer: () => Promise.resolve(new SlowLandscape()),
      onEvent: (event) => events.push(event),
      signal: stop.signal,
      finish: finish.signal,
      ...options,
    });
    done.catch(() => undefined);
    leaving.push(() => {
      stop.abort();
      return done.catch(() => undefined);
    });
    return { events, done, stop, finish };
  }

  /** A worker or search of its own process. */
  function start(...args: readonly string[]) {
    const child = spawn(process.execPath, ['--import', 'tsx', '--import', './scripts/wgsl-hook.mjs', PROGRAM, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const output = { text: '' };
    child.stdout.on('data', (piece) => {
      output.text += piece;
    });
    return { child, output };
  }

  async function keysOf(pattern: string): Promise<string[]> {
    const client = redis.client();
    const keys = await client.keys(`paredown:${pattern}`);
    client.disconnect();
    return keys;
  }

  const freshLog = () => join(scratch, `begun-${++studies}`);
  const begun = async (log: string) =>
    (await readFile(log, 'utf8').catch(() => '')).split('\n').flatMap((line) => line.split(' ')[1] ?? []);

  test('comes to the records and weights of a search on one machine, and leaves nothing in the queue', async () => {
    const queue = await open();
    await using _ = queue;
    const { events } = work({ processes: 2, name: 'one' });
    const study = await searched(queue.evaluators);
    expect(outcomes(study.records)).toEqual(outcomes(local.records));
    expect(study.records.every(({ trainedBy }) => trainedBy?.worker === 'one' && trainedBy.adapter === 'made up')).toBe(true);
    const [trial = expect.unreachable()] = local.records;
    const kept = await queue.evaluators[0]?.evaluate(trial, { keep: true });
    expect(kept?.weights).toEqual((await new SlowLandscape().evaluate(trial, { keep: true })).weights);
    const initial = weightsFor(trial, 77);
    const begun = await queue.evaluators[0]?.evaluate(trial, { keep: true, initial });
    expect(begun?.weights?.[0]).toEqual(initial);
    await queue.end();
    await until(() => events.some(({ type }) => type === 'left'));
    // Longer than a search takes to renew its hold.
    await setTimeout(RENEWED_MILLISECONDS + 500);
    const client = redis.client();
    const keys = await client.keys('*');
    client.disconnect();
    expect(keys.filter((key) => !key.includes(':worker'))).toEqual([]);
  });

  test('goes on where a worker is killed in a trial: that one alone is trained again', async () => {
    const log = freshLog();
    await using queue = await open({ leaseMs: 1000 });
    const { child } = start('worker', redis.url, 'killed', '100000', log);
    const running = searched(queue.evaluators);
    await until(async () => (await begun(log)).length > 0);
    child.kill('SIGKILL');
    work({ trainer: () => Promise.resolve(new SlowLandscape({ log })) });
    expect(outcomes((await running).records)).toEqual(outcomes(local.records));
    const [lost = '', ...others] = await begun(log);
    expect(others.filter((key) => key === lost)).toHaveLength(1);
    expect(new Set(others).size).toBe(others.length);
  });

  test('replaces a worker that hangs, which gives up its trial when it goes on', async () => {
    const log = freshLog();
    await using queue = await open({ leaseMs: 1000 });
    const { child, output } = start('worker', redis.url, 'hung', '2000', log);
    const running = searched(queue.evaluators);
    await until(async () => (await begun(log)).length > 0);
    child.kill('SIGSTOP');
    const { finish, done } = work({ trainer: () => Promise.resolve(new SlowLandscape({ log })) });
    const { records } = await running;
    expect(outcomes(records)).toEqual(outcomes(local.records));
    expect(records.filter(({ trainedBy }) => trainedBy?.worker === 'hung')).toEqual([]);
    finish.abort();
    await done;
    child.kill('SIGCONT');
    await until(() => output.text.includes('"type":"lost"'));
  });

  test('is taken up after its own end: what ended is taken, what runs is waited for, nothing is begun again', async () => {
    const log = freshLog();
    const folder = join(scratch, 'resumed');
    const id = `study-${++studies}`;
    work({ processes: 2, trainer: () => Promise.resolve(new SlowLandscape({ milliseconds: 60, log })) });
    for (const after of [3, 9]) {
      const { child } = start('search', redis.url, id, folder, String(TRIALS), '5000');
      await until(async () => (await lines(folder)) >= after);
      child.kill('SIGKILL');
    }
    await using queue = await open({ id });
    const study = await StudyFolder.open(folder, CONTEXT);
    await searched(queue.evaluators, study);
    expect(outcomes(study.records)).toEqual(outcomes(local.records));
    const trained = await begun(log);
    expect(new Set(trained).size).toBe(trained.length);
  });

  test('goes on over a restart of Redis that kept everything, and trains nothing twice', async () => {
    const log = freshLog();
    await using queue = await open();
    work({ processes: 2, trainer: () => Promise.resolve(new SlowLandscape({ milliseconds: 60, log })) });
    const running = searched(queue.evaluators);
    for (const after of [4, 12]) {
      await until(async () => (await begun(log)).length >= after);
      await redis.restart();
    }
    expect(outcomes((await running).records)).toEqual(outcomes(local.records));
    const trained = await begun(log);
    expect(new Set(trained).size).toBe(trained.length);
  });

  test('tells which workers are there, that the queue is away, and when it is back', async () => {
    const events: QueueEvent[] = [];
    const workers = () => events.flatMap((event) => (event.type === 'workers' ? [event.workers.join()] : []));
    await using _ = await open({ onEvent: (event) => events.push(event) });
    await until(() => workers().length > 0);
    const one = work({ name: 'one' });
    await until(() => workers().includes('one'));
    one.finish.abort();
    await one.done;
    await until(() => workers().length === 3);
    expect(workers()).toEqual(['', 'one', '']);
    const other = work();
    await until(() => other.events.some(({ type }) => type === 'joined'));
    await redis.kill();
    const types = (of: readonly { readonly type: string }[]) => of.map(({ type }) => type);
    await until(() => [events, other.events].every((of) => types(of).includes('away')));
    await setTimeout(1500);
    await redis.start();
    await until(() => [events, other.events].every((of) => types(of).includes('back')));
    for (const of of [events, other.events]) expect(types(of).filter((type) => type === 'away')).toHaveLength(1);
    const back = events.find(({ type }) => type === 'back');
    expect(back).toEqual({ type: 'back', queue: redis.url, awayMs: expect.any(Number) });
    expect(back?.type === 'back' && back.awayMs).toBeGreaterThan(1000);
  });

  test('tells which worker trains a trial, and that it waits again where that one leaves', async () => {
    const [trial = expect.unreachable()] = local.records;
    const told: (string | undefined)[] = [];
    await using queue = await open({
      onEvent: (event) => {
        if (event.type === 'taken' && event.key === trial.key) told.push(event.worker);
      },
    });
    const evaluated = queue.evaluators[0]?.evaluate(trial, { keep: false });
    const slow = work({ name: 'a: slow one', trainer: () => Promise.resolve(new SlowLandscape({ milliseconds: 100_000 })) });
    await until(() => told.length === 1);
    slow.stop.abort();
    await until(() => told.length === 2);
    work({ name: 'quick', trainer: () => Promise.resolve(new SlowLandscape({ milliseconds: 3000 })) });
    await evaluated;
    expect(told).toEqual(['a: slow one', undefined, 'quick']);
  });

  test('a worker goes on wherever the way to Redis is cut, as it joins, takes and ends trials', async () => {
    const moments = [3, 7, 8, 10, 14, 20, 26, 32, 40, 48, 60, 72];
    let cuts = 0;
    const lane = async () => {
      for (let moment = moments.shift(); moment !== undefined; moment = moments.shift()) {
        const id = `cut-${moment}`;
        const at = moment;
        await using proxy = await CutProxy.start(redis.port);
        await using queue = await open({ id });
        const { evaluators, context } = queue;
        const onEvent = ({ type }: WorkerEvent) => {
          // Before, a queue that is away is an error.
          if (type === 'connected') proxy.cutAt(at);
        };
        const worker = work({ url: proxy.url, study: id, onEvent });
        const search = async () => {
          const study = new MemoryStudy();
          const options = { problem: PROBLEM, strategy: evolve, evaluators, study, context, lag: LAG };
          for await (const _ of runSearch({ ...options, budget: { trials: 4 } }));
        };
        await Promise.race([search(), worker.done]);
        worker.stop.abort();
        await worker.done;
        if (proxy.wasCut) cuts++;
      }
    };
    await Promise.all([lane(), lane(), lane()]);
    expect(cuts).toBeGreaterThan(6);
  });

  test('goes on over a restart of Redis that kept nothing', async () => {
    await using forgetful = await RedisServer.start({ persistent: false });
    const log = freshLog();
    await using queue = await open({ url: forgetful.url, leaseMs: 1000 });
    work({ url: forgetful.url, trainer: () => Promise.resolve(new SlowLandscape({ milliseconds: 60, log })) });
    const running = searched(queue.evaluators);
    await until(async () => (await begun(log)).length >= 4);
    await forgetful.restart();
    expect(outcomes((await running).records)).toEqual(outcomes(local.records));
    for (const leave of leaving.splice(0)) await leave();
  });

  test('a worker that comes late takes part, and one that leaves gives its trial back', async () => {
    const log = freshLog();
    await using queue = await open();
    const running = searched(queue.evaluators);
    const slow = work({ name: 'slow', trainer: () => Promise.resolve(new SlowLandscape({ milliseconds: 100_000, log })) });
    await until(async () => (await begun(log)).length > 0);
    slow.stop.abort();
    await slow.done;
    expect(slow.events.map(({ type }) => type)).toContain('returned');
    const late = work({ name: 'late' });
    expect(outcomes((await running).records)).toEqual(outcomes(local.records));
    const numbers = late.events.flatMap((event) => (event.type === 'ended' ? [[event.number, event.trial.key]] : []));
    expect(numbers).toHaveLength(TRIALS);
    expect(new Map(numbers as [number, string][])).toEqual(new Map(local.records.map(({ number, key }) => [number, key])));
    late.finish.abort();
    await late.done;
  });

  test('a worker told to finish ends its trial first', async () => {
    await using queue = await open();
    const running = searched(queue.evaluators);
    const first = work({ name: 'first', trainer: () => Promise.resolve(new SlowLandscape({ milliseconds: 300 })) });
    await until(() => first.events.some(({ type }) => type === 'began'));
    first.finish.abort();
    await first.done;
    expect(first.events.filter(({ type }) => ['ended', 'returned', 'lost'].includes(type))).toEqual([
      expect.objectContaining({ type: 'ended' }),
    ]);
    work();
    const { records } = await running;
    expect(records.filter(({ trainedBy }) => trainedBy?.worker === 'first')).toHaveLength(1);
  });

  test('an abort takes back what waits and what workers train, and the workers go on with what follows', async () => {
    await using queue = await open();
    const stop = new AbortController();
    const running = searched(queue.evaluators, new MemoryStudy(), stop.signal);
    let milliseconds = 100_000;
    const { events } = work({
      trainer: () => Promise.resolve({ ...disposable, evaluate: (...of) => new SlowLandscape({ milliseconds }).evaluate(...of) }),
    });
    await until(() => events.some(({ type }) => type === 'began'));
    stop.abort();
    await expect(running).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    await until(() => events.some(({ type }) => type === 'lost'));
    const client = redis.client();
    expect((await client.keys('paredown:trials-*')).filter((key) => /:(wait|active|[0-9a-f]{24})$/.test(key))).toEqual([]);
    client.disconnect();
    milliseconds = 0;
    expect(outcomes((await searched(queue.evaluators)).records)).toEqual(outcomes(local.records));
  });

  test('data that a machine does not have come from the queue once, and are kept in its cache', async () => {
    const cache = join(scratch, 'cache', 'paredown', 'queue');
    await mkdir(cache, { recursive: true });
    for (const expected of [true, false]) {
      await using queue = await open();
      let sizes: number[] = [];
      const { events } = work({
        find: () => Promise.resolve({ train: DATA.validation, validation: DATA.train }),
        trainer: (_, { train, validation }) => {
          sizes = [train.size, validation.size];
          return Promise.resolve(new SlowLandscape());
        },
      });
      expect(outcomes((await searched(queue.evaluators)).records)).toEqual(outcomes(local.records));
      expect(sizes).toEqual([DATA.train.size, DATA.validation.size]);
      expect(events.some(({ type }) => type === 'data')).toBe(expected);
      expect(await readdir(cache)).toHaveLength(2);
      await queue.end();
      for (const leave of leaving.splice(0)) await leave();
    }
  });

  test('a trial that is asked for twice is trained once, and told to both who asked', async () => {
    const log = freshLog();
    await using queue = await open();
    const [trial = expect.unreachable()] = local.records;
    const [one = expect.unreachable(), other = expect.unreachable()] = queue.evaluators;
    const both = [one.evaluate(trial, { keep: false }), other.evaluate(trial, { keep: false })];
    work({ processes: 2, trainer: () => Promise.resolve(new SlowLandscape({ log })) });
    const [first, second] = await Promise.all(both);
    expect(second).toEqual(first);
    expect(await begun(log)).toEqual([trial.key]);
  });

  test('an abort as a trial is put into the queue leaves none there', async () => {
    await using queue = await open();
    const [trial = expect.unreachable()] = local.records;
    // The first one tells Redis the scripts, whose calls are then one command each.
    for (const isPut of [true, false]) {
      const stop = new AbortController();
      const asked = queue.evaluate(trial, { keep: false, initial: weightsFor(trial, 1), signal: stop.signal });
      if (isPut) await until(async () => (await keysOf('trials-*:wait')).length > 0);
      stop.abort();
      await expect(asked).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    }
    await setTimeout(500);
    expect((await keysOf('*')).filter((key) => key.includes(trial.key))).toEqual([]);
  });

  test('several studies share a queue and its workers', async () => {
    const [first, second] = [await open(), await open()];
    await using _ = first;
    await using __ = second;
    work({ processes: 2 });
    const both = await Promise.all([searched(first.evaluators), searched(second.evaluators)]);
    for (const { records } of both) expect(outcomes(records)).toEqual(outcomes(local.records));
  });

  test('what a worker throws ends the search, and says where', async () => {
    await using queue = await open();
    const trainer = {
      evaluate: () => Promise.reject(new OptionError('no such optimizer')),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    work({ name: 'far', trainer: () => Promise.resolve(trainer) });
    await expect(searched(queue.evaluators)).rejects.toThrow(
      expect.objectContaining({ name: 'OptionError', message: 'no such optimizer (on the worker far)' }),
    );
  });

  const failing = (error: Error) => ({ ...disposable, evaluate: () => Promise.reject(error) });

  test('what a worker throws that may be its own fault alone is tried on another one, and lost where that fails, too', async () => {
    await using queue = await open();
    const [trial = expect.unreachable(), next = expect.unreachable()] = local.records;
    const [slot = expect.unreachable()] = queue.evaluators;
    const crash = new Error('A search worker ended 2 times as it started');
    const one = work({ name: 'one', trainer: () => Promise.resolve(failing(crash)) });
    const first = slot.evaluate(trial, { keep: false });
    await until(() => one.events.some(({ type }) => type === 'began'));
    const other = work({ name: 'other' });
    expect(await first).toMatchObject({ outcome: { status: 'trained' }, trainedBy: { worker: 'other' } });
    expect(one.events).toContainEqual(expect.objectContaining({ type: 'returned', reason: crash.message }));
    other.stop.abort();
    await other.done;
    const second = slot.evaluate(next, { keep: false });
    await until(() => one.events.filter(({ type }) => type === 'began').length > 1);
    work({ name: 'third', trainer: () => Promise.resolve(failing(crash)) });
    expect(await second).toMatchObject({ outcome: { status: 'refused', reason: crash.message }, lost: true });
  });

  test('weights are those of the worker whose record it is, where another one trained the trial, too', async () => {
    const id = `study-${++studies}`;
    const [trial = expect.unreachable()] = local.records;
    {
      await using left = await open({ id });
      left.evaluators[0]?.evaluate(trial, { keep: true }).catch(() => undefined);
      await until(async () => (await keysOf(`trials-${id}-*:wait`)).length > 0);
    }
    let end: () => void = () => undefined;
    const ending = new Promise<void>((done) => {
      end = done;
    });
    const late: Evaluator & AsyncDisposable = {
      ...disposable,
      evaluate: async (of, options) => {
        const { weights = [], ...evaluated } = await new SlowLandscape().evaluate(of, options);
        await ending;
        return { ...evaluated, weights: weights.map(() => weightsFor(of, 77)) };
      },
    };
    const first = work({ name: 'late', trainer: () => Promise.resolve(late) });
    await until(() => first.events.some(({ type }) => type === 'began'));
    // As where its lease has run out, and it does not know that yet.
    const client = redis.client();
    const [lock = ''] = await keysOf(`trials-${id}-*:lock`);
    const lane = lock.split(':').slice(0, 2).join(':');
    const [job = ''] = lock.split(':').slice(2);
    await client.multi().del(lock).lrem(`${lane}:active`, 0, job).rpush(`${lane}:wait`, job).exec();
    client.disconnect();
    const second = work({ name: 'quick' });
    await until(() => second.events.some(({ type }) => type === 'ended'));
    end();
    await until(() => first.events.some(({ type }) => type === 'lost'));
    await using queue = await open({ id });
    const evaluated = await queue.evaluators[0]?.evaluate(trial, { keep: true });
    expect(evaluated?.trainedBy?.worker).toBe('quick');
    expect(evaluated?.weights).toEqual((await new SlowLandscape().evaluate(trial, { keep: true })).weights);
  });

  test('the speed that a worker tells is that of what was trained', async () => {
    await using queue = await open();
    const [trial = expect.unreachable()] = local.records;
    const trainer: Evaluator & AsyncDisposable = {
      ...disposable,
      evaluate: async () => {
        await setTimeout(20);
        return { outcome: { status: 'stopped', reason: 'too slow', after: trial.samples / 4 } };
      },
    };
    const { events } = work({ trainer: () => Promise.resolve(trainer) });
    await queue.evaluators[0]?.evaluate(trial, { keep: false });
    await until(() => events.some(({ type }) => type === 'ended'));
    const whole = trial.costs.macs * trial.samples * trial.seeds.length * trial.rates.length;
    const [speed = Number.NaN] = events.flatMap((event) => (event.type === 'ended' ? [(event.speed * event.wallMs) / 1000] : []));
    expect(speed).toBeCloseTo(whole / 4, -2);
  });

  test('no trainer is given a test set that was found with the data', async () => {
    await using queue = await open();
    const given = new Promise<object>((done) => {
      work({
        find: () => Promise.resolve({ ...DATA, test: DATA.validation }),
        trainer: (_, data) => {
          done(data);
          return Promise.resolve(new SlowLandscape());
        },
      });
    });
    const [trial = expect.unreachable()] = local.records;
    await queue.evaluators[0]?.evaluate(trial, { keep: false });
    expect(Object.keys(await given)).toEqual(['train', 'validation']);
  });

  test('a worker that can train nothing gives its trial back and says why', async () => {
    await using queue = await open();
    const running = searched(queue.evaluators);
    const broken = work({ trainer: () => Promise.reject(new Error('no adapter here')) });
    await expect(broken.done).rejects.toThrow('no adapter here');
    work();
    expect(outcomes((await running).records)).toEqual(outcomes(local.records));
  });

  test('two searches of one study are refused, and the hold of one that is gone is waited out', async () => {
    const id = `study-${++studies}`;
    const queue = await open({ id });
    await expect(open({ id })).rejects.toThrow(/already searched for over this queue, by process \d+ on /);
    await queue[Symbol.asyncDispose]();
    await using _ = await open({ id });
  });

  test('a worker of another version, or of another adapter where latencies are measured, is refused', async () => {
    const id = `study-${++studies}`;
    await using queue = await open({ id, adapter: 'that one' });
    await expect(work().done).rejects.toThrow(/measures latencies on that one, and this is made up/);
    const client = redis.client();
    const key = `paredown:study:${id}`;
    const announced = JSON.parse((await client.get(key)) ?? '');
    await client.set(key, JSON.stringify({ ...announced, version: '0.0.7' }));
    await expect(work().done).rejects.toThrow(/begun by paredown 0\.0\.7, and this is .*; install version 0\.0\.7 here/);
    await client.set(key, JSON.stringify({ format: 2, id }));
    await expect(work().done).rejects.toThrow('it is of another version of paredown');
    client.disconnect();
    expect(queue.context).toEqual(CONTEXT);
  });

  test('a study that was refused is joined once it is one that this worker can train for', async () => {
    await using _ = await open();
    const { events } = work();
    const id = `study-${++studies}`;
    const of = (type: string) => events.filter((event) => event.type === type && 'study' in event && event.study === id).length;
    {
      await using __ = await open({ id, adapter: 'that one' });
      await until(() => of('refused') > 0);
      await setTimeout(1500);
    }
    await using queue = await open({ id });
    await until(() => of('joined') > 0);
    expect(of('refused')).toBe(1);
    expect(queue.context).toEqual(CONTEXT);
  });

  test('a worker that joins a study as it ends writes nothing of it that stays', async () => {
    const queue = await open();
    await using _ = queue;
    const { events } = work({ find: () => queue.end().then(() => DATA) });
    await until(() => events.some(({ type }) => type === 'left'));
    const client = redis.client();
    const keys = (await client.keys('*')).filter((key) => !key.includes(':worker'));
    const staying = await Promise.all(keys.map(async (key) => ((await client.pttl(key)) < 0 ? [key] : [])));
    client.disconnect();
    expect(staying.flat()).toEqual([]);
  });

  test('what was abandoned long ago is taken out of Redis', async () => {
    const client = redis.client();
    {
      await using old = await open({ id: 'old' });
      const [slot] = old.evaluators;
      const trial = local.records[0] ?? expect.unreachable();
      slot?.evaluate(trial, { keep: false }).catch(() => undefined);
      await until(async () => (await client.keys('paredown:trials-old-*:wait')).length > 0);
    }
    await client.del('paredown:study:old');
    await using _ = await open();
    expect(await client.keys('paredown:*old*')).toEqual([]);
    expect(await client.smembers(STUDIES)).not.toContain('old');
    client.disconnect();
  });

  test('a password that is wrong is told to the person, and is never printed', async () => {
    await using guarded = await RedisServer.start({ password: 'right' });
    await expect(SearchQueue.reach(`redis://127.0.0.1:${guarded.port}`)).rejects.toThrow(
      /asks for a password, and none was given: write it into PAREDOWN_QUEUE, as in redis:\/\/:PASSWORD@HOST:PORT$/,
    );
    for (const password of ['se:cret/1', 'right']) {
      const url = `redis://:${encodeURIComponent(password)}@127.0.0.1:${guarded.port}`;
      const both = [
        open({ url }),
        QueueWorker.serve({ url, adapter: '', trainer: () => Promise.reject(new Error()), finish: AbortSignal.abort() }),
      ];
      const [opened, served] = await Promise.allSettled(both);
      if (password === 'right') {
        expect(opened?.status).toBe('fulfilled');
        expect(served?.status).toBe('fulfilled');
        if (opened?.status === 'fulfilled' && opened.value) await opened.value[Symbol.asyncDispose]();
        continue;
      }
      for (const result of [opened, served]) {
        const error = result?.status === 'rejected' ? result.reason : expect.unreachable();
        expect(error).toBeInstanceOf(DataError);
        expect(error.message).toBe(
          `The queue redis://127.0.0.1:${guarded.port} refuses this user or password; correct the URL in PAREDOWN_QUEUE or --queue`,
        );
        expect(`${error.stack} ${JSON.stringify(error)} ${error.cause}`).not.toMatch(/se:cret|se%3Acret/);
      }
    }
  });

  test('a queue that is not there is an error within seconds', async () => {
    const started = performance.now();
    const url = `redis://:hidden@127.0.0.1:${await freePort()}`;
    await expect(open({ url })).rejects.toThrow(/The queue redis:\/\/127\.0\.0\.1:\d+ is not to be reached: .*ECONNREFUSED/);
    await expect(open({ url: 'http://:hidden@host' })).rejects.toThrow(OptionError);
    await expect(open({ url: ':hidden@host' })).rejects.toThrow(/^(?!.*hidden)/);
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

async function lines(folder: string): Promise<number> {
  const text = await readFile(join(folder, 'trials.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').length - 1;
}
