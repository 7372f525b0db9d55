import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrialRecord } from 'paredown/node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { hangingIndent, shortened } from '../src/cli/common/format.ts';
import { StudyBudget } from '../src/cli/search/budget.ts';
import { QueueWatch } from '../src/cli/search/queue-watch.ts';
import { noStudy } from '../src/cli/search/studies.ts';
import { TimeLeft } from '../src/cli/search/time-left.ts';
import { amount, exactPercent } from '../src/cli/search/values.ts';

/** A trial that took so many minutes, and 100 samples. */
const took = (minutes: number, strategy = 'evolve') =>
  ({ samples: 50, seeds: [1, 2], rates: [0.1], origin: { strategy }, wallMs: 60_000 * minutes }) as unknown as TrialRecord;

describe('the time left', () => {
  test('of minutes is what is not spent, over all runs', () => {
    const time = new TimeLeft({ minutes: 10 }, [took(8)], 4);
    expect(time.at(4)).toEqual({ share: 0.4, left: 6 * 60_000 });
    time.ended(took(3), 7);
    expect(time.at(7)).toEqual({ share: 0.7, left: 3 * 60_000 });
    expect(time.at(11)).toEqual({ share: 1, left: 0 });
  });

  test('of trials goes by the pace of this run, once it has one, and falls between trials', () => {
    const time = new TimeLeft({ trials: 10 }, [took(4), took(4)], 4);
    // 2 minutes a trial before.
    expect(time.at(4)).toEqual({ share: 0.2, left: 16 * 60_000 });
    time.ended(took(1), 5);
    expect(time.at(5)).toEqual({ share: 0.3, left: 7 * 60_000 });
    expect(time.at(5.5)).toEqual({ share: 0.3, left: 6.5 * 60_000 });
    expect(time.trials).toBe(3);
  });

  test('does not count what ended an earlier search', () => {
    const time = new TimeLeft({ trials: 10 }, [took(4), took(90, 'finish')], 4);
    expect(time.at(4)).toEqual({ share: 0.1, left: 36 * 60_000 });
    time.ended(took(7, 'finish'), 11);
    expect(time.trials).toBe(1);
  });

  test('of samples likewise', () => {
    const time = new TimeLeft({ samples: 1000 }, [], 0);
    expect(time.at(1)).toEqual({ share: 0, left: Number.NaN });
    time.ended(took(1), 2);
    expect(time.at(2)).toEqual({ share: 0.1, left: 18 * 60_000 });
  });

  test('is that of the budget that ends first', () => {
    const time = new TimeLeft({ minutes: 10, trials: 4 }, [], 0);
    expect(time.at(1)).toEqual({ share: 0.1, left: 9 * 60_000 });
    time.ended(took(1), 1);
    expect(time.at(1)).toEqual({ share: 0.25, left: 3 * 60_000 });
  });
});

describe('the budget of a study', () => {
  let scratch = '';
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'paredown-budget-'));
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));
  const file = () => join(scratch, 'budget.json');
  const keep = (kept: unknown) => writeFile(file(), JSON.stringify(kept));

  test('is the last that was typed, else an hour', async () => {
    expect((await StudyBudget.open(scratch, {}, [], 1)).budget).toEqual({ minutes: 60 });
    await StudyBudget.open(scratch, { trials: 5 }, [], 1);
    expect((await StudyBudget.open(scratch, {}, [], 1)).budget).toEqual({ trials: 5 });
    await StudyBudget.open(scratch, { minutes: 90, samples: 7 }, [], 1);
    expect((await StudyBudget.open(scratch, {}, [], 1)).budget).toEqual({ minutes: 90, samples: 7 });
  });

  test('knows what it was where that was more, or of another kind', async () => {
    await keep({ format: 1, budget: { minutes: 12 }, minutes: 1 });
    expect((await StudyBudget.open(scratch, {}, [], 1)).replaces).toBeUndefined();
    expect((await StudyBudget.open(scratch, { minutes: 20 }, [], 1)).replaces).toBeUndefined();
    expect((await StudyBudget.open(scratch, { minutes: 5 }, [], 1)).replaces).toEqual({ minutes: 20 });
    expect((await StudyBudget.open(scratch, { trials: 50 }, [], 1)).replaces).toEqual({ minutes: 5 });
    expect((await StudyBudget.open(scratch, { trials: 60 }, [], 1)).replaces).toBeUndefined();
  });

  test('counts the time of all runs, however many processes each had', async () => {
    const records = [took(8), took(8)];
    await keep({ format: 1, budget: { minutes: 12 }, minutes: 10 });
    const budget = await StudyBudget.open(scratch, {}, records, 4);
    expect(budget.minutes).toBeGreaterThanOrEqual(10);
    // Not 4, which is 16 minutes of trials by 4 at once: shares are taken of what was typed.
    expect(budget.forRun).toEqual({ minutes: 12, spentMinutes: expect.closeTo(10, 1) });
    budget.stop();
    const stopped = budget.minutes;
    await budget.write();
    expect(budget.minutes).toBe(stopped);
    expect(JSON.parse(await readFile(file(), 'utf8'))).toEqual({ format: 1, budget: { minutes: 12 }, minutes: stopped });
  });

  test.each([
    '',
    '{"format":1',
    '{"format":2,"budget":{"trials":1},"minutes":1}',
    '{"format":1,"budget":{},"minutes":"x"}',
    'null',
  ])('that is kept as %j is begun anew, with the time of the trials', async (text) => {
    await writeFile(file(), text);
    const budget = await StudyBudget.open(scratch, {}, [took(6)], 2);
    expect(budget.budget).toEqual({ minutes: 60 });
    expect(budget.forRun).toEqual({ minutes: 60, spentMinutes: expect.closeTo(3, 1) });
    expect(budget.minutes).toBeGreaterThanOrEqual(3);
  });
});

