import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { abortError } from '../src/core/errors.ts';
import { Random } from '../src/core/random.ts';
import { conv2d, dense, flatten, maxPool2d, model } from '../src/index.ts';
import { bestOf, confirmsLength, score } from '../src/search/best.ts';
import { type Budget, BudgetClock, shareLeft } from '../src/search/budget.ts';
import { effort } from '../src/search/effort.ts';
import { finish, finishIn, msForFinish } from '../src/search/finish.ts';
import { trialsAtOnce, usualLag } from '../src/search/lag.ts';
import { Pace } from '../src/search/pace.ts';
import { type Evaluated, type EvaluateOptions, type Evaluator, MemoryStudy, runSearch } from '../src/search/run.ts';
import { functionHash } from '../src/search/space/function-hash.ts';
import { sampleModel } from '../src/search/space/sample.ts';
import { simplest } from '../src/search/space/simplest.ts';
import { parseSpace } from '../src/search/space/space.ts';
import { evolve } from '../src/search/strategies/evolve.ts';
import { random } from '../src/search/strategies/random.ts';
import { functionOf, type History, type Strategy } from '../src/search/strategy.ts';
import { makeTrial, samplesOf, searched, type Trial, type TrialRecord } from '../src/search/trial.ts';
import { FULL, Landscape, PROBLEM } from './support/landscape.ts';

const MINUTE = 60_000;

/** The landscape, where a trial takes its time, and ends as a training does that is ended. */
class Timed implements Evaluator {
  private readonly landscape = new Landscape();

  constructor(private readonly msOf: (trial: Trial) => number) {}

  async evaluate(trial: Trial, { limitMs = Number.POSITIVE_INFINITY, signal }: EvaluateOptions): Promise<Evaluated> {
    const ms = this.msOf(trial);
    await new Promise<void>((done, failed) => {
      const abort = () => {
        clearTimeout(timer);
        failed(abortError(signal?.reason));
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', abort);
          done();
        },
        Math.min(ms, limitMs),
      );
      signal?.addEventListener('abort', abort);
    });
    if (ms <= limitMs) return this.landscape.evaluate(trial);
    const after = Math.floor((trial.samples * limitMs) / ms);
    return { outcome: { status: 'stopped', reason: `it took longer than its limit of ${limitMs} ms`, after } };
  }
}

/** A full training from one seed takes half a minute, whatever the network. */
const usualMs = ({ samples, seeds, rates }: Trial) => 500 + (30_000 * samples * seeds.length * rates.length) / FULL;

interface Run {
  readonly budget: Budget;
  readonly msOf?: (trial: Trial) => number;
  readonly workers?: number;
  readonly study?: MemoryStudy;
  readonly strategy?: Strategy;
}

/** A search and its end, as `search` runs them. */
async function run({ budget, msOf = usualMs, workers = 2, study = new MemoryStudy(), strategy = evolve }: Run) {
  const evaluators = Array.from({ length: workers }, () => new Timed(msOf));
  const clock = new BudgetClock(budget, study.records, workers);
  const lag = usualLag(workers);
  const ending = { ms: MINUTE * (budget.minutes ?? 0), atOnce: trialsAtOnce(lag) };
  const reserveMs = (records: readonly TrialRecord[], pace: Pace) => msForFinish(PROBLEM, records, pace, ending);
  const all = { problem: PROBLEM, evaluators, study, context: {}, clock };
  for await (const _ of runSearch({ ...all, strategy, budget, lag, reserveMs }));
  const searchedUntil = performance.now();
  const timeOf = (records: readonly TrialRecord[]) => ({ msLeft: clock.msLeft, pace: new Pace(records) });
  const end = { strategy: finishIn(timeOf), budget: { minutes: budget.minutes }, lag: trialsAtOnce(lag), append: true };
  for await (const _ of runSearch({ ...all, ...end }));
  return { study, searchedUntil };
}

/** Lets time pass until all is done; returns what came of it, and after how many minutes. */
async function inTime<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly minutes: number }> {
  const started = performance.now();
  let isDone = false;
  const done = work().finally(() => {
    isDone = true;
  });
  done.catch(() => undefined);
  while (!isDone) await vi.advanceTimersByTimeAsync(250);
  return { result: await done, minutes: (performance.now() - started) / MINUTE };
}

const isEnd = ({ origin }: Trial) => origin.strategy === 'finish';

