import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Gpu, lockFolder, openGpu } from 'paredown/node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { measurePace } from '../examples/evidence/calibrate.ts';
import { estimate, type Measurement, measurements } from '../examples/evidence/estimate.ts';
import { type Goal, goalOf } from '../examples/evidence/goals.ts';
import { parseOptions } from '../examples/evidence/options.ts';
import { gain, gainOfSeeds, next, ordered } from '../examples/evidence/order.ts';
import { leftInWords, listAsJson, printList } from '../examples/evidence/print.ts';
import { Queue } from '../examples/evidence/run.ts';
import { everything, type Wanted } from '../examples/evidence/wanted.ts';
import { openTableDisplay } from '../examples/table/display.ts';
import { type Finished, ResultStore, type ResultsFile, recipeKey } from '../examples/table/store.ts';
import type { Row } from '../examples/table/table.ts';
import { tables } from '../examples/table/tables/index.ts';
import type { TrainingResult } from '../examples/table/train-row.ts';

import { displayTo, goal, tinyData, tinyTable, twoTables } from './support/evidence.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'paredown-evidence-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('the order', () => {
  const places = (...rows: number[]) => rows.map((count) => ({ rows: count }));
  const job = (name: string, from: number, to: number, ms: number | undefined, rows: number[], resumes = true) => ({
    name,
    from,
    to,
    places: places(...rows),
    resumes,
    ...(ms !== undefined && { estimate: { ms, source: '' } }),
  });
  const names = (jobs: readonly { name: string }[]) => jobs.map(({ name }) => name);

  test('a first seed counts 1, and further ones what they take from the variance of the mean', () => {
    expect(gainOfSeeds(0, 1)).toBe(1);
    expect(gainOfSeeds(1, 2)).toBeCloseTo(1 / 2);
    expect(gainOfSeeds(2, 3)).toBeCloseTo(1 / 6);
    expect(gainOfSeeds(0, 20)).toBeCloseTo(1 + 1 - 1 / 20);
  });

  test('a row is worth its share of each table that shows it', () => {
    expect(gain({ from: 0, to: 1, places: places(4, 2) })).toBeCloseTo(1 / 4 + 1 / 2);
    expect(gain({ from: 0, to: 1, places: places(400) })).toBeCloseTo(1 / 400);
  });

  test('what adds most for its time comes first, what takes nobody knows how long last', () => {
    const jobs = [
      job('unknown', 0, 1, undefined, [1]),
      job('third seed', 2, 3, 100, [5]),
      job('first seed', 0, 1, 100, [5]),
      job('first of a large network', 0, 1, 10_000, [5]),
      job('first of a table of one row', 0, 1, 400, [1]),
    ];
    expect(names(ordered(jobs))).toEqual([
      'first of a table of one row',
      'first seed',
      'third seed',
      'first of a large network',
      'unknown',
    ]);
  });

  test('in the time left comes what ends in it, else what can go on another time', () => {
    const jobs = [job('long', 0, 1, 1000, [1]), job('short', 0, 1, 10, [1]), job('points', 0, 20, 500, [1], false)];
    expect(next(jobs)?.name).toBe('long');
    expect(next(jobs, 100)?.name).toBe('short');
    expect(next(jobs, 5)?.name).toBe('long');
    expect(next(jobs.slice(2), 5)).toBeUndefined();
    expect(next([job('unknown', 0, 1, undefined, [1])], 5)?.name).toBe('unknown');
    expect(next([], 5)).toBeUndefined();
  });
});

const row = (name: string, seeds: number, cost: number): Row => ({
  name,
  seeds,
  cost,
  recipe: { name, seeds },
  training: '',
  scale: 1,
  run: async () => ({}),
  extend: async () => ({}),
  cells: () => [],
});

