import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { StudyBudget } from '../src/cli/search/budget.ts';
import { goOnArguments, howToGoOn, Outlook } from '../src/cli/search/outlook.ts';
import { conv2d, dense, flatten, model } from '../src/index.ts';
import { effort } from '../src/search/effort.ts';
import { forecast } from '../src/search/forecast.ts';
import { makeTrial, type TrialRecord } from '../src/search/trial.ts';
import { FULL, PROBLEM } from './support/landscape.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-outlook-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Short trainings that take a second and, in proportion to what is trained, two more: of full length from one seed it is 54. */
function shortTrials(count: number, accuracy = 0.9): TrialRecord[] {
  return Array.from({ length: count }, (_, number) => {
    const network = model(PROBLEM.input, [conv2d(2 + number, 5, { strides: 4 }), flatten(), dense(10)]);
    const described = { model: network, samples: FULL / 27, seeds: [6], rates: [0.01] };
    const trial = makeTrial({}, { ...described, origin: { strategy: 'evolve', change: 'drawn' } });
    const outcome = { status: 'trained', accuracy: [accuracy], loss: [1] } as const;
    return { ...trial, number, outcome, wallMs: 1000 + (2000 * effort(trial.costs)) / 10_000 };
  });
}

const budgetOf = (minutes: number) => StudyBudget.open(join(folder, String(minutes)), { minutes }, [], 1);

test('how long trainings take is told once, as soon as the trials tell it', async () => {
  const outlook = new Outlook(PROBLEM, await budgetOf(600));
  expect(outlook.after(shortTrials(5))).toEqual([]);
  const records = shortTrials(8);
  const [line, ...more] = outlook.after(records);
  expect(line).toMatch(
    /^By the trials so far a training of full length takes about [\d.]+ (s|min).* here, a confirmation from 5 seeds .*\(the most promising network, [\d,]+ parameters\)\.$/,
  );
  expect([more, outlook.after(shortTrials(9))]).toEqual([[], []]);
  const { fullMs, confirmationMs } = forecast(PROBLEM, records) ?? expect.fail('no forecast');
  expect(confirmationMs / fullMs).toBeGreaterThan(3);
});

test('a budget that holds no confirmation is warned of once, with one that would do', async () => {
  const records = shortTrials(8);
  const budget = await budgetOf(1);
  const outlook = new Outlook(PROBLEM, budget);
  const [, warning] = outlook.after(records);
  const [, minutes] = goOnArguments(PROBLEM, records, budget);
  expect(warning).toContain(
    `a confirmation will hardly end: the search may end without an answer. --minutes ${minutes} would do`,
  );
  const { confirmationMs } = forecast(PROBLEM, records) ?? expect.fail('no forecast');
  expect(Number(minutes)).toBeGreaterThanOrEqual((3 * confirmationMs) / 60_000);
  expect(outlook.after(records)).toEqual([]);
  expect(howToGoOn(PROBLEM, records, 'runs/x', budget)).toMatch(
    new RegExp(
      `^All that was trained is kept; a confirmation from 5 seeds takes about .* here\\. To go on.*:\\n  .*search --study runs/x --minutes ${minutes}$`,
    ),
  );
});

test('a budget of trials is doubled', async () => {
  const budget = await StudyBudget.open(join(folder, 'trials'), { trials: 20 }, [], 1);
  expect(goOnArguments(PROBLEM, shortTrials(8), budget)).toEqual(['--trials', '40']);
});