describe('a budget of minutes', { timeout: 60_000 }, () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('holds for the search and its end together, and leaves the end its time', async () => {
    const { result, minutes } = await inTime(() => run({ budget: { minutes: 8 } }));
    const { records } = result.study;
    expect(minutes).toBeLessThanOrEqual(8.02);
    expect(minutes).toBeGreaterThan(7);
    expect(result.searchedUntil).toBeLessThan(performance.now() - 0.3 * MINUTE);
    expect(records.some(isEnd)).toBe(true);
    expect(bestOf(PROBLEM, records)).toBeDefined();
  });

  test('that is small is kept for a first answer, up to two thirds of it', async () => {
    const { result, minutes } = await inTime(() => run({ budget: { minutes: 4.5 } }));
    const { records } = result.study;
    expect(minutes).toBeLessThanOrEqual(4.52);
    const confirmed = records.filter((record) => confirmsLength(PROBLEM, record));
    expect(confirmed.length).toBeGreaterThan(0);
    expect(confirmed.filter(({ outcome }) => outcome.status === 'stopped')).toEqual([]);
  });

  test('that is too small for a confirmation ends with a training of full length, and refuses nothing', async () => {
    const { result, minutes } = await inTime(() => run({ budget: { minutes: 1.5 } }));
    const ending = result.study.records.filter(isEnd);
    expect(minutes).toBeLessThanOrEqual(1.52);
    expect(ending.length).toBeGreaterThan(0);
    for (const { seeds, samples, outcome } of ending)
      expect([seeds.length, samples, outcome.status]).toEqual([1, FULL, 'trained']);
    // The study made longer confirms what it left open.
    const longer = { minutes: 8, spentMinutes: 1.5 };
    const again = await inTime(() => run({ budget: longer, study: new MemoryStudy(result.study.records) }));
    expect(bestOf(PROBLEM, again.result.study.records)).toBeDefined();
  });

  test('that is spent begins nothing more, in the search or at its end', async () => {
    const { result, minutes } = await inTime(() => run({ budget: { minutes: 3 } }));
    const { records } = result.study;
    const budget = { minutes: 3, spentMinutes: minutes };
    const again = await inTime(() => run({ budget, study: new MemoryStudy(records) }));
    expect(again.minutes).toBeLessThan(0.02);
    expect(again.result.study.records).toHaveLength(records.length);
  });

  test('one network cannot take a quarter of it: it is ended, kept, and not tried again', async () => {
    const slow = (trial: Trial) => (functionOf(trial).charCodeAt(0) % 8 === 0 ? 200_000 : usualMs(trial));
    const { result, minutes } = await inTime(() => run({ budget: { minutes: 12 }, msOf: slow }));
    const { records } = result.study;
    const ended = records.filter(({ outcome }) => outcome.status === 'stopped' && outcome.after > 0);
    expect(ended.length).toBeGreaterThan(0);
    for (const { wallMs, seeds } of ended) expect(wallMs).toBeLessThanOrEqual(seeds.length > 1 ? 240_500 : 60_500);
    expect(minutes).toBeLessThanOrEqual(12.02);
    const tries = records.map((trial) => `${functionOf(trial)} ${trial.samples} ${trial.seeds.length}`);
    expect(new Set(tries).size).toBe(tries.length);
  });

  test('leaves what a descent begins with as long as a confirmation', () => {
    const clock = new BudgetClock({ minutes: 12 }, [], 1, FULL);
    const limitOf = (strategy: string, seeds: readonly number[], samples = FULL) =>
      clock.limitOf(
        makeTrial(
          {},
          {
            model: model(PROBLEM.input, [flatten(), dense(10)]),
            samples,
            seeds,
            rates: [0.01],
            origin: { strategy, change: 'the start' },
          },
        ),
      );
    expect([limitOf('evolve', [6]), limitOf('evolve', [1, 2, 3, 4, 5])]).toEqual([MINUTE, 4 * MINUTE]);
    expect([limitOf('pare', [6]), limitOf('evolve', [6], 2 * FULL)]).toEqual([4 * MINUTE, 2.4 * MINUTE]);
  });

  test('a trial that would take too much of it is not begun, and kept as such', async () => {
    const large = model(PROBLEM.input, [conv2d(32, 5), conv2d(32, 5), flatten(), dense(10)]);
    const small = Array.from({ length: 8 }, (_, index) =>
      model(PROBLEM.input, [conv2d(1 + index, 5, { strides: 5 }), flatten(), dense(10)]),
    );
    const strategy: Strategy = {
      name: 'listed',
      propose(_, { records, pending }) {
        const next = [...small.slice(0, 7), large, ...small.slice(7)][records.length + pending.length];
        const origin = { strategy: 'listed', change: 'listed' };
        return next && { model: next, samples: FULL / 27, seeds: [6], rates: [0.01], origin };
      },
    };
    const { result } = await inTime(() =>
      run({ budget: { minutes: 10 }, msOf: ({ costs }) => effort(costs) / 20, strategy, workers: 1 }),
    );
    const { outcome, wallMs } = result.study.records.find((record) => record.model === large) ?? expect.fail('no record');
    expect(outcome).toEqual({
      status: 'stopped',
      reason: expect.stringMatching(/^it was not begun: it would take about \d+ s, and the limit of a trial is 50 s$/),
      after: 0,
    });
    expect(wallMs).toBe(0);
    expect(result.study.records.filter((record) => !isEnd(record))).toHaveLength(9);
  });

  test('is used at its end for what may be the answer, though that seems not to end in time, and for nothing else', async () => {
    const known = [3, 4, 6, 8, 9, 10, 12].map((filters, index) => ({
      ...ended({ model: network(filters) }, index, [filters === 4 || filters === 8 ? 0.96 + filters / 1000 : 0.5]),
      wallMs: 25_000,
    }));
    const study = new MemoryStudy(known);
    // From five seeds it takes no longer than from one, which no trial of the study has shown.
    const evaluators = [new Timed(() => 25_000)];
    const options = { problem: PROBLEM, strategy: finish, evaluators, study, context: {}, append: true };
    const { minutes } = await inTime(async () => {
      for await (const _ of runSearch({ ...options, budget: { minutes: 2, spentMinutes: 1.4 } }));
    });
    expect(study.records.slice(known.length).map((record) => record.model)).toEqual([network(4)]);
    expect(bestOf(PROBLEM, study.records)?.model).toEqual(network(4));
    expect(minutes).toBeLessThan(0.5);
  });

  test('what still runs when it is spent is ended and not kept', async () => {
    const study = new MemoryStudy();
    const options = { problem: PROBLEM, strategy: random, evaluators: [new Timed(() => 45_000)], study, context: {} };
    const all = async () => {
      for await (const _ of runSearch({ ...options, budget: { minutes: 2 } }));
    };
    const { minutes } = await inTime(all);
    expect(study.records).toHaveLength(2);
    expect(minutes).toBeLessThan(2.01);
    expect(minutes).toBeGreaterThan(1.4);
  });
});

