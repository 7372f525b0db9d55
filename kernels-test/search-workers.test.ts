import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  conv2d,
  DataError,
  DEFAULT_SETUP,
  dense,
  digits,
  flatten,
  GpuEvaluator,
  model,
  NoAdapterError,
  OptionError,
  openGpu,
  SearchWorkers,
} from 'paredown/node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { LimitError } from '../src/core/errors.ts';
import { errorFrom, plainError } from '../src/node/plain-error.ts';
import { makeTrial } from '../src/search/trial.ts';
import { runs, searchWorkersOf, until } from './support/processes.ts';

const SETUP = { ...DEFAULT_SETUP, batch: 20 };
const { train, validation } = digits({ train: 200, test: 40 });
const DATA = { train, validation };
const NETWORK = model([28, 28, 1], [conv2d(3, 5, { strides: 3, activation: 'relu' }), flatten(), dense(10)]);

const trialOf = (context: object, samples = 400) =>
  makeTrial(context, { model: NETWORK, samples, seeds: [3, 7], rates: [0.01], origin: { strategy: 'test', change: 'given' } });

// The package is under test, and its processes: which driver is below makes no difference. Processes are found by /proc.
describe.skipIf(process.env.PAREDOWN_TEST_DRIVER || !existsSync('/proc/self/stat'))('search workers', () => {
  let workers: SearchWorkers;
  beforeAll(async () => {
    workers = await SearchWorkers.start(DATA, { count: 1, setup: SETUP, threads: 1 });
  });
  afterAll(() => workers[Symbol.asyncDispose]());

  const evaluate = (samples?: number, options: { keep?: boolean; signal?: AbortSignal } = {}) =>
    workers.evaluators[0]?.evaluate(trialOf(workers.context, samples), { keep: false, ...options });
  const worker = async () => (await searchWorkersOf(process.pid))[0] ?? expect.unreachable('there is no process');
  /** The process of the worker, once it trains. */
  const training = async () => {
    let found: number | undefined;
    await until(async () => {
      [found] = await searchWorkersOf(process.pid, 'training');
      return found !== undefined;
    });
    return found ?? expect.unreachable();
  };

  test('come to the same, bit for bit, as an evaluator in this process', async () => {
    await using gpu = await openGpu();
    const here = await GpuEvaluator.create(gpu, DATA, SETUP);
    expect(workers.context).toEqual(here.context);
    const expected = await here.evaluate(trialOf(here.context), { keep: true });
    expect(expected.weights).toHaveLength(2);
    expect(await evaluate(400, { keep: true })).toEqual(expected);
  });

  test('train a trial again whose process was killed in the middle', async () => {
    const expected = await evaluate(4000);
    const before = await worker();
    const running = evaluate(4000);
    process.kill(await training(), 'SIGKILL');
    expect(await running).toEqual(expected);
    expect(await worker()).not.toBe(before);
  });

  test('refuse a trial that ends its process twice, with the reason, and go on with the next', async () => {
    const running = evaluate(1e9);
    for (const _ of ['first', 'second']) {
      const id = await training();
      process.kill(id, 'SIGKILL');
      await until(async () => !(await runs(id)));
    }
    expect(await running).toEqual({
      outcome: { status: 'refused', reason: 'its process ended 2 times: killed by SIGKILL' },
      lost: true,
    });
    expect(await evaluate()).toMatchObject({ outcome: { status: 'trained' } });
  });

  test.each([
    ['once train the trial again', 1],
    ['twice refuse the trial', 2],
  ])('whose device is lost %s, and go on with the next', async (_, devices) => {
    const expected = await evaluate(4000);
    const scratch = await mkdtemp(join(tmpdir(), 'paredown-lost-'));
    const preload = new URL('support/lost-device.mjs', import.meta.url).href;
    vi.stubEnv('NODE_OPTIONS', `--import ${preload}`);
    vi.stubEnv('LOST_FILE', join(scratch, 'lost'));
    vi.stubEnv('LOST_DEVICES', String(devices));
    try {
      await using losing = await SearchWorkers.start(DATA, { count: 1, setup: SETUP, threads: 1 });
      const [evaluator] = losing.evaluators;
      const running = await evaluator?.evaluate(trialOf(losing.context, 4000), { keep: false });
      if (devices === 1) expect(running).toEqual(expected);
      else
        expect(running).toEqual({
          outcome: { status: 'refused', reason: expect.stringMatching(/^its process ended 2 times: The GPU device was lost/) },
          lost: true,
        });
      expect(await evaluator?.evaluate(trialOf(losing.context, 4000), { keep: false })).toEqual(expected);
      expect((await readFile(join(scratch, 'lost'), 'utf8')).length).toBe(devices);
    } finally {
      vi.unstubAllEnvs();
      await rm(scratch, { recursive: true, force: true });
    }
  });

  test('end a trial that is aborted, and take the next in the same process', async () => {
    const before = await worker();
    const stop = new AbortController();
    const running = evaluate(1e9, { signal: stop.signal });
    await training();
    setTimeout(() => stop.abort(), 200);
    await expect(running).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    await expect(evaluate(20, { signal: stop.signal })).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await evaluate(20)).toMatchObject({ outcome: { status: 'trained' } });
    expect(await worker()).toBe(before);
  });

  test('tell that they go on by what their device does, and are replaced when they have grown', async () => {
    const expected = await evaluate(4000);
    const other = await worker();
    const options = { count: 1, setup: SETUP, threads: 1, silenceSeconds: 5, growthBytes: 1 };
    await using watched = await SearchWorkers.start(DATA, options);
    const processes = async () => (await searchWorkersOf(process.pid)).filter((id) => id !== other);
    const [before] = await processes();
    const stop = new AbortController();
    const running = watched.evaluators[0]?.evaluate(trialOf(watched.context, 1e9), { keep: false, signal: stop.signal });
    await training();
    await new Promise((done) => setTimeout(done, 8000));
    expect(await processes()).toEqual([before]);
    stop.abort();
    await expect(running).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await watched.evaluators[0]?.evaluate(trialOf(watched.context, 4000), { keep: false })).toEqual(expected);
    expect(await processes()).not.toContain(before);
  });

  test('throw what was thrown in the process as it was, and leave none behind', async () => {
    const before = await searchWorkersOf(process.pid);
    const start = (options: object, data = DATA) => SearchWorkers.start(data, { count: 2, setup: SETUP, threads: 1, ...options });
    await expect(start({ gpu: { adapter: 'no such adapter' } })).rejects.toThrow(NoAdapterError);
    await expect(start({ count: 65 })).rejects.toThrow(OptionError);
    await expect(start({ threads: 0 })).rejects.toThrow('threads must be an integer of at least 1, got 0');
    await expect(start({ silenceSeconds: 0 })).rejects.toThrow('silenceSeconds must be a number above 0, got 0');
    await expect(start({ trialSeconds: -1 })).rejects.toThrow(OptionError);
    await expect(start({ growthBytes: Number.NaN })).rejects.toThrow(OptionError);
    await expect(start({ setup: { ...SETUP, batch: 500 } })).rejects.toThrow(OptionError);
    await expect(start({}, { train, validation: { ...validation, classes: 11 } })).rejects.toThrow(DataError);
    const beta = { ...SETUP, optimizer: { type: 'adam', beta1: 7, beta2: 0.999, epsilon: 1e-8 } } as const;
    await expect(start({ count: 1, setup: beta })).rejects.toThrow(OptionError);
    await using one = await start({ count: 1 });
    const bad = { ...trialOf(one.context), rates: [-1] };
    await expect(one.evaluators[0]?.evaluate(bad, { keep: false })).rejects.toThrow(OptionError);
    await one[Symbol.asyncDispose]();
    expect(await searchWorkersOf(process.pid)).toEqual(before);
  });

  test('end with the process that started them, though it be killed', async () => {
    const program = fileURLToPath(new URL('support/workers-process.ts', import.meta.url));
    const parent = spawn(process.execPath, ['--import', 'tsx', '--import', './scripts/wgsl-hook.mjs', program], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((done) => parent.stdout.once('data', done));
    const children = await searchWorkersOf(parent.pid ?? 0);
    expect(children).toHaveLength(2);
    parent.kill('SIGKILL');
    await until(async () => !(await Promise.all(children.map(runs))).includes(true));
  });

  test('are all gone once they were disposed of, in the middle of a trial too', async () => {
    const running = evaluate(1e9);
    const before = await worker();
    await training();
    const refused = expect(running).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    await workers[Symbol.asyncDispose]();
    await refused;
    expect(await runs(before)).toBe(false);
    await workers[Symbol.asyncDispose]();
  });
});

test('an error is the same behind a border of processes', () => {
  const error = new LimitError('maxBufferSize', 10, 20, 'A buffer', 'Make it smaller.');
  const again = errorFrom(structuredClone(plainError(error)));
  expect(again).toBeInstanceOf(LimitError);
  expect(again).not.toBeInstanceOf(OptionError);
  expect(again).toMatchObject({
    name: 'LimitError',
    message: error.message,
    limit: 'maxBufferSize',
    available: 10,
    requested: 20,
  });
  expect(again.stack).toBe(error.stack);
  expect(errorFrom(plainError(new DOMException('gone', 'AbortError')))).toMatchObject({ name: 'AbortError' });
  expect(errorFrom(plainError('a string'))).toMatchObject({ name: 'Error', message: 'a string' });
});
