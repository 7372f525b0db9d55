import { describe, expect, test } from 'vitest';
import { digits, searchProblem, zoo } from '../src/index.ts';
import { modelHash } from '../src/model/hash.ts';
import { bestOf, targetAccuracy } from '../src/search/best.ts';
import { costsOf, objective } from '../src/search/costs.ts';
import { type Evaluated, type Evaluator, MemoryStudy, runSearch } from '../src/search/run.ts';
import { evolve } from '../src/search/strategies/evolve.ts';
import { greedy } from '../src/search/strategies/greedy.ts';
import { random } from '../src/search/strategies/random.ts';
import type { Problem, Strategy } from '../src/search/strategy.ts';
import { makeTrial, samplesOf, type Trial, type TrialRecord } from '../src/search/trial.ts';
import { FULL, Landscape, PROBLEM, smallest } from './support/landscape.ts';

const START = zoo['dhingra/optimized'] ?? expect.fail('no start');
const origin = { strategy: 'test', change: 'made up' };
const STRATEGIES: readonly Strategy[] = [random, greedy, evolve];

interface Run {
  readonly problem?: Partial<Problem>;
  readonly budget?: number;
  readonly study?: MemoryStudy;
  readonly evaluator?: Evaluator;
}

/** The records of a search with a budget of so many full trainings. */
async function search(
  strategy: Strategy,
  { problem, budget = 40, study = new MemoryStudy(), evaluator = new Landscape() }: Run = {},
) {
  const options = { problem: { ...PROBLEM, ...problem }, strategy, evaluators: [evaluator], study, context: { data: 'made up' } };
  for await (const _ of runSearch({ ...options, budget: { samples: budget * FULL } }));
  return study.records;
}

const withoutTime = (records: readonly TrialRecord[]) => records.map(({ wallMs: _, ...rest }) => rest);
const parametersOf = (records: readonly TrialRecord[], problem: Problem = PROBLEM) => bestOf(problem, records)?.costs.parameters;

describe.each(STRATEGIES.map((strategy) => [strategy.name, strategy] as const))('%s', (_, strategy) => {
  test('is the same for the same seed, and another for another', async () => {
    const first = withoutTime(await search(strategy));
    expect(withoutTime(await search(strategy))).toEqual(first);
    expect(withoutTime(await search(strategy, { problem: { seed: 2 } }))).not.toEqual(first);
  });

  test('goes on after an interruption as if there had been none', async () => {
    const whole = withoutTime(await search(strategy, { budget: 30 }));
    for (const kept of [1, 3, Math.floor(whole.length / 2)]) {
      const study = new MemoryStudy((await search(strategy, { budget: 30 })).slice(0, kept));
      expect(withoutTime(await search(strategy, { budget: 30, study }))).toEqual(whole);
    }
  });

  test('repeats no trial and keeps to the limits', async () => {
    const limited = objective('parameters', { activations: 6000, macs: 200_000 });
    const records = await search(strategy, { problem: { objective: limited } });
    expect(new Set(records.map(({ key }) => key)).size).toBe(records.length);
    for (const { model } of records) {
      const { activations, macs } = costsOf(model);
      expect(activations).toBeLessThanOrEqual(6000);
      expect(macs).toBeLessThanOrEqual(200_000);
    }
  });

  test('goes on where trainings diverge, and tries those networks no more', async () => {
    class Rough implements Evaluator {
      private readonly smooth = new Landscape();
      evaluate(trial: Trial): Promise<Evaluated> {
        if (modelHash(trial.model).charCodeAt(0) % 2 === 0)
          return Promise.resolve({ outcome: { status: 'diverged', reason: 'the loss became NaN' } });
        return this.smooth.evaluate(trial);
      }
    }
    const records = await search(strategy, { evaluator: new Rough(), budget: 60 });
    const bad = records.filter(({ outcome }) => outcome.status === 'diverged').map(({ model }) => modelHash(model));
    expect(bad.length).toBeGreaterThan(0);
    expect(new Set(bad).size).toBe(bad.length);
    expect(parametersOf(records)).toBeGreaterThanOrEqual(smallest(0.95));
  });

  test('finds nothing where nothing can hold the floor', async () => {
    const problem = { floor: 0.99999 };
    expect(parametersOf(await search(strategy, { problem }), { ...PROBLEM, ...problem })).toBeUndefined();
  });

  test('never claims a network below the smallest that holds the floor', async () => {
    for (const seed of [1, 2, 3])
      expect(parametersOf(await search(strategy, { problem: { seed } })) ?? Infinity).toBeGreaterThanOrEqual(smallest(0.95));
  });
});