const ended = (changed: object, number: number, accuracy: readonly number[], strategy = 'evolve'): TrialRecord => {
  const described = { model: model(PROBLEM.input, [flatten(), dense(10)]), samples: FULL, seeds: [6], rates: [0.01], ...changed };
  const trial = makeTrial({}, { ...described, origin: { strategy, change: 'made up' } });
  return { ...trial, number, outcome: { status: 'trained', accuracy, loss: accuracy }, wallMs: 1 };
};
const network = (filters: number) =>
  model(PROBLEM.input, [conv2d(filters, 5, { strides: 5 }), maxPool2d(2), flatten(), dense(10)]);

describe('how long trials will take', () => {
  const networks = Array.from({ length: 12 }, (_, index) => network(1 + index));
  /** Four seconds to start, and one for 200 million units of effort. */
  const truth = ({ samples, costs, seeds }: Trial) => 4000 + (samples * seeds.length * effort(costs)) / 2e5;
  const known = networks.flatMap((one, index) =>
    [FULL / 27, ...(index % 3 === 0 ? [FULL] : [])].map((samples) => {
      const record = ended({ model: one, samples }, index, [0.5]);
      return { ...record, wallMs: truth(record) * (index % 2 === 0 ? 1.1 : 0.9) };
    }),
  );

  test('is learned from short trainings, most of whose time goes into starting, and of longer ones', () => {
    const pace = new Pace(known);
    for (const filters of [2, 7, 12, 20]) {
      const trial = makeTrial({}, { ...ended({ model: network(filters) }, 0, []), seeds: [1, 2, 3, 4, 5] });
      const expected = pace.expectedMs(trial) ?? Number.NaN;
      expect(expected / truth(trial)).toBeGreaterThan(0.6);
      expect(expected / truth(trial)).toBeLessThan(1.6);
    }
  });

  test('decides whether a trial is begun, that of a network that is known more strictly', () => {
    const pace = new Pace(known);
    const clock = new BudgetClock({ minutes: 1 }, [], 1, FULL);
    const trial = (filters: number, seeds: readonly number[], samples = FULL) =>
      makeTrial({}, { ...ended({ model: network(filters) }, 0, []), seeds, samples });
    expect([trial(1, [6]), trial(1, [6], 3 * FULL), trial(1, [1, 2])].map((one) => clock.limitOf(one))).toEqual([
      20_000, 20_000, 20_000,
    ]);
    const longer = new BudgetClock({ minutes: 10 }, [], 1, FULL);
    expect([trial(1, [6]), trial(1, [6], 3 * FULL), trial(1, [1, 2])].map((one) => longer.limitOf(one))).toEqual([
      50_000, 120_000, 200_000,
    ]);
    // The first was trained at full length before, the others not; both would take about 50 s.
    // Where no trial tells, so many replicas count as ten.
    const ten = Array.from({ length: 15 }, (_, seed) => seed);
    expect([pace.knows(trial(1, ten)), pace.knows(trial(13, ten))]).toEqual([true, false]);
    expect(clock.refusal(trial(1, ten), pace)).toMatch(
      /^it was not begun: it would take about \d\d s, and the limit of a trial is 20 s$/,
    );
    expect(clock.refusal(trial(13, ten), pace)).toBeUndefined();
    // A training that was disturbed once, and took ten times as long, does not speak against its network.
    const disturbed = new Pace([...known, { ...ended({ model: network(13) }, 99, [0.5]), wallMs: 70_000 }]);
    expect(disturbed.expectedMs(trial(13, ten))).toBeGreaterThan(300_000);
    expect(disturbed.leastMs(trial(13, [6]))).toBeLessThan(20_000);
    expect(clock.refusal(trial(13, [6]), disturbed)).toBeUndefined();
    expect(new BudgetClock({ trials: 3 }, [], 1, FULL).refusal(trial(1, ten), pace)).toBeUndefined();
  });

  test('are shares of the whole time, however much of it earlier runs have spent, and by how many at once', () => {
    const records = known.map((record) => ({ ...record, wallMs: 60_000 }));
    const clock = new BudgetClock({ minutes: 60, spentMinutes: 50 }, records, 4, FULL);
    expect(clock.msLeft / MINUTE).toBeCloseTo(10, 1);
    expect(clock.limitOf(known[0] ?? expect.fail('none'))).toBe(5 * MINUTE);
    expect(clock.shareLeft).toBeCloseTo(1 / 6, 2);
    expect(shareLeft({ minutes: 60 }, records, [], clock)).toBeCloseTo(1 / 6, 2);
    expect(shareLeft({ minutes: 60, trials: 20 }, records, [], clock)).toBeCloseTo(1 / 6, 2);
    expect(shareLeft({ minutes: 60, trials: 17 }, records, [], clock)).toBeCloseTo(1 / 17, 9);
    // Of a study that does not know, by its trials.
    expect(new BudgetClock({ minutes: 60 }, records, 4, FULL).msLeft / MINUTE).toBeCloseTo(56, 1);
  });

  test('is learned with how much of a device its replicas share', () => {
    const shared = (power: number) => {
      const ms = ({ samples, costs, seeds, rates }: Trial) =>
        4000 + (samples * (seeds.length * rates.length) ** power * effort(costs)) / 2e4;
      const of = (filters: number, changed: object) => {
        const record = ended({ model: network(filters), ...changed }, filters, [0.5]);
        return { ...record, wallMs: ms(record) * (filters % 2 === 0 ? 1.1 : 0.9) };
      };
      const some = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((filters) => [
        of(filters, { samples: FULL / 3, rates: [0.004, 0.01, 0.025] }),
        of(filters + 8, {}),
      ]);
      const trial = makeTrial({}, { ...ended({ model: network(20) }, 0, []), seeds: [1, 2, 3, 4, 5] });
      return (new Pace(some).expectedMs(trial) ?? Number.NaN) / ms(trial);
    };
    for (const power of [1, 0.5, 0.1]) {
      expect(shared(power)).toBeGreaterThan(0.6);
      expect(shared(power)).toBeLessThan(1.6);
    }
  });

  test('is not told by a few, nor by what came to nothing', () => {
    const trial = makeTrial({}, ended({ model: network(3) }, 0, []));
    expect(new Pace(known.slice(0, 5)).expectedMs(trial)).toBeUndefined();
    const refused = known.map((record) => ({ ...record, outcome: { status: 'refused' as const, reason: 'too large' } }));
    expect(new Pace(refused).expectedMs(trial)).toBeUndefined();
  });

  test('alike starts do not make a large network look too slow', () => {
    const alike = known
      .filter(({ samples }) => samples < FULL)
      .map((record) => ({ ...record, wallMs: 6000 + 10 * record.number }));
    const large = makeTrial({}, { ...ended({ model: network(60) }, 0, []), samples: FULL / 27 });
    expect(new Pace(alike).expectedMs(large)).toBeLessThan(20_000);
  });
});

