// How worker processes are watched and replaced. They run a program that needs no GPU: what they train is made up.
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { digits } from '../src/data/digits.ts';
import { dense, flatten } from '../src/model/layers.ts';
import { model } from '../src/model/model.ts';
import { SearchWorker, type WorkerOptions } from '../src/node/search-worker-process.ts';
import { type Evaluator, MemoryStudy, runSearch } from '../src/search/run.ts';
import type { History, Problem } from '../src/search/strategy.ts';
import { DEFAULT_SETUP } from '../src/search/train.ts';
import { makeTrial, type Trial } from '../src/search/trial.ts';
import { PROBLEM } from './support/landscape.ts';
import { runs, searchWorkersOf, until } from './support/processes.ts';

const PROGRAM = new URL('support/stub-worker.mjs', import.meta.url);
const DATA = digits({ train: 20, test: 10 });
const NETWORK = model([28, 28, 1], [flatten(), dense(10)]);
const SILENCE = 1;

/** `change`: what it does, as stub-worker.mjs says. */
const trialOf = (samples: number, change = 'works', seed = 1) =>
  makeTrial({}, { model: NETWORK, samples, seeds: [seed], rates: [0.01], origin: { strategy: 'test', change } });
const outcomeOf = ({ key }: Trial) => ({
  status: 'trained',
  accuracy: [Number.parseInt(key.slice(0, 6), 16) / 2 ** 24],
  loss: [1],
});
const HUNG = `its process ended 2 times: it hung: nothing came of it for ${SILENCE} s`;

let scratch = '';
let workers: SearchWorker[] = [];
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'paredown-workers-'));
  vi.stubEnv('STUB_LOG', join(scratch, 'log'));
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.end()));
  workers = [];
  vi.unstubAllEnvs();
  await rm(scratch, { recursive: true, force: true });
});

function worker(options: Partial<WorkerOptions> = {}): SearchWorker {
  const limits = { silence: SILENCE, total: 3600 };
  const made = new SearchWorker(DATA, { setup: DEFAULT_SETUP, gpu: {}, limits, growthBytes: 1e9, program: PROGRAM, ...options });
  workers.push(made);
  return made;
}

/** What the processes did: `PID begun KEY` or `PID ended KEY`. */
const log = async () => (await readFile(join(scratch, 'log'), 'utf8')).trim().split('\n');
const timesBegun = async ({ key }: Trial) => (await log()).filter((line) => line.endsWith(`begun ${key}`)).length;
const processes = async () => new Set((await log()).map((line) => line.split(' ')[0])).size;

/** The process that trains, as soon as one does. */
async function training(): Promise<number> {
  let found: number | undefined;
  await until(async () => {
    [found] = await searchWorkersOf(process.pid, 'training');
    return found !== undefined;
  });
  return found ?? expect.unreachable();
}