describe('the estimate', () => {
  const wanted = (name: string, cost: number): Wanted => ({
    key: name,
    places: [{ table: 'table', row: name, rows: 1 }],
    first: row(name, 1, cost),
    whole: row(name, 3, 3 * cost),
  });
  const measured = (name: string, size: number, msPerCost: number, more: Partial<Measurement> = {}): Measurement => ({
    source: name,
    unit: 'network',
    size,
    msPerCost,
    adapter: 'here',
    date: '2026-01-01',
    key: name,
    ...more,
  });
  const asked = wanted('a', 100);
  const of = (...all: Measurement[]) => estimate(asked, 100, 'here', all);

  test('is the time of the row itself, the newest', () => {
    const own = [measured('a', 100, 2), measured('a', 100, 3, { date: '2026-02-01' }), measured('b', 100, 7)];
    expect(of(...own)).toEqual({ ms: 300, source: 'its time, a' });
  });

  test('or else the pace of the row that is nearest in size', () => {
    expect(of(measured('b', 1000, 5), measured('c', 50, 7))).toEqual({ ms: 700, source: 'the pace of c' });
  });

  test('or else of another adapter, which it names', () => {
    const there = { adapter: 'there' };
    expect(of(measured('a', 100, 2, there), measured('b', 9, 4))?.source).toBe('the pace of b');
    expect(of(measured('a', 100, 2, there), measured('b', 9, 4, there))?.source).toBe('its time, a on there');
  });

  test('is none where nothing was measured in its unit', () => {
    expect(of()).toBeUndefined();
    expect(of(measured('b', 100, 5, { unit: 'points' }))).toBeUndefined();
  });

  test('of a row that was interrupted goes by what was done of it', () => {
    const all = [measured('a', 100, 2)];
    expect(estimate(asked, 100, 'here', all, { share: 0.25, wallMs: 10 })).toEqual({ ms: 30, source: 'what is done of it' });
    expect(estimate(asked, 100, 'here', all, { share: 0.01, wallMs: 10 })?.ms).toBeCloseTo(198);
  });

  test('takes finished rows in proportion to their length and seeds', () => {
    const finished = (seeds: number[], scale: number, wallMs: number): Finished => ({
      row: 'a',
      key: '',
      recipe: {},
      result: { seeds },
      table: 'table',
      training: '1,000 steps of 50, 55,000 training images',
      adapter: { description: 'here', kind: 'cpu' },
      versions: { paredown: '0', node: '0' },
      finished: '2026-01-01',
      wallMs,
      command: '',
      scale,
    });
    const [two, other] = measurements([finished([1, 2], 0.1, 40), { ...finished([1], 1, 1), row: 'z' }], [asked]);
    // 40 ms for a tenth of two times 100.
    expect(two).toMatchObject({ msPerCost: 2, size: 100, unit: 'network', source: 'a, 1,000 steps of 50' });
    expect(other).toBeUndefined();
  });
});

describe('the options', () => {
  test.each([
    [['--only', 'one,three'], 'There is no table three. The tables are one, two.'],
    [['--only', ''], "There is no table ''."],
    [['--minutes', '0'], 'above 0'],
    [['--minutes', 'soon'], 'above 0'],
    [['--minutes', '-5'], 'above 0'],
    [['--out', ''], 'name a folder'],
    [['--json'], '--json goes with --list'],
    [['--list', '--minutes', '5'], 'leave --minutes out'],
    [['one'], 'too many arguments'],
    [['--what'], 'unknown option'],
  ])('%j are refused', (args, message) => {
    expect(() => parseOptions(args, ['one', 'two'])).toThrow(message);
  });

  test('are all tables, until nothing is left, where nothing else is said', () => {
    expect(parseOptions([], ['one'])).toEqual({ out: 'runs/evidence', results: 'docs/results', list: false, json: false });
    expect(parseOptions(['--only', 'two, one', '--minutes', '2.5'], ['one', 'two'])).toMatchObject({
      only: ['two', 'one'],
      minutes: 2.5,
    });
  });
});

test('CIFAR-10 is wanted for 20 epochs on a software driver, without the AlexNets, and whole on a GPU', () => {
  const table = tables.get('babu-cifar') ?? expect.fail('there is no such table');
  expect(goalOf(table, 'cpu')).toMatchObject({ settings: { epochs: 20 }, word: '20-epochs' });
  const leaves = (name: string) => goalOf(table, 'cpu').leaves?.rows.test(name);
  expect(['babu/alexnet', 'babu/alexnet-gap', 'babu/alexnet-fire', 'babu/squeezenet-v1.0'].map(leaves)).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(goalOf(table, 'gpu')).toEqual({ table, settings: { scale: 1 }, word: 'full' });
});