describe('the end of a search', () => {
  const records = [
    ended({ model: network(1) }, 0, [0.7]),
    ended({ model: network(3) }, 1, [0.955]),
    ended({ model: network(2) }, 2, [0.952]),
    ended({ model: network(6) }, 3, [0.97]),
    ended({ model: network(8) }, 4, [0.99]),
  ];
  /** Which of them are confirmed, one after the other, where each comes to this accuracy. */
  const orderOf = (worth: () => number) => {
    const all = [...records];
    const order: number[] = [];
    for (let proposal = finish.propose(PROBLEM, { records: all, pending: [] }); proposal; ) {
      const { model: asked } = proposal;
      order.push(records.findIndex(({ model: one }) => functionHash(one) === functionHash(asked)));
      const accuracy = PROBLEM.seeds.map((seed) => worth() + 1e-4 * seed);
      all.push(ended(proposal, all.length, accuracy, 'finish'));
      proposal = finish.propose(PROBLEM, { records: all, pending: [] });
    }
    return order;
  };

  test('confirms what may be the answer first, the smallest first, and the rest of the front then', () => {
    const none = orderOf(() => 0.9);
    expect(none.slice(0, 3)).toEqual([2, 1, 3]);
  });

  test('asks no network that is not of the front any more once another one holds', () => {
    // The second, larger and at 95.5% from one seed, is of no use now; the first is far from the floor.
    expect(orderOf(() => 0.96)).toEqual([2, 3, 4, 0]);
  });

  test('knows all that ended before it, whatever the lag, and goes on in its own numbers', async () => {
    const seen: History[] = [];
    const watched: Strategy = {
      name: 'finish',
      propose(problem, history) {
        seen.push(history);
        return finish.propose(problem, history);
      },
    };
    const study = new MemoryStudy(records);
    const end = { problem: PROBLEM, strategy: watched, context: {}, budget: {}, append: true };
    const evaluators = [new Landscape(), new Landscape()];
    for await (const _ of runSearch({ ...end, evaluators, study, lag: 2 }));
    expect(seen[0]).toMatchObject({ records, pending: [] });
    expect(seen[1]?.records).toHaveLength(5);
    expect(seen[2]?.records).toHaveLength(6);
    const whole = [...study.records].sort((a, b) => a.number - b.number).map(({ wallMs: _, ...rest }) => rest);
    for (const lost of [5, 6]) {
      const cut = new MemoryStudy(study.records.filter(({ number }) => number !== lost && number < 7));
      for await (const _ of runSearch({ ...end, evaluators, study: cut, lag: 2 }));
      expect([...cut.records].sort((a, b) => a.number - b.number).map(({ wallMs: _, ...rest }) => rest)).toEqual(whole);
    }
  });

  test('keeps time for two answers, and within a share of the budget', () => {
    const others = [9, 10, 11].map((filters, index) => ended({ model: network(filters) }, 5 + index, [0.5]));
    const pace = new Pace([...records, ...others].map((record) => ({ ...record, wallMs: 1000 + effort(record.costs) / 2 })));
    const at = (ms: number, known = records) => msForFinish(PROBLEM, known, pace, { ms, atOnce: 1 });
    // About 37 s each: where no trial tells, five replicas count as four.
    expect(at(10 * MINUTE)).toBeGreaterThan(2 * 45_000);
    expect(at(10 * MINUTE)).toBeLessThan(0.35 * 10 * MINUTE);
    // No network holds the floor yet: without a confirmation there is no answer.
    expect(at(MINUTE)).toBeCloseTo((2 / 3) * MINUTE, 6);
    expect(at(10 * MINUTE, [])).toBeCloseTo(0.08 * 10 * MINUTE, 6);
    // Nothing was trained at full length yet: time is kept for the most promising.
    const short = [4, 5].map((filters, index) => ended({ model: network(filters), samples: FULL / 3 }, index, [0.9]));
    expect(at(10 * MINUTE, short)).toBeGreaterThan(1.3 * 36_000);
    expect(at(10 * MINUTE, short)).toBeLessThan(1.3 * 48_000);
  });
});