// Processes are found by /proc.
describe.skipIf(!existsSync('/proc/self/stat'))('a worker process', () => {
  test('that is stopped is replaced, and its trial begins once more', async () => {
    const trial = trialOf(300);
    const running = worker().evaluate(trial, { keep: false });
    const id = await training();
    process.kill(id, 'SIGSTOP');
    expect(await running).toEqual({ outcome: outcomeOf(trial) });
    expect(await timesBegun(trial)).toBe(2);
    expect(await runs(id)).toBe(false);
  });

  test('listens to the same signal as many others, without a warning', async () => {
    const warned = vi.spyOn(process, 'emitWarning');
    const { signal } = new AbortController();
    for (let other = 0; other < 10; other++) signal.addEventListener('abort', () => other);
    await worker().evaluate(trialOf(300), { keep: false, signal });
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  test.each(['loops', 'silent'])('that %s twice with a trial refuses it, with the reason, and takes the next', async (change) => {
    const one = worker();
    const refused = await one.evaluate(trialOf(1e6, change), { keep: false });
    expect(refused).toEqual({ outcome: { status: 'refused', reason: HUNG }, lost: true });
    expect(await one.evaluate(trialOf(10), { keep: false })).toEqual({ outcome: outcomeOf(trialOf(10)) });
    expect(await searchWorkersOf(process.pid)).toHaveLength(1);
  });

  test('that is slow, but goes on, does not hang', async () => {
    const trial = trialOf(2500 * SILENCE);
    expect(await worker().evaluate(trial, { keep: false })).toEqual({ outcome: outcomeOf(trial) });
    expect(await timesBegun(trial)).toBe(1);
  });

  test('is not taken to hang for the time in which this process itself stood still', async () => {
    const trial = trialOf(300);
    const running = worker().evaluate(trial, { keep: false });
    process.kill(await training(), 'SIGSTOP');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500 * SILENCE);
    process.kill(await training(), 'SIGCONT');
    expect(await running).toEqual({ outcome: outcomeOf(trial) });
    expect(await timesBegun(trial)).toBe(1);
  });

  test('that is at a trial for too long twice refuses it, and has lost nothing', async () => {
    const refused = await worker({ limits: { silence: 60, total: 0.5 } }).evaluate(trialOf(1e6), { keep: false });
    const reason = 'its process ended 2 times: it took longer than the 0.5 s that a trial may';
    expect(refused).toEqual({ outcome: { status: 'refused', reason } });
  });

  test('that keeps no limit that a trial has itself is ended after twice that and the silence', async () => {
    const refused = await worker().evaluate(trialOf(1e6), { keep: false, limitMs: 250 });
    const reason = 'its process ended 2 times: it took longer than the 1.5 s that a trial may';
    expect(refused).toEqual({ outcome: { status: 'refused', reason } });
  });

  test('that does not leave a trial that is aborted is ended, and the next trial has another', async () => {
    const one = worker();
    const stop = new AbortController();
    const running = one.evaluate(trialOf(1e6), { keep: false, signal: stop.signal });
    process.kill(await training(), 'SIGSTOP');
    stop.abort();
    await expect(running).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await one.evaluate(trialOf(10), { keep: false })).toEqual({ outcome: outcomeOf(trialOf(10)) });
  });

  test('is replaced between two trials when it has grown: 200 trials of 1 MB at most 20 MB a process', async () => {
    vi.stubEnv('STUB_GROWTH', String(2 ** 20));
    const one = worker({ growthBytes: 20 * 2 ** 20 });
    const trials = Array.from({ length: 200 }, (_, index) => trialOf(1, 'works', index));
    for (const trial of trials) expect(await one.evaluate(trial, { keep: false })).toEqual({ outcome: outcomeOf(trial) });
    expect(await log()).toHaveLength(2 * trials.length);
    // Each ends with its 21st.
    expect(await processes()).toBe(Math.ceil(trials.length / 21));
    await one.end();
    expect(await searchWorkersOf(process.pid)).toEqual([]);
  });

  test('and another, killed twenty times in forty trials, lose nothing and train nothing twice that was not lost', async () => {
    const trials = Array.from({ length: 40 }, (_, index) => trialOf(10, index % 2 === 0 ? 'is killed' : 'works', index));
    const given = { name: 'given', propose: (_: Problem, { records, pending }: History) => next(trials, records, pending) };
    const inner = [worker(), worker()];
    let kills = 0;
    const evaluators: Evaluator[] = inner.map((one) => ({
      async evaluate(trial, options) {
        const running = one.evaluate(trial, options);
        if (trial.origin.change === 'is killed') {
          kills++;
          process.kill(await processOf(trial), 'SIGKILL');
        }
        return running;
      },
    }));
    const study = new MemoryStudy();
    const options = { problem: PROBLEM, strategy: given, evaluators, study, context: {}, budget: {}, lag: 4 };
    for await (const _ of runSearch(options));
    const byNumber = [...study.records].sort((a, b) => a.number - b.number);
    expect(byNumber.map(({ key, outcome }) => ({ key, outcome }))).toEqual(
      trials.map((trial) => ({ key: trial.key, outcome: outcomeOf(trial) })),
    );
    expect(kills).toBe(20);
    const lines = await log();
    expect(lines.filter((line) => line.includes('begun'))).toHaveLength(60);
    expect(lines.filter((line) => line.includes('ended'))).toHaveLength(40);
  });
});

const next = (trials: readonly Trial[], records: readonly Trial[], pending: readonly Trial[]) =>
  trials[records.length + pending.length];

/** The process that began a trial. */
async function processOf({ key }: Trial): Promise<number> {
  let found: string | undefined;
  await until(async () => {
    found = existsSync(join(scratch, 'log')) ? (await log()).find((line) => line.endsWith(`begun ${key}`)) : undefined;
    return found !== undefined;
  });
  return Number(found?.split(' ')[0]);
}