test('lines are broken between words, and indented', () => {
  expect(hangingIndent('one two three', 80, 2)).toBe('one two three');
  expect(hangingIndent('one two three', 7, 2)).toBe('one two\n  three');
  expect(hangingIndent('  12  one (two, three)', 11, 4)).toBe('  12  one\n    (two,\n    three)');
  expect(hangingIndent('incomprehensibilities', 7, 2)).toBe('incomprehensibilities');
});

test('shares and amounts are as they were typed', () => {
  expect([0.95, 0.974, 0.29, 0.9905, 1 / 3].map(exactPercent)).toEqual(['95%', '97.4%', '29%', '99.05%', '33.3333333333%']);
  expect(['16KB', '200K', '1.5M', '7', '2 MB'].map(amount)).toEqual([16_384, 200_000, 1_500_000, 7, 2 * 1024 ** 2]);
});

test('a line that is too long is ended between words', () => {
  expect(shortened('as long as it may be', 20)).toBe('as long as it may be');
  expect(shortened('longer than it may be', 20)).toBe('longer than it may \u2026');
  expect(shortened('cut behind a comma, which goes', 22)).toBe('cut behind a comma \u2026');
  expect(shortened('indivisible', 5)).toBe('indi\u2026');
});

test('a study that is mistyped is told, with those that lie beside it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'paredown-studies-'));
  try {
    for (const name of ['mnist-95', 'digits-90']) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, 'study.json'), '{}');
    }
    await mkdir(join(folder, 'no-study'));
    const asked = join(folder, 'mnist-59');
    expect(await noStudy(asked)).toBe(
      `${asked}: there is no study there (did you mean ${join(folder, 'mnist-95')}?); beside it: ${join(folder, 'digits-90')}, ${join(folder, 'mnist-95')}`,
    );
    expect(await noStudy(join(folder, 'none', 'x'))).toMatch(/x: there is no study there; none lies beside it either$/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe('what a search over a queue waits for', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('is told as it begins, each minute, and when it is over', () => {
    const lines: string[] = [];
    const watch = new QueueWatch();
    const queue = 'redis://far:6379';
    watch.tell({ type: 'workers', workers: [] });
    watch.begin((text) => lines.push(text));
    vi.advanceTimersByTime(125_000);
    watch.tell({ type: 'workers', workers: ['near'] });
    vi.advanceTimersByTime(125_000);
    watch.tell({ type: 'away', queue });
    vi.advanceTimersByTime(61_000);
    watch.tell({ type: 'back', queue, awayMs: 61_000 });
    watch.tell({ type: 'workers', workers: [] });
    watch.close();
    vi.advanceTimersByTime(125_000);
    expect(lines).toEqual([
      'No worker is there yet: the trials wait for one',
      'No worker for 1 min 00 s now: the trials wait for one',
      'No worker for 2 min 00 s now: the trials wait for one',
      'Worker near has joined',
      'The queue redis://far:6379 is away; workers go on with what they train, and it is tried again and again',
      'The queue redis://far:6379 is away for 1 min 00 s now',
      'The queue redis://far:6379 is back after 1 min 01 s',
      'Worker near has left',
      'No worker is left: the trials wait for one',
    ]);
  });
});