describe('a budget of samples', () => {
  /** Ends every other training after a fifth of it. */
  class Stopping implements Evaluator {
    private readonly landscape = new Landscape();
    private readonly waits: Random;

    constructor(seed: number) {
      this.waits = new Random(seed, 0);
    }

    async evaluate(trial: Trial): Promise<Evaluated> {
      await new Promise((done) => setTimeout(done, this.waits.below(4)));
      if (trial.key.charCodeAt(0) % 2 === 0) return this.landscape.evaluate(trial);
      const after = Math.floor(trial.samples / 5);
      const curve = { samples: [after], loss: trial.rates.map(() => [2]), accuracy: trial.rates.map(() => [0.3]) };
      return { outcome: { status: 'stopped', reason: 'it is hopeless', after, curve } };
    }
  }

  const searchedWith = async (strategy: Strategy, workers: number, samples: number) => {
    const study = new MemoryStudy();
    const evaluators = Array.from({ length: workers }, (_, index) => new Stopping(10 * workers + index));
    const options = { problem: PROBLEM, strategy, evaluators, study, context: {}, lag: 6 };
    for await (const _ of runSearch({ ...options, budget: { samples } }));
    return [...study.records].sort((a, b) => a.number - b.number).map(({ wallMs: _, ...rest }) => rest);
  };

  test.each([
    ['evolve', evolve, 8 * FULL],
    ['random', random, 60 * FULL],
  ] as const)(
    'counts what was truly trained, and %s is the same with one evaluator and with three',
    async (_, strategy, budget) => {
      const alone = await searchedWith(strategy, 1, budget);
      expect(await searchedWith(strategy, 3, budget)).toEqual(alone);
      const stopped = alone.filter(({ outcome }) => outcome.status === 'stopped');
      expect(stopped.length).toBeGreaterThan(3);
      const whole = alone.reduce((sum, { samples, seeds, rates }) => sum + samples * seeds.length * rates.length, 0);
      expect(whole).toBeGreaterThan(1.1 * budget);
      const longest = FULL * PROBLEM.seeds.length;
      expect(samplesOf(alone)).toBeLessThan(budget + 6 * longest);
      for (const record of alone)
        if (record.outcome.status === 'stopped')
          expect(bestOf({ ...PROBLEM, floor: 0.01 }, [{ ...record, wallMs: 1 }])).toBeUndefined();
    },
  );
});

