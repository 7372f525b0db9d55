import { expect, test } from 'vitest';
import { conv2d, dense, flatten, model } from '../src/index.ts';
import { finish } from '../src/search/finish.ts';
import { Fitness } from '../src/search/fitness.ts';
import { MemoryStudy, runSearch } from '../src/search/run.ts';
import { evolve } from '../src/search/strategies/evolve.ts';
import { nextPopulations } from '../src/search/strategies/populations.ts';
import { makeTrial, type TrialRecord } from '../src/search/trial.ts';
import { Landscape, PROBLEM } from './support/landscape.ts';

const SHORT = PROBLEM.rungs[0] ?? expect.fail('no rungs');

/** So many short trainings of networks of a population, of this accuracy. */
function trained(family: number, trials: number, accuracy: number, seeds: readonly number[] = [6]): TrialRecord[] {
  return Array.from({ length: trials }, (_, index) => {
    const layers = [conv2d(1 + (index % 40), 1 + 2 * Math.floor(index / 40)), flatten(), dense(10)];
    const origin = { strategy: 'evolve', change: 'drawn', family };
    const described = { model: model(PROBLEM.input, layers), samples: SHORT + family, seeds, rates: [0.01], origin };
    const outcome = { status: 'trained' as const, accuracy: seeds.map(() => accuracy), loss: seeds.map(() => 1) };
    return { ...makeTrial({}, described), number: index, outcome, wallMs: 1 };
  });
}

const numbers = (...records: readonly TrialRecord[][]) => {
  const all = records.flat();
  return nextPopulations({ records: all, pending: [] }, new Fitness(PROBLEM, all)).map(({ number }) => number);
};

test('a population is bred until it is compared, then others are founded', () => {
  expect(numbers()).toEqual([0]);
  expect(numbers(trained(0, 79, 0.5))).toEqual([0, 1]);
  expect(numbers(trained(0, 80, 0.5))).toEqual([1]);
  expect(numbers(trained(0, 80, 0.5), trained(1, 80, 0.6))).toEqual([2]);
});

test('the best of three goes on, then three more are founded; trials that confirm are not counted', () => {
  const three = [trained(0, 80, 0.5), trained(1, 80, 0.7), trained(2, 80, 0.6)];
  expect(numbers(...three)).toEqual([1, 3]);
  expect(numbers(...three, trained(1, 1, 0.7, PROBLEM.seeds))).toEqual([1, 3]);
  const further = [trained(0, 80, 0.5), trained(1, 240, 0.7), trained(2, 80, 0.6)];
  expect(numbers(...further)).toEqual([3]);
  const six = [...further, ...[3, 4, 5].map((family) => trained(family, 80, 0.55))];
  expect(numbers(...six)).toEqual([2, 6]);
});

test('pending trials count, and a population that goes on is told that it is proven', () => {
  const records = [trained(0, 80, 0.5), trained(1, 80, 0.7), trained(2, 70, 0.6)].flat();
  const pending = trained(2, 80, 0.6).slice(70);
  const [population] = nextPopulations({ records, pending }, new Fitness(PROBLEM, records));
  expect(population).toMatchObject({ number: 1, proven: true });
  expect(nextPopulations({ records, pending: [] }, new Fitness(PROBLEM, records))[0]).toMatchObject({ number: 2, proven: false });
});

test('of several that go on, the one with most trials is first', () => {
  const records = [trained(0, 100, 0.5), trained(1, 300, 0.5), trained(2, 10, 0.9)];
  expect(numbers(...records)).toEqual([1, 0, 2, 3]);
});

test('none is founded where the budget would bring it nowhere; then the best go on', () => {
  const history = (left: number | undefined, ...records: readonly TrialRecord[][]) => ({
    records: records.flat(),
    pending: [],
    ...(left !== undefined && { left }),
  });
  const next = (given: ReturnType<typeof history>) =>
    nextPopulations(given, new Fitness(PROBLEM, given.records)).map(({ number, proven }) =>
      proven ? `${number}+` : `${number}`,
    );
  const one = trained(0, 80, 0.5);
  // Two more of 80 trials, and the best of the three for 160: 320 of 400.
  expect(next(history(0.81, one))).toEqual(['1']);
  expect(next(history(0.79, one))).toEqual(['0+']);
  expect(next(history(undefined, one))).toEqual(['1']);
  // Half of 160 trials are left of what was begun: neither is the second compared, nor a third founded.
  const two = [trained(0, 80, 0.5), trained(1, 80, 0.6)];
  expect(next(history(0.4, ...two))).toEqual(['1+', '0+']);
  expect(next(history(0.7, ...two))).toEqual(['2']);
  // The first is founded whatever is left, and one that runs is brought to its end.
  expect(next(history(0.01))).toEqual(['0']);
  expect(next(history(0.01, one, trained(1, 7, 0.4)))).toEqual(['1', '0+']);
});

test('what is trained from all seeds at the end stays in its population', () => {
  const proposal = finish.propose(PROBLEM, { records: trained(3, 2, 0.9), pending: [] });
  expect(proposal).toMatchObject({ seeds: PROBLEM.seeds, origin: { strategy: 'finish', family: 3 } });
});

test('evolve breeds populations apart, and every trial tells which one it is of', async () => {
  const study = new MemoryStudy();
  const options = { problem: PROBLEM, strategy: evolve, evaluators: [new Landscape()], study, context: {} };
  for await (const _ of runSearch({ ...options, budget: {} })) if (study.records.length === 260) break;
  const { records } = study;
  const populations = new Map(records.map(({ key, origin }) => [key, origin.family ?? expect.fail('no family')]));
  const counts = new Map<number, number>();
  for (const { origin, seeds } of records)
    if (seeds.length === 1) counts.set(origin.family ?? 0, (counts.get(origin.family ?? 0) ?? 0) + 1);
  expect([...counts.keys()]).toEqual(expect.arrayContaining([0, 1, 2]));
  for (const { origin } of records) if (origin.parent) expect(populations.get(origin.parent)).toBe(origin.family);
});