describe('from a start', () => {
  test.each([greedy, evolve].map((strategy) => [strategy.name, strategy] as const))('%s begins with it', async (_, strategy) => {
    const [first] = await search(strategy, { problem: { start: START }, budget: 10 });
    expect(first?.model).toEqual(START);
  });

  test('greedy without one begins with networks of known patterns', () => {
    const data = digits({ train: 1000, test: 100 });
    const problem = searchProblem(data, { floor: 0.9, recipe: 'fixed' });
    const first = greedy.propose(problem, { records: [], pending: [] }) ?? expect.fail('nothing is proposed');
    expect(first.origin.change).toBe('drawn of a known pattern');
    const second = greedy.propose(problem, { records: [], pending: [makeTrial({}, first)] });
    expect(second?.origin.change).toBe('drawn of a known pattern');
    expect(second?.model).not.toEqual(first.model);
  });

  test('greedy takes only steps that make it smaller, and ends where none holds', async () => {
    const records = await search(greedy, { problem: { start: START }, budget: 1000 });
    expect(samplesOf(records)).toBeLessThan(1000 * FULL);
    const holding = records.filter((record) => bestOf(PROBLEM, [record]));
    const sizes = holding.map(({ costs }) => costs.parameters);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes.at(-1)).toBeLessThan(300);
  });
});

test('evolve comes nearer to the smallest network than greedy and random, for the same number of samples', async () => {
  const mean = async (strategy: Strategy) => {
    const found = await Promise.all(
      [1, 2, 3, 4, 5].map(async (seed) => parametersOf(await search(strategy, { problem: { seed }, budget: 50 })) ?? 5000),
    );
    return found.reduce((sum, size) => sum + Math.log(size), 0) / found.length;
  };
  const [evolved, stepped, drawn] = [await mean(evolve), await mean(greedy), await mean(random)];
  expect(evolved).toBeLessThan(stepped);
  expect(evolved).toBeLessThan(drawn);
  expect(Math.exp(evolved)).toBeLessThan(1.5 * smallest(0.95));
});

describe('a budget', () => {
  const run = (budget: object, signal?: AbortSignal) => {
    const study = new MemoryStudy();
    const options = { problem: PROBLEM, strategy: random, evaluators: [new Landscape()], study, context: {}, budget, signal };
    return { study, records: runSearch(options) };
  };

  test('of trials counts those that the study holds', async () => {
    const { study, records } = run({ trials: 3 });
    for await (const _ of records);
    expect(study.records).toHaveLength(3);
  });

  test('of minutes ends', async () => {
    const { study, records } = run({ minutes: 0 });
    for await (const _ of records);
    expect(study.records).toHaveLength(0);
  });

  test('is ended by an abort, and what is finished stays', async () => {
    const abort = new AbortController();
    const { study, records } = run({}, abort.signal);
    const aborted = async () => {
      for await (const _ of records) if (study.records.length === 2) abort.abort();
    };
    await expect(aborted()).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(study.records).toHaveLength(2);
  });
});

test('a trial has the same key for the same network, length, seeds and context, and for no other', async () => {
  const { makeTrial } = await import('../src/search/trial.ts');
  const base = { model: START, samples: 10, seeds: [1], rates: [0.01], origin: { strategy: 'test', change: 'none' } };
  const key = (context: object, changed: object = {}) => makeTrial(context, { ...base, ...changed }).key;
  expect(key({ a: 1 }, { origin: { strategy: 'other', change: 'x' } })).toBe(key({ a: 1 }));
  const others = [
    key({ a: 1 }),
    key({ a: 2 }),
    key({ a: 1 }, { samples: 11 }),
    key({ a: 1 }, { seeds: [1, 2] }),
    key({ a: 1 }, { rates: [0.02] }),
    key({ a: 1 }, { model: zoo['dhingra/one-conv'] }),
  ];
  expect(new Set(others).size).toBe(others.length);
});

test('what is aimed at follows from validation accuracies alone, whatever the confirmation data say', () => {
  const confirmedAt = (confirmation: readonly number[]): TrialRecord => {
    const trial = makeTrial({}, { model: START, samples: FULL, seeds: PROBLEM.seeds, rates: [0.01], origin });
    const accuracy = [0.96, 0.962, 0.964, 0.961, 0.963];
    return { ...trial, number: 0, outcome: { status: 'trained', accuracy, loss: accuracy, confirmation }, wallMs: 1 };
  };
  const [even, uneven] = [confirmedAt([0.96, 0.96, 0.961, 0.96, 0.96]), confirmedAt([0.97, 0.93, 0.95, 0.98, 0.94])];
  expect(targetAccuracy(PROBLEM, [even])).toBe(targetAccuracy(PROBLEM, [uneven]));
  expect(targetAccuracy(PROBLEM, [even])).toBeCloseTo(PROBLEM.floor + 0.0015, 4);
});