test('a search ends by itself only where the space holds nothing smaller that is new', { timeout: 60_000 }, async () => {
  const space = parseSpace({
    format: 1,
    depth: [1, 2],
    blocks: [{ type: 'convolution', weight: 1, filters: [1, 2], kernels: [3, 5], strides: [3, 4], padding: ['valid'] }],
    heads: [{ type: 'dense' }],
    activations: ['relu'],
    batchNorm: [false],
  });
  const problem = { ...PROBLEM, space, floor: 0.8 };
  const study = new MemoryStudy();
  let exhausted = false;
  const onExhausted = () => {
    exhausted = true;
  };
  const options = { problem, strategy: evolve, evaluators: [new Landscape()], study, context: {}, onExhausted };
  for await (const _ of runSearch({ ...options, budget: { trials: 2000 } }));
  expect(exhausted).toBe(true);
  const tried = new Set(study.records.map(functionOf));
  const best = bestOf(problem, study.records) ?? expect.fail('nothing holds');
  const draws = new Random(77, 0);
  for (let draw = 0; draw < 3000; draw++) {
    const drawn = simplest(sampleModel(space, problem.input, problem.classes, draws));
    const trial = makeTrial({}, { model: drawn, samples: 1, seeds: [1], rates: [0.01], origin: { strategy: 'x', change: 'x' } });
    expect(tried.has(functionOf(trial)) || score(problem, trial) >= score(problem, best)).toBe(true);
  }
  // What is left to do is not asked of a budget that is spent.
  exhausted = false;
  for await (const _ of runSearch({ ...options, study: new MemoryStudy(), budget: { trials: 3 } }));
  expect(exhausted).toBe(false);
  expect(searched(study.records).some((record) => confirmsLength(problem, record))).toBe(true);
});
