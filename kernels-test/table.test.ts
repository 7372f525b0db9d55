import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differenceLines, differences } from '../examples/results/differences.ts';
import { falls, reaches } from '../examples/table/claims.ts';
import { counts } from '../examples/table/counts.ts';
import { parseOptions } from '../examples/table/options.ts';
import { layoutOf, markdownTable } from '../examples/table/print.ts';
import { scaleOf, seedsOf, stepsOf, type Training, trainingText } from '../examples/table/recipe.ts';
import { predictionMargin, summary } from '../examples/table/statistics.ts';
import { type Finished, ResultStore, type ResultsFile, recipeKey } from '../examples/table/store.ts';
import type { TrainingResult } from '../examples/table/train-row.ts';
import { adam, zoo } from '../src/index.ts';
import { lockFolder } from '../src/node/folder-lock.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'paredown-table-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const trained = (accuracy: number[]): TrainingResult => ({
  seeds: accuracy.map((_, index) => index + 1),
  steps: 10,
  accuracy,
  loss: accuracy,
  external: {},
  curve: [],
  wallMs: 1,
  stepMs: 1,
  savedBytes: 1,
});

const finished = (row: string, result: object, scale = 1): Omit<Finished, 'key' | 'table'> => ({
  row,
  training: '10 steps',
  recipe: { steps: 10 },
  result,
  adapter: { description: 'test', kind: 'cpu' },
  versions: { paredown: '0', node: '0' },
  finished: '2026-01-01T00:00:00.000Z',
  wallMs: 5,
  command: 'npm run table',
  scale,
});

describe('the length of a training', () => {
  const training: Training = { data: 'mnist-60000', batch: 32, optimizer: adam(), length: { epochs: 20 } };

  test('is the paper\u2019s, or what --steps, --epochs or --scale make of it', () => {
    expect(stepsOf(training, 60_000, { scale: 1 })).toBe(37_500);
    expect(stepsOf(training, 60_001, { scale: 1 })).toBe(37_501);
    expect(stepsOf(training, 60_000, { scale: 0.1 })).toBe(3750);
    expect(stepsOf(training, 60_000, { scale: 1e-9 })).toBe(1);
    expect(stepsOf(training, 60_000, { scale: 1, epochs: 2 })).toBe(3750);
    expect(stepsOf({ ...training, length: { steps: 20_000 } }, 60_000, { scale: 1, steps: 7 })).toBe(7);
    expect(scaleOf(training, 60_000, 3750)).toBe(0.1);
  });

  test('over a part of the images is a part of it', () => {
    expect(scaleOf(training, 6000, 37_500)).toBe(0.1);
    expect(scaleOf(training, 6000, 3750)).toBe(0.1);
    expect(scaleOf(training, 6000, 375)).toBe(0.01);
    expect(trainingText(training, 6000, 375, [1, 2, 3])).toBe('375 steps of 32, 6,000 of 60,000 training images, seeds 1 to 3');
  });

  test('is that of each of the seeds', () => {
    expect(seedsOf({ scale: 1 })).toEqual([1, 2, 3]);
    expect(seedsOf({ scale: 1 }, 20)).toHaveLength(20);
    expect(seedsOf({ scale: 1, seeds: 2 }, 20)).toEqual([1, 2]);
  });
});

describe('the options of a table', () => {
  test.each([
    [['dhingra-9'], 'There is no table dhingra-9'],
    [['a', '--steps', '0'], 'from 1 to'],
    [['a', '--scale', '0'], 'above 0'],
    [['a', '--steps', '5', '--scale', '0.5'], '--steps and --scale both'],
    [['a', '--rows', '('], 'regular expression'],
    [['a', '--data-dir', ''], 'name a folder'],
    [['a', 'b'], 'too many arguments'],
    [['a', '--what'], 'unknown option'],
  ])('%j are refused', (args, message) => {
    expect(() => parseOptions(args, ['a'])).toThrow(message);
  });

  test('list needs no table', () => {
    expect(parseOptions(['list'], ['a'])?.table).toBeUndefined();
  });
});