test('a table whose data are missing is named, and the others are there', async () => {
  const cifar = goal(tinyTable('colours', ['babu/squeezenet-v1.1'], 10, 'cifar-10'));
  const { wanted, left } = await everything([cifar, ...twoTables(10)], tinyData);
  expect(left).toEqual(['colours, for want of its data: CIFAR-10 is not on this machine. Looked in nowhere']);
  expect(wanted.map(({ places }) => places.map(({ table, row }) => `${table} ${row}`))).toEqual([
    ['one nahhas/two'],
    ['one nahhas/proposed', 'two nahhas/proposed'],
  ]);
});

test('a row that the zoo has not got, and one that is not wanted, are named', async () => {
  const table = tinyTable('one', ['nahhas/two', 'nahhas/nothing'], 10);
  const { wanted, left } = await everything([{ ...goal(table), leaves: { rows: /two/, why: 'too slow' } }], tinyData);
  expect(wanted).toEqual([]);
  expect(left).toEqual(['nahhas/two of one: too slow', 'nahhas/nothing of one: not built yet']);
});

test('a cost that is not known gives no share', () => {
  const { stdout } = process;
  const { isTTY: before } = stdout;
  const write = vi.spyOn(stdout, 'write').mockReturnValue(true);
  try {
    for (const isTTY of [false, true]) {
      stdout.isTTY = isTTY;
      const display = openTableDisplay();
      display.progress(0, 0, 'a row: step 1');
      display.close();
    }
    const text = write.mock.calls.map(([piece]) => piece).join('');
    expect(text).toContain('  a row: step 1\n');
    expect(text).not.toMatch(/NaN|%/);
  } finally {
    stdout.isTTY = before;
    write.mockRestore();
  }
});

