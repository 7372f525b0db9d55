import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TrialRecord } from 'paredown/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hangingIndent } from '../src/cli/common/format.ts';
import { StudyBudget } from '../src/cli/search/budget.ts';
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

  test('counts the time of all runs, however many processes each had', async () => {
    const records = [took(8), took(8)];
    await keep({ format: 1, budget: { minutes: 12 }, minutes: 10 });
    const budget = await StudyBudget.open(scratch, {}, records, 4);
    expect(budget.minutes).toBeGreaterThanOrEqual(10);
    // `search` counts 16 minutes by 4 at once as 4 minutes: 2 more are left.
    expect(budget.forRun(records, 4)).toEqual({ minutes: 6 });
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
    expect(budget.forRun([took(6)], 2)).toEqual({ minutes: 60 });
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
