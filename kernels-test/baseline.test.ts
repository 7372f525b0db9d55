import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseOptions } from '../examples/baseline/options.ts';
import { decide, type RunOptions } from '../examples/baseline/plan.ts';
import type { ResultEvent } from '../src/cli/common/training/events.ts';
import { type Metric, RunFolder } from '../src/cli/common/training/run-folder.ts';
import { TimeLeft } from '../src/cli/common/training/time-left.ts';
import { UsageError } from '../src/cli/common/usage-error.ts';
import { lockFolder } from '../src/node/folder-lock.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'paredown-baseline-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** A start of examples/baseline.ts, as a user starts it. */
class Program {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly exit: Promise<number | NodeJS.Signals | null>;

  constructor(...args: readonly string[]) {
    const env = { ...process.env, PAREDOWN_DATA: '', DEBUG: '' };
    const child = spawn(process.execPath, ['--import', 'tsx', 'examples/baseline.ts', ...args], { cwd: ROOT, env });
    this.child = child;
    child.stdout.on('data', (piece) => {
      this.stdout += piece;
    });
    child.stderr.on('data', (piece) => {
      this.stderr += piece;
    });
    this.exit = new Promise((done) => child.on('close', (code, signal) => done(signal ?? code)));
  }

  /** The complete lines of --json. */
  lines(): { type: string; step: number; [key: string]: unknown }[] {
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  /** Waits until `reached`, and fails where the program ends before. */
  async until(reached: () => boolean): Promise<void> {
    while (!reached()) {
      if (this.child.exitCode !== null) throw new Error(`ended too early: ${this.stderr}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  }
}

describe('the options of the baseline', () => {
  it.each([
    [['--stpes', '5'], /unknown option '--stpes'\n\(Did you mean --steps\?\)/],
    [['--steps', 'many'], /--steps .*'many'.* integer from 1/],
    [['--steps'], /--steps .* missing/],
    [['--steps', '1.5'], /--steps .*'1.5'.* integer/],
    [['--steps', '0'], /--steps .*'0'.* from 1/],
    [['--batch', '-1'], /--batch .*'-1'.* from 1/],
    [['--learning-rate', '0'], /--learning-rate .*'0'.* above 0/],
    [['--learning-rate', 'NaN'], /--learning-rate .*'NaN'/],
    [['--learning-rate', '1e-60'], /--learning-rate .*'1e-60'.* above 0/],
    [['--seed', '4294967296'], /--seed .*'4294967296'.* to 4294967295/],
    [['--data', 'cifar'], /--data .*'cifar'.* auto, mnist or digits/],
    [['--evaluate-every', ''], /--evaluate-every .*''.* integer/],
    [['--precision', 'f16'], /--precision .*'f16'.* f32 or mixed/],
    [['--out', ''], /--out .*''.* folder/],
    [['--json=3'], /--json=\.\.\./],
    [['extra'], /arguments/],
  ])('%j are refused by name', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  it('have the documented defaults', () => {
    const given = parseOptions([]) ?? expect.unreachable();
    expect(given).toEqual({ out: 'runs/baseline', resume: false, json: false });
    const common = { batch: 50, learningRate: 1e-4, seed: 0, data: 'auto', tune: 'off', precision: 'f32' };
    expect(decide(given, undefined, 'gpu')).toEqual({ ...common, steps: 20_000, evaluateEvery: 1000 });
    expect(decide(given, undefined, 'cpu')).toEqual({ ...common, steps: 2000, evaluateEvery: 500 });
  });

  const recorded: RunOptions = {
    steps: 100,
    batch: 20,
    learningRate: 1e-3,
    seed: 3,
    data: 'digits',
    dataDir: '/data',
    evaluateEvery: 10,
    tune: 'quick',
    precision: 'mixed',
  };
  const resumed = (...args: string[]) => decide(parseOptions(['--resume', ...args]) ?? expect.unreachable(), recorded, 'gpu');

  it('are those of the run when it is resumed, whatever the defaults are', () => {
    expect(resumed()).toEqual(recorded);
    expect(resumed('--data', 'auto', '--batch', '20')).toEqual(recorded);
    expect(resumed('--steps', '200', '--evaluate-every', '7')).toEqual({ ...recorded, steps: 200, evaluateEvery: 7 });
  });

  it.each([
    ['--batch', '50', '20'],
    ['--learning-rate', '0.1', '0.001'],
    ['--seed', '4', '3'],
    ['--precision', 'f32', 'mixed'],
    ['--data', 'mnist', 'digits'],
  ])('%s %s is refused when the run was started with %s', (flag, asked, before) => {
    expect(() => resumed(flag, asked)).toThrow(UsageError);
    expect(() => resumed(flag, asked)).toThrow(new RegExp(`${flag} ${asked}: .* started with ${before}`));
  });
});

describe('a run folder', () => {
  const progress = (step: number): Metric => ({
    type: 'progress',
    step,
    steps: 9,
    epoch: 0,
    loss: 1,
    stepMs: 1,
    etaMs: 1,
    wallMs: 1,
  });

  it('forgets metrics beyond the checkpoint and a line that was cut off', async () => {
    const folder = new RunFolder(join(scratch, 'metrics'));
    await folder.make();
    for (const step of [2, 4, 6]) await folder.append(progress(step));
    const file = join(folder.path, 'metrics.jsonl');
    await writeFile(file, `${await readFile(file, 'utf8')}{"type":"progress","st`);
    expect(await folder.rewindMetrics(4)).toEqual([progress(2), progress(4)]);
    expect(await readFile(file, 'utf8')).toBe(`${JSON.stringify(progress(2))}\n${JSON.stringify(progress(4))}\n`);
    const lost = { ...progress(3), loss: Number.NaN };
    await folder.append(lost);
    expect(await folder.rewindMetrics(4)).toContainEqual(lost);
  });

  it('is set aside with its own files alone, under the first free name', async () => {
    const folder = new RunFolder(join(scratch, 'aside'));
    await folder.make();
    expect(await folder.setAside()).toBeUndefined();
    await mkdir(`${folder.path}.1`);
    for (const name of ['run.json', 'checkpoint', 'notes.txt']) await writeFile(join(folder.path, name), name);
    expect(await folder.setAside()).toBe(`${folder.path}.2`);
    expect(await readdir(folder.path)).toEqual(['notes.txt']);
    expect((await readdir(`${folder.path}.2`)).sort()).toEqual(['checkpoint', 'run.json']);
  });

  it.each([
    ['{"format":1,', /no JSON/],
    ['null', /"format" is undefined/],
    ['{"format":2}', /"format" is 2/],
    ['{"format":1,"options":{"steps":"5"}}', /"options.steps" is "5"/],
  ])('with a run.json of %s cannot be resumed', async (text, message) => {
    const folder = new RunFolder(join(scratch, 'damaged'));
    await folder.make();
    await writeFile(join(folder.path, 'run.json'), text);
    await expect(folder.record()).rejects.toThrow(message);
    await expect(folder.record()).rejects.toThrow(join('damaged', 'run.json'));
  });
});

it('the time left counts the steps at their pace and the evaluations still to come', () => {
  const left = new TimeLeft(100, 25, 20);
  expect(left.after(10, { stepMs: 2, taken: 10, passedMs: 20, evaluated: false })).toBe(180);
  // An evaluation took 30 ms; those at 50, 75 and 100 are to come.
  expect(left.after(25, { stepMs: 2, taken: 15, passedMs: 60, evaluated: true })).toBe(150 + 90);
  expect(left.after(100, { stepMs: 2, taken: 75, passedMs: 150, evaluated: true })).toBe(0);
});

it('the time left does not count that the first evaluation compiled its kernels', () => {
  const left = new TimeLeft(24, 12, 3);
  // No more than training on as many samples takes.
  expect(left.after(12, { stepMs: 2, taken: 12, passedMs: 3600, evaluated: true })).toBe(24 + 6);
});

// Which driver is below makes no difference to what an example does.
describe.skipIf(process.env.PAREDOWN_TEST_DRIVER)('npm run baseline', () => {
  const common = ['--data', 'digits', '--batch', '10', '--json'];
  const length = ['--steps', '14'];

  it('refuses a wrong option with a message alone', async () => {
    const program = new Program('--batch', 'x');
    expect(await program.exit).toBe(2);
    expect(program.stdout).toBe('');
    expect(program.stderr).toMatch(/^option '--batch <n>' argument 'x' is invalid/);
    expect(program.stderr).not.toMatch(/^\s+at /m);
  });

  it('leaves a folder alone in which another run is', async () => {
    const taken = join(scratch, 'taken');
    await using _lock = await lockFolder(taken);
    await writeFile(join(taken, 'run.json'), 'of the other');
    const program = new Program(...common, ...length, '--out', taken);
    expect([await program.exit, program.stdout]).toEqual([1, '']);
    expect(program.stderr).toMatch(
      new RegExp(`taken is in use by process ${process.pid}; wait until it ends, stop it, or take another folder`),
    );
    expect(await readFile(join(taken, 'run.json'), 'utf8')).toBe('of the other');
  });

  it('ends with the same weights, bit for bit, after kill -9, Ctrl-C and two resumptions as without', async () => {
    const whole = join(scratch, 'whole');
    const broken = join(scratch, 'broken');
    const uninterrupted = new Program(...common, ...length, '--out', whole);
    expect(await uninterrupted.exit, uninterrupted.stderr).toBe(0);

    const killed = new Program(...common, ...length, '--evaluate-every', '3', '--out', broken);
    await killed.until(() => existsSync(join(broken, 'checkpoint')));
    killed.child.kill('SIGKILL');
    expect(await killed.exit).toBe('SIGKILL');

    const resume = ['--resume', '--json', '--out', broken];
    const stopped = new Program(...resume, '--evaluate-every', '1000');
    await stopped.until(() => stopped.lines().some(({ type }) => type === 'progress'));
    stopped.child.kill('SIGINT');
    expect(await stopped.exit, stopped.stderr).toBe(130);
    expect(stopped.stderr).toMatch(/checkpoint of step \d+ .* To go on: .* --resume --out /);
    expect(stopped.lines().find(({ type }) => type === 'start')?.step).toBe(3);

    const finished = new Program(...resume);
    expect(await finished.exit, finished.stderr).toBe(0);
    expect(finished.lines().find(({ type }) => type === 'start')?.step).toBeGreaterThan(3);

    const [one, other] = await Promise.all([whole, broken].map((folder) => readFile(join(folder, 'model.safetensors'))));
    expect(other?.equals(one ?? Buffer.of())).toBe(true);
    const [ours, theirs] = [finished, uninterrupted].map((program) => program.lines().at(-1)?.test as ResultEvent['test']);
    expect(ours?.confusion).toEqual(theirs?.confusion);
    // The loss is a float32 sum over 200 batches, and which of them are added first depends on the clock.
    expect(Math.abs((ours?.loss ?? Number.NaN) / (theirs?.loss ?? Number.NaN) - 1)).toBeLessThan(200 * 2 ** -24);

    const names = ['checkpoint', 'curves.svg', 'metrics.jsonl', 'model.safetensors', 'run.json', 'state.json'];
    for (const folder of [whole, broken]) expect((await readdir(folder)).sort()).toEqual(names);
    expect(uninterrupted.lines().at(-1)).toMatchObject({ type: 'result', step: 14, test: { accuracy: expect.any(Number) } });
    const steps = (await readFile(join(broken, 'metrics.jsonl'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).step);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
  }, 300_000);

  it('stops where the loss becomes NaN and names the step', async () => {
    const program = new Program(...common, '--steps', '20', '--learning-rate', '1e30', '--out', join(scratch, 'diverged'));
    expect(await program.exit).toBe(1);
    expect(program.stderr).toMatch(/The loss became NaN or infinite at step \d+\./);
    expect(program.stderr).not.toMatch(/^\s+at /m);
    expect(program.stderr).not.toContain('checkpoint');
    expect(program.lines().every(({ type }) => type !== 'result')).toBe(true);
  }, 120_000);
});