describe('the queue', () => {
  const STEPS = 40;
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openGpu({ validation: true });
  });
  afterAll(() => gpu?.destroy());

  /** As if networks had been measured. */
  const pace = async (): Promise<Measurement[]> => [
    { source: 'made up', unit: 'network', size: 1, msPerCost: 1e-6, adapter: gpu.info.description, date: '2026-01-01' },
  ];

  test('learns the pace of an adapter from a small and a large network', async () => {
    const found = await measurePace(gpu, tinyData, new AbortController().signal);
    expect(found.map(({ unit, adapter }) => [unit, adapter])).toEqual([1, 2].map(() => ['network', gpu.info.description]));
    for (const { msPerCost } of found) expect(msPerCost).toBeGreaterThan(0);
    expect(found[1]?.size).toBeGreaterThan(found[0]?.size ?? Number.NaN);
  });

  const folders = (name: string) => ({ out: join(scratch, name, 'out'), results: join(scratch, name, 'results') });
  async function open(name: string, goals: readonly Goal[], onLine?: (line: string) => void, stop = new AbortController()) {
    const lines: string[] = [];
    const display = displayTo((line) => {
      lines.push(line);
      onLine?.(line);
    });
    const queue = await Queue.open({ gpu, goals, data: tinyData, ...folders(name), display, signal: stop.signal, pace });
    return { queue, lines };
  }
  const kept = async (folder: string) => JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')) as ResultsFile;
  const landed = async (name: string, table: string) => kept(join(folders(name).results, table));
  /** What the page shows: the figures of each row. */
  async function shown(name: string, table: string): Promise<[string, Pick<TrainingResult, 'seeds' | 'accuracy' | 'loss'>][]> {
    const { conclusion, finished } = await landed(name, table);
    return (conclusion?.rows ?? []).flatMap((one) => {
      const found = finished.find(({ row: itsRow, key }) => itsRow === one.name && key === one.key);
      if (!found) return [];
      const { seeds, accuracy, loss } = found.result as TrainingResult;
      return [[one.name, { seeds, accuracy, loss }]];
    });
  }

  /** A row's figures from all seeds as replicas of one plan. */
  async function atOnce(asked: Row | undefined): Promise<[string, object]> {
    if (!asked?.run) return expect.fail('there is no such row');
    const { seeds, accuracy, loss } = (await asked.run({
      gpu,
      data: tinyData,
      signal: new AbortController().signal,
      keep: (file) => join(scratch, 'at-once', file),
      reached: async () => undefined,
      progress: () => undefined,
      note: () => undefined,
    })) as TrainingResult;
    return [asked.name, { seeds, accuracy, loss }];
  }

  test('trains first seeds and adds the others, to what all at once come to; a table takes over what another trained', async () => {
    const { queue, lines } = await open('grown', twoTables(STEPS));
    const { left, landed: names, failed } = await queue.run();
    expect({ left, names, failed }).toEqual({ left: [], names: ['one', 'two'], failed: 0 });
    const begun = lines.filter((line) => / seed|seeds /.test(line) && line.includes('about'));
    // Which is the first depends on what they took.
    expect(begun.map((line) => line.replace(/, about.*/, '')).sort()).toEqual([
      'nahhas/proposed (one, two): first seed',
      'nahhas/proposed (one, two): seeds 2 to 3',
      'nahhas/two (one): first seed',
      'nahhas/two (one): seeds 2 to 3',
    ]);
    expect((await readdir(join(folders('grown').out))).sort()).toEqual(['one']);
    expect(await readdir(join(folders('grown').out, 'one'))).toEqual(['results.json']);

    const [, two] = twoTables(STEPS);
    const [proposed] = (await two?.table.rows({ scale: 1 }, tinyData)) ?? [];
    expect(await shown('grown', 'two')).toEqual([await atOnce(proposed)]);
    expect((await shown('grown', 'one'))[1]).toEqual((await shown('grown', 'two'))[0]);
    const { finished } = await landed('grown', 'one');
    expect(new Set(finished.map(({ command }) => command))).toEqual(new Set(['npm run evidence -- --only one']));

    // Nothing is left: nothing is trained, and nothing of the results changes.
    const again = await open('grown', twoTables(STEPS));
    expect(await again.queue.run()).toEqual({ left: [], failed: 0, landed: [] });
    expect(printList(await again.queue.jobs(), [], 'here')).toBe('Nothing is left to train.');
  });

  test('at another length leaves the table as it was, in a folder of its own', async () => {
    await cp(folders('grown').results, folders('longer').results, { recursive: true });
    const before = await landed('longer', 'one');
    const { queue } = await open('longer', twoTables(STEPS + 1).slice(0, 1));
    expect((await queue.run()).landed).toEqual(['one.full']);
    expect(await landed('longer', 'one')).toEqual(before);
    expect((await shown('longer', 'one.full')).map(([name]) => name)).toEqual(['nahhas/two', 'nahhas/proposed']);
  });

  test('says what is left, from what it is estimated, and what each adds', async () => {
    const { queue } = await open('grown', [goal(tinyTable('one', ['nahhas/two', 'nahhas/no-dense'], STEPS))]);
    const jobs = await queue.jobs();
    expect(jobs.map(({ row: { name }, from, to }) => [name, from, to])).toEqual([
      ['nahhas/no-dense', 0, 1],
      ['nahhas/no-dense', 1, 3],
    ]);
    expect(leftInWords(jobs)).toMatch(/^1 row, about /);
    const text = printList(jobs, ['a row: too slow'], 'an adapter');
    expect(text).toMatch(/nahhas\/no-dense +one +first seed +[\d.]+ s +the pace of nahhas\/two, 40 steps of 20/);
    expect(text).toMatch(/nahhas\/no-dense +one +seeds 2 to 3/);
    expect(text).toMatch(/Left: 1 row, about .*, on an adapter\.\nNot in the queue:\n- a row: too slow$/);
    expect(listAsJson(jobs, ['a row: too slow'], 'an adapter')).toMatchObject({
      adapter: 'an adapter',
      left: [{ row: 'nahhas/no-dense', tables: ['one'], seeds: { from: 0, to: 1 }, gain: 0.5, done: 0 }, {}],
      notInQueue: ['a row: too slow'],
    });
  });

  test('stopped by the signal, goes on from a checkpoint, and ends as if it never had been', async () => {
    const goals = [goal(tinyTable('one', ['nahhas/two'], 1500))];
    const whole = await open('undisturbed', goals);
    await whole.queue.run();
    const stop = new AbortController();
    const stopAt = (line: string) => Number(/step ([\d,]+) of/.exec(line)?.[1]?.replaceAll(',', '')) >= 30 && stop.abort();
    const short = await open('stopped', goals, stopAt, stop);
    const { left, failed } = await short.queue.run();
    expect(failed).toBe(0);
    expect(left).toHaveLength(2);
    const found = left.find(({ from }) => from === 0) ?? expect.fail('no first seed is left');
    expect(found.done).toBeGreaterThanOrEqual(30 / 1500);
    expect(found.done).toBeLessThan(1);
    expect(found.estimate?.source).toBe('what is done of it');
    const rest = await open('stopped', goals);
    expect((await rest.queue.run()).left).toEqual([]);
    expect(rest.lines.some((line) => /goes on at step \d+/.test(line))).toBe(true);
    expect(await shown('stopped', 'one')).toEqual(await shown('undisturbed', 'one'));
  });

  test('stops when its minutes are over', async () => {
    // More than any machine ends in that time.
    const { queue } = await open('minutes', [goal(tinyTable('one', ['nahhas/two'], 10_000_000))]);
    const { left, failed, landed: names } = await queue.run(0.01);
    expect({ left: left.length, failed, names }).toEqual({ left: 2, failed: 0, names: [] });
  });

  test('trains nothing where the signal fired before', async () => {
    const stop = new AbortController();
    const { queue, lines } = await open('never', [goal(tinyTable('one', ['nahhas/two'], STEPS))], undefined, stop);
    stop.abort();
    expect((await queue.run()).left).toHaveLength(2);
    expect(lines.filter((line) => line.includes('seed'))).toEqual([]);
  });

  test('trains again what --fresh discarded in a table, wherever else it is kept, and puts it into all', async () => {
    await cp(join(scratch, 'grown'), join(scratch, 'fresh'), { recursive: true });
    const goals = twoTables(STEPS);
    const rows = await goals[0]?.table.rows({ scale: 1 }, tinyData);
    const proposed = rows?.find(({ name }) => name === 'nahhas/proposed') ?? expect.fail('there is no such row');
    const finishedOf = async (table: string) =>
      (await landed('fresh', table)).finished.flatMap(({ row, recipe, finished }) =>
        row === proposed.name && recipeKey(recipe) === recipeKey(proposed.recipe) ? [finished] : [],
      );
    const before = await finishedOf('two');
    expect(before).toHaveLength(1);
    const store = await ResultStore.open(join(folders('fresh').results, 'one'), 'one');
    await store.forget([proposed]);

    const { queue } = await open('fresh', goals);
    expect((await queue.jobs()).map(({ row: { name }, from, to }) => [name, from, to])).toEqual([[proposed.name, 1, 3]]);
    expect(await queue.run()).toEqual({ left: [], failed: 0, landed: ['one', 'two'] });
    const after = await finishedOf('two');
    expect(after).toHaveLength(1);
    expect(String(after) > String(before)).toBe(true);
    expect(await finishedOf('one')).toEqual(after);
    expect(await shown('fresh', 'one')).toEqual(await shown('grown', 'one'));
    const again = await open('fresh', goals);
    expect(await again.queue.run()).toEqual({ left: [], failed: 0, landed: [] });
  });

  test('leaves a table to the process that has it, and takes the others', async () => {
    await using _taken = await lockFolder(join(folders('shared').out, 'one'));
    const goals = [goal(tinyTable('one', ['nahhas/two'], STEPS)), goal(tinyTable('three', ['nahhas/proposed'], STEPS))];
    const { queue, lines } = await open('shared', goals);
    const { left, landed: names } = await queue.run();
    expect(names).toEqual(['three']);
    expect(new Set(left.map(({ row: { name } }) => name))).toEqual(new Set(['nahhas/two']));
    expect(lines.some((line) => line.startsWith('one is passed over: '))).toBe(true);
  });

  test('killed in the middle of a row, trains what was finished never again and comes to the same', async () => {
    const steps = 400;
    const { out, results } = folders('killed');
    const start = (...hang: string[]) =>
      spawn(
        process.execPath,
        ['--import', 'tsx', 'kernels-test/support/evidence-process.ts', String(steps), out, results, ...hang],
        { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] },
      );
    const ended = (child: ReturnType<typeof start>) => new Promise((done) => child.on('close', done));
    // In the second and third seed.
    const there = 'finished in[\\s\\S]*step \\d';
    const first = start(there);
    let output = '';
    first.stdout.on('data', (piece) => {
      output += piece;
      if (new RegExp(there).test(output)) first.kill('SIGKILL');
    });
    await ended(first);
    const before = (await kept(join(out, 'one'))).finished;
    expect(before).toHaveLength(1);
    expect(await ended(start())).toBe(0);
    expect((await kept(join(out, 'one'))).finished).toEqual(expect.arrayContaining([...before]));
    const [two] = await tinyTable('one', ['nahhas/two'], steps).rows({ scale: 1 }, tinyData);
    expect(await shown('killed', 'one')).toEqual([await atOnce(two)]);
    expect(await readdir(join(out, 'one'))).toEqual(['results.json']);
  });
});