describe('results.json', () => {
  test('keeps figures that are not finite', async () => {
    const folder = join(scratch, 'diverged');
    const result = { accuracy: [Number.NaN, 0.5], loss: [Number.POSITIVE_INFINITY, 1] };
    await (await ResultStore.open(folder, 'a')).put(finished('one', result));
    expect((await ResultStore.open(folder, 'a')).find('one', { steps: 10 })?.result).toEqual(result);
  });

  test('keeps a row under its recipe, in whatever order its keys come', async () => {
    const folder = join(scratch, 'kept');
    const store = await ResultStore.open(folder, 'a');
    await store.put({ ...finished('row', { x: 1 }), recipe: { steps: 10, seeds: [1, 2] } });
    const again = await ResultStore.open(folder, 'a');
    expect(again.find('row', { seeds: [1, 2], steps: 10 })?.result).toEqual({ x: 1 });
    expect(again.find('row', { seeds: [1, 2], steps: 11 })).toBeUndefined();
    expect(again.find('other', { seeds: [1, 2], steps: 10 })).toBeUndefined();
    await expect(ResultStore.open(folder, 'b')).rejects.toThrow('holds results of the table a, not b');
  });

  test('a short training drives out no long one', async () => {
    const folder = join(scratch, 'both');
    const store = await ResultStore.open(folder, 'a');
    await store.put({ ...finished('row', { x: 1 }), recipe: { steps: 20_000 } });
    await store.put({ ...finished('row', { x: 2 }), recipe: { steps: 200 } });
    const both = await ResultStore.open(folder, 'a');
    expect([20_000, 200].map((steps) => both.find('row', { steps })?.result)).toEqual([{ x: 1 }, { x: 2 }]);
  });

  test('is written a line for each finished row', async () => {
    const folder = join(scratch, 'lines');
    const store = await ResultStore.open(folder, 'a');
    await store.put({ ...finished('row', { x: [1, 2, 3] }), recipe: { steps: 1 } });
    await store.put({ ...finished('other', { x: [4, 5, 6] }), recipe: { steps: 2 } });
    await store.conclude({ title: 'A', columns: [], notes: [], claims: [], figures: [], rows: [], remarks: [] });
    const text = await readFile(join(folder, 'results.json'), 'utf8');
    expect(text.split('\n').filter((line) => line.includes('"result":'))).toHaveLength(2);
    expect(JSON.parse(text)).toMatchObject({ format: 1, table: 'a', conclusion: { title: 'A' } });
  });

  test('what was forgotten is not borrowed again, until it was run again', async () => {
    const one = await ResultStore.open(join(scratch, 'fresh', 'one'), 'one');
    await one.put(finished('row', { x: 1 }));
    const two = await ResultStore.open(join(scratch, 'fresh', 'two'), 'two');
    const row = { name: 'row', recipe: { steps: 10 } };
    await two.borrow(row.name, row.recipe);
    await two.forget([row]);
    expect(two.find(row.name, row.recipe)).toBeUndefined();
    const reopened = await ResultStore.open(join(scratch, 'fresh', 'two'), 'two');
    expect(await reopened.borrow(row.name, row.recipe)).toBeUndefined();
    await one.put({ ...finished('row', { x: 3 }), finished: new Date(Date.now() + 1000).toISOString() });
    expect((await reopened.borrow(row.name, row.recipe))?.result).toEqual({ x: 3 });
  });

  test('a recipe without an option is that with the option undefined, and no other', () => {
    expect(recipeKey({ a: 1, b: undefined })).toBe(recipeKey({ a: 1 }));
    const keys = [{ a: 1 }, { a: '1' }, { a: [1] }, { a: { b: 1 } }, { b: 1 }, {}].map(recipeKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test.each([
    ['{', 'is damaged'],
    ['{"format":2}', 'is no file of results'],
    ['[]', 'is no file of results'],
  ])('%s is refused', async (text, message) => {
    const folder = await mkdtemp(join(scratch, 'damaged-'));
    await writeFile(join(folder, 'results.json'), text);
    await expect(ResultStore.open(folder, 'a')).rejects.toThrow(message);
  });

  test('takes over what was run with the same recipe, here or in a table beside it', async () => {
    const one = await ResultStore.open(join(scratch, 'beside', 'one'), 'one');
    await one.put(finished('row', { x: 2 }));
    const two = await ResultStore.open(join(scratch, 'beside', 'two'), 'two');
    expect(await two.borrow('row', { steps: 11 })).toBeUndefined();
    for (const name of ['row', 'same under another name'])
      expect(await two.borrow(name, { steps: 10 })).toMatchObject({ result: { x: 2 } });
    expect((await ResultStore.open(join(scratch, 'beside', 'two'), 'two')).find('row', { steps: 10 })?.result).toEqual({ x: 2 });
  });
});

describe('what is printed', () => {
  test('columns are as wide as their widest cell, numbers to the right', () => {
    const layout = layoutOf(
      [{ title: 'name', align: 'left' }, { title: 'size' }, { title: 'x', width: 3 }],
      [['abcdef', '1', '']],
    );
    expect(`${layout.header()}\n${layout.rule()}`).toBe('name    size    x\n------  ----  ---');
    expect(layout.row(['a', '12', '1'])).toBe('a         12    1');
  });

  test('Markdown escapes what would end a cell', () => {
    expect(markdownTable([{ title: 'a', align: 'left' }, { title: 'b' }], [['x|y', '1']])).toBe(
      '| a | b |\n| --- | ---: |\n| x\\|y | 1 |',
    );
  });

  test('the deviation is that of the sample', () => {
    expect(summary([1, 2, 3])).toEqual({ mean: 2, deviation: 1 });
    expect(summary([4])).toEqual({ mean: 4 });
  });

  test('one more of three values lies within t(0.975, 2) deviations, and some for the mean, with 95%', () => {
    expect(predictionMargin([1, 2, 3])).toBeCloseTo(4.302653 * Math.sqrt(4 / 3), 5);
    expect(predictionMargin([4])).toBeUndefined();
  });

  test('weights are counted without biases, also inside of branches', () => {
    const known = Object.fromEntries(
      ['dhingra/baseline', 'gulati/condensenet'].map((name) => [name, counts(zoo[name] ?? expect.fail(name))]),
    );
    expect(known['dhingra/baseline']).toMatchObject({ parameters: 3_274_634, weights: 3_273_504, activationBytes: 4 * 48_858 });
    expect(known['gulati/condensenet']).toMatchObject({ parameters: 535_066, weights: 534_592 });
  });
});

describe('claims', () => {
  const results = new Map([
    ['a', trained([0.9, 0.92])],
    ['b', trained([0.8])],
    ['c', trained([0.8])],
  ]);

  test('hold, fail, or are left out where a row is missing', () => {
    expect(falls('a over b', ['a', 'b'], results)).toEqual([{ text: 'a over b', holds: true, found: '91.00%, 80.00%' }]);
    expect(falls('b over c', ['b', 'c'], results)).toMatchObject([{ holds: false }]);
    expect(falls('b over d', ['b', 'd'], results)).toEqual([]);
    expect(reaches('a', 'a', 0.91, results)).toMatchObject([{ holds: true }]);
    expect(reaches('a', 'a', 0.92, results)).toMatchObject([{ holds: false }]);
    expect(reaches('d', 'd', 0.5, results)).toEqual([]);
  });

  test('differences from the paper are of full length and beyond two standard deviations', () => {
    const name = 'dhingra/optimized';
    const of = (accuracy: number[], scale?: number) =>
      differences([{ key: '', table: '', ...finished(name, trained(accuracy), scale) }]);
    expect(of([0.95, 0.966])).toEqual([]);
    expect(of([0.97, 0.972])).toMatchObject([{ row: name, published: 0.9581 }]);
    expect(of([0.97, 0.972], 0.1)).toEqual([]);
    expect(of([0.97])).toEqual([]);
    const lines = differenceLines(of([0.97, 0.972]), [{ rows: 'optimized', text: 'chance' }]);
    expect(lines[1]).toBe(
      '- dhingra/optimized: 95.81% published, 97.10% ± 0.14% ours, within what one more training could give by chance: chance',
    );
  });

  test('a difference is within chance where one more training could lie as far off, the rounding of the paper added', () => {
    const of = (row: string, accuracy: number[]) => differences([{ key: '', table: '', ...finished(row, trained(accuracy)) }]);
    // 95.81% and 98.5%: 0.07 points off, where one more training lies within 0.05.
    expect(of('dhingra/optimized', [0.9587, 0.9588, 0.9589])).toMatchObject([{ byChance: false }]);
    expect(of('dhingra/5x5-16-pool4', [0.9842, 0.9843, 0.9844])).toMatchObject([{ byChance: true }]);
    expect(of('dhingra/optimized', [0.9585, 0.9586, 0.9587])).toMatchObject([{ byChance: true }]);
    const lines = differenceLines(of('dhingra/optimized', [0.9587, 0.9588, 0.9589]), []);
    expect(lines.join('\n')).toMatch(/95\.88% ± 0\.01% ours: no cause is known to us/);
    expect(lines.join('\n')).not.toContain('chance');
  });
});

/** A folder of MNIST's form with noise in it. */
async function noiseMnist(folder: string): Promise<void> {
  await mkdir(join(folder, 'mnist'), { recursive: true });
  let state = 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  for (const [part, size] of [
    ['train', 5200],
    ['t10k', 100],
  ] as const) {
    const header = (magic: number, ...sizes: number[]) => {
      const bytes = new DataView(new ArrayBuffer(4 + 4 * sizes.length));
      [magic, ...sizes].forEach((value, index) => {
        bytes.setUint32(4 * index, value);
      });
      return Buffer.from(bytes.buffer);
    };
    const images = Buffer.from(Uint8Array.from({ length: size * 784 }, random));
    const labels = Buffer.from(Uint8Array.from({ length: size }, (_, index) => index % 10));
    await writeFile(join(folder, 'mnist', `${part}-images-idx3-ubyte`), Buffer.concat([header(0x803, size, 28, 28), images]));
    await writeFile(join(folder, 'mnist', `${part}-labels-idx1-ubyte`), Buffer.concat([header(0x801, size), labels]));
  }
}

describe('npm run table', () => {
  const data = () => join(scratch, 'data');
  const kept = async (out: string) => JSON.parse(await readFile(join(out, 'results.json'), 'utf8')) as ResultsFile;

  const rowOf = ({ finished }: ResultsFile, row: string) =>
    finished.find((one) => one.row === row) ?? expect.fail(`the row ${row} is missing`);
  const resultOf = (file: ResultsFile) => rowOf(file, 'dhingra/optimized').result as TrainingResult;

  /** A start of examples/table.ts; the first time that it prints `interruptAt`, it gets Ctrl-C. */
  async function table(args: readonly string[], interruptAt?: string) {
    const folder = args.includes('--data-dir') ? [] : ['--data-dir', data()];
    const child = spawn(process.execPath, ['--import', 'tsx', 'examples/table.ts', ...args, ...folder], {
      cwd: ROOT,
      env: { ...process.env, PAREDOWN_DATA: '', DEBUG: '' },
    });
    const output = { stdout: '', stderr: '', interrupted: false };
    child.stderr.on('data', (piece) => {
      output.stderr += piece;
    });
    child.stdout.on('data', (piece) => {
      output.stdout += piece;
      if (interruptAt !== undefined && !output.interrupted && output.stdout.includes(interruptAt)) {
        output.interrupted = true;
        child.kill('SIGINT');
      }
    });
    const code = await new Promise((done) => child.on('close', done));
    return { code, ...output };
  }

  beforeAll(() => noiseMnist(data()));

  test('lists the tables without data or adapter', async () => {
    const { code, stdout } = await table(['list']);
    expect(code).toBe(0);
    for (const name of ['dhingra-1', 'dhingra-figure-1', 'gulati-12', 'babu-cifar']) expect(stdout).toContain(name);
  });

  test('runs rows, says that they are scaled, and shows them again without running', async () => {
    const out = join(scratch, 'run');
    const args = ['dhingra-7', '--steps', '3', '--seeds', '2', '--out', out];
    const first = await table(args);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toContain('SCALED: 0.00015 times the full training');
    expect(first.stdout).toContain('13,874');
    const before = await kept(out);
    expect(before.finished.map(({ row }) => row)).toEqual(['dhingra/optimized', 'dhingra/optimized-3x3']);
    expect(resultOf(before).accuracy).toHaveLength(2);
    expect((await readdir(out)).sort()).toEqual(['accuracy.svg', 'curves.svg', 'results.json', 'results.md']);
    expect(await readFile(join(out, 'results.md'), 'utf8')).toContain('SCALED');

    const second = await table(args);
    expect(second.code).toBe(0);
    expect((await kept(out)).finished).toEqual(before.finished);

    const fresh = await table([...args, '--fresh', '--rows', 'optimized$']);
    expect(fresh.code).toBe(0);
    const after = await kept(out);
    expect(rowOf(after, 'dhingra/optimized').finished).not.toBe(rowOf(before, 'dhingra/optimized').finished);
    expect(resultOf(after).accuracy).toEqual(resultOf(before).accuracy);
    expect(rowOf(after, 'dhingra/optimized-3x3')).toEqual(rowOf(before, 'dhingra/optimized-3x3'));
    // Though one row alone was run, the page has both.
    expect(after.conclusion?.rows.map(({ key }) => key !== undefined)).toEqual([true, true]);

    const shorter = await table(['dhingra-7', '--steps', '2', '--seeds', '2', '--out', out, '--rows', 'optimized$']);
    expect(shorter.code).toBe(0);
    expect((await kept(out)).finished).toEqual(expect.arrayContaining(after.finished as Finished[]));
  });

  test('interrupted, goes on from a checkpoint and ends as if it never had been', async () => {
    const [whole, parts] = [join(scratch, 'whole'), join(scratch, 'parts')];
    await mkdir(whole);
    const args = ['dhingra-7', '--rows', 'optimized$', '--steps', '400', '--seeds', '2', '--out'];
    const stopped = await table([...args, parts], 'optimized: step');
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('to go on: npx tsx examples/table.ts dhingra-7');
    expect(
      (await readdir(join(parts, 'partial')))
        .map((name) => name.replace(/^.*-seeds/, 'seeds').replace(/^.*-begun/, 'begun'))
        .sort(),
    ).toEqual(['begun.json', expect.stringMatching(/^seeds-1-2-step-\d+\.checkpoint$/), 'seeds-1-2.json']);
    const resumed = await table([...args, parts]);
    expect(resumed.code).toBe(0);
    expect(resumed.stdout).toMatch(/goes on at step \d+/);
    expect(await readdir(parts)).not.toContain('partial');
    const fresh = await table([...args, whole, '--fresh']);
    expect(fresh.code).toBe(0);
    const result = async (out: string) => resultOf(await kept(out));
    const [a, b] = [await result(parts), await result(whole)];
    expect(a.accuracy).toEqual(b.accuracy);
    expect(a.loss).toEqual(b.loss);
    const withoutLoss = ({ curve }: TrainingResult) => curve.map(({ step, validationLoss }) => ({ step, validationLoss }));
    expect(withoutLoss(a)).toEqual(withoutLoss(b));
    expect(a.curve.at(-1)?.step).toBe(400);
  });

  test('leaves a folder alone in which another process runs', async () => {
    const taken = join(scratch, 'taken');
    await using _lock = await lockFolder(taken);
    const before = await readdir(taken);
    const { code, stderr } = await table(['dhingra-7', '--steps', '1', '--fresh', '--out', taken]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`taken is in use by process ${process.pid}; wait until it ends, stop it, or take another folder`),
    );
    expect(await readdir(taken)).toEqual(before);
  });

  test('refuses damaged data before anything is trained', async () => {
    const dir = join(scratch, 'damaged');
    await noiseMnist(dir);
    await writeFile(join(dir, 'mnist', 'train-labels-idx1-ubyte'), 'short');
    const { code, stderr } = await table(['dhingra-7', '--out', join(scratch, 'none'), '--data-dir', dir]);
    expect(code).toBe(1);
    expect(stderr).toContain('train-labels-idx1-ubyte');
  });
});
