import { describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { conv2d, dense, flatten, maxPool2d, model } from '../src/node.ts';
import { objective } from '../src/search/costs.ts';
import { type EvaluateOptions, type Evaluator, MemoryStudy, runSearch } from '../src/search/run.ts';
import { STRATEGIES } from '../src/search/strategies.ts';
import type { Problem, Strategy } from '../src/search/strategy.ts';
import type { Trial, TrialRecord } from '../src/search/trial.ts';
import { Landscape, PROBLEM } from './support/landscape.ts';

const START = model([28, 28, 1], [conv2d(6, 5, { strides: 2, activation: 'relu' }), maxPool2d(2), flatten(), dense(10)]);

const inOrder = (records: readonly TrialRecord[]) =>
  records.map(({ wallMs: _, ...rest }) => rest).sort((a, b) => a.number - b.number);

/** The landscape, whose trials take 0 to 5 ms, by chance. */
class Slow implements Evaluator {
  private readonly smooth = new Landscape();
  private readonly random: Random;
  running = 0;

  constructor(
    seed: number,
    private readonly most: { together: number; running: number } = { together: 0, running: 0 },
  ) {
    this.random = new Random(seed, 0);
  }

  async evaluate(trial: Trial, options: EvaluateOptions) {
    const { signal } = options;
    this.most.running++;
    this.most.together = Math.max(this.most.together, this.most.running);
    await new Promise((done) => setTimeout(done, this.random.below(6)));
    this.most.running--;
    if (signal?.aborted) throw signal.reason;
    return this.smooth.evaluate(trial, options);
  }
}

/** One that takes away is given a network. */
function problemFor({ needsStart }: Strategy): Problem {
  return needsStart ? { ...PROBLEM, start: START } : PROBLEM;
}

interface Run {
  readonly strategy?: Strategy;
  readonly workers?: number;
  readonly trials?: number;
  readonly study?: MemoryStudy;
  readonly lag?: number;
}

async function run({ strategy = STRATEGIES.evolve, workers = 1, trials = 40, study = new MemoryStudy(), lag = 4 }: Run) {
  const most = { together: 0, running: 0 };
  const evaluators = Array.from({ length: workers }, (_, index) => new Slow(workers + 10 * index, most));
  const problem = problemFor(strategy);
  const options = { problem, strategy, evaluators, study, context: {}, lag, budget: { trials } };
  for await (const _ of runSearch(options));
  return { records: study.records, together: most.together };
}

describe.each(Object.values(STRATEGIES).map((strategy) => [strategy.name, strategy] as const))('%s', (_, strategy) => {
  test('is the same search with one evaluator and with several, which work side by side', async () => {
    const alone = await run({ strategy });
    const three = await run({ strategy, workers: 3 });
    expect(inOrder(three.records)).toEqual(inOrder(alone.records));
    expect([alone.together, three.together]).toEqual([1, 3]);
    const keys = alone.records.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('goes on from any set of finished trials that an end in the middle can leave', async () => {
    const whole = inOrder((await run({ strategy, trials: 25 })).records);
    for (const missing of [[24], [20, 22], [21, 22, 23], [3]]) {
      const kept = (await run({ strategy, trials: 25 })).records.filter(({ number }) => !missing.includes(number));
      const last = Math.min(25, Math.min(...missing) + 4);
      // With a lag of 4, no later trial was begun.
      const study = new MemoryStudy(kept.filter(({ number }) => number < last));
      expect(inOrder((await run({ strategy, trials: 25, workers: 2, study })).records)).toEqual(whole);
    }
  });
});

test('no trial is begun once the drain fires; those that run are kept, and it goes on to the same search', async () => {
  const whole = inOrder((await run({ workers: 3, trials: 25 })).records);
  const study = new MemoryStudy();
  for (const stopAfter of [1, 9, 20]) {
    const drain = new AbortController();
    let [begun, told] = [0, 0];
    const evaluators = [new Slow(1), new Slow(2), new Slow(3)];
    const exhausted = () => {
      told++;
    };
    const options = {
      problem: PROBLEM,
      strategy: STRATEGIES.evolve,
      evaluators,
      study,
      context: {},
      lag: 4,
      budget: { trials: 25 },
    };
    const before = study.records.length;
    for await (const _ of runSearch({ ...options, drain: drain.signal, onBegin: () => begun++, onExhausted: exhausted }))
      if (study.records.length >= stopAfter && !drain.signal.aborted) {
        const running = begun;
        drain.abort();
        expect(running).toBeGreaterThan(0);
      } else if (drain.signal.aborted) expect(study.records.length - before).toBeLessThanOrEqual(begun);
    expect(study.records.length - before).toBe(begun);
    expect(study.records.length).toBeLessThan(25);
    expect(told).toBe(0);
  }
  expect(inOrder((await run({ study, workers: 3, trials: 25 })).records)).toEqual(whole);
});

test('a longer lag is another search, of as many trials', async () => {
  const [short, long] = [await run({ lag: 1 }), await run({ lag: 6 })];
  expect(long.records).toHaveLength(short.records.length);
  expect(inOrder(long.records)).not.toEqual(inOrder(short.records));
});

test('no more trials run at once than the lag allows', async () => {
  expect((await run({ workers: 4, lag: 2 })).together).toBe(2);
});

test('a failing evaluator ends the search with its error, and what was finished stays', async () => {
  const study = new MemoryStudy();
  const failing: Evaluator = {
    evaluate: async (trial, options) => {
      if (study.records.length >= 5) throw new Error('the driver is gone');
      return new Slow(1).evaluate(trial, options);
    },
  };
  const evaluators = [failing, new Slow(2)];
  const options = { problem: PROBLEM, strategy: STRATEGIES.random, evaluators, study, context: {}, lag: 4, budget: {} };
  const ended = async () => {
    for await (const _ of runSearch(options));
  };
  await expect(ended()).rejects.toThrow('the driver is gone');
  expect(study.records.length).toBeGreaterThanOrEqual(5);
  const before = inOrder(study.records);
  const { records } = await run({ strategy: STRATEGIES.random, study, trials: 12 });
  expect(inOrder(records).filter(({ key }) => before.some((record) => record.key === key))).toEqual(before);
  expect(records).toHaveLength(12);
});

test('leaving the loop stops the running trials', async () => {
  let stopped = 0;
  const patient: Evaluator = {
    evaluate: (trial, { signal }) =>
      trial.key === undefined
        ? Promise.reject(new Error('no key'))
        : new Promise((resolve, reject) => {
            const timer = setTimeout(() => resolve(new Landscape().evaluate(trial)), stopped === 0 ? 5 : 60_000);
            stopped++;
            signal?.addEventListener('abort', () => {
              clearTimeout(timer);
              reject(signal.reason);
            });
          }),
  };
  const study = new MemoryStudy();
  const options = { problem: PROBLEM, strategy: STRATEGIES.random, evaluators: [patient, patient], study, context: {}, lag: 4 };
  for await (const _ of runSearch({ ...options, budget: {} })) break;
  expect(study.records).toHaveLength(1);
});

describe('latency as what is made small', () => {
  const latencyOf = (trial: Pick<Trial, 'costs' | 'model'>) => 0.1 + 0.02 * trial.model.layers.length + trial.costs.macs / 1e6;
  const timed: Evaluator = {
    evaluate: async (trial, options) => ({
      ...(await new Landscape().evaluate(trial, options)),
      ...(options.measure && { latency: latencyOf(trial) }),
    }),
  };

  test.each(Object.values(STRATEGIES).map((strategy) => [strategy.name, strategy] as const))(
    '%s measures it, and keeps to a limit of it',
    async (_, strategy) => {
      const study = new MemoryStudy();
      const problem = { ...problemFor(strategy), floor: 0.8, objective: objective('latency', { latency: 0.3 }) };
      const options = { problem, strategy, evaluators: [timed], study, context: {}, budget: { trials: 60 } };
      for await (const _ of runSearch(options));
      for (const record of study.records) expect(record.costs.latency).toBeCloseTo(latencyOf(record), 10);
      // What is foreseen is fitted to what was measured, and so becomes exact here.
      const late = study.records.filter(({ number }) => number >= 30);
      for (const { costs } of late) expect(costs.latency).toBeLessThanOrEqual(0.3 + 1e-9);
      const { bestOf } = await import('../src/search/best.ts');
      expect(bestOf(problem, study.records)?.costs.latency).toBeLessThan(0.3);
    },
  );
});

describe('trials whose device or process is lost again and again', () => {
  /** The landscape, where what trains some trials is lost. */
  class Failing extends Landscape implements Evaluator {
    constructor(private readonly fails: (index: number) => boolean) {
      super();
    }

    override async evaluate(trial: Trial) {
      const index = this.trials;
      const { outcome } = await super.evaluate(trial);
      if (!this.fails(index)) return { outcome };
      return { outcome: { status: 'refused', reason: 'it lost the device twice' }, lost: true } as never;
    }
  }

  const searchWith = async (fails: (index: number) => boolean, study = new MemoryStudy(), trials = 12) => {
    const options = { problem: PROBLEM, strategy: STRATEGIES.evolve, study, context: {}, budget: { trials } };
    const yielded: TrialRecord[] = [];
    for await (const record of runSearch({ ...options, evaluators: [new Failing(fails)] })) yielded.push(record);
    expect(yielded).toEqual(study.records);
    return study;
  };
  /** The same search given again, on a device that works. */
  const goneOn = async ({ records }: MemoryStudy) => {
    const study = new MemoryStudy(records);
    const options = { problem: PROBLEM, strategy: STRATEGIES.evolve, study, context: {}, budget: { trials: 12 } };
    for await (const _ of runSearch({ ...options, evaluators: [new Landscape()] }));
    return study;
  };
  const refused = ({ records }: MemoryStudy) =>
    records.flatMap(({ number, outcome }) => (outcome.status === 'refused' ? [number] : []));

  test('are refused, and the search goes on', async () => {
    const study = await searchWith((index) => [2, 5, 6].includes(index));
    expect(study.records.map(({ number }) => number)).toEqual([...Array(12).keys()]);
    expect(refused(study)).toEqual([2, 5, 6]);
  });

  test('at the end of a run, with none after them that shows the device to work, are not kept', async () => {
    const study = await searchWith((index) => index >= 10);
    expect(study.records.map(({ number }) => number)).toEqual([...Array(10).keys()]);
    const again = await goneOn(study);
    expect(inOrder(again.records)).toEqual(inOrder((await searchWith(() => false)).records));
  });

  test('where there are no others, end the run', async () => {
    const study = new MemoryStudy();
    await expect(searchWith(() => true, study, 2)).rejects.toThrow(expect.objectContaining({ name: 'DeviceLostError' }));
    expect(study.records).toEqual([]);
  });

  test('three in a row end it, and none of the three is kept: given again, it is as if nothing had failed', async () => {
    const study = new MemoryStudy();
    await expect(searchWith((index) => index >= 4, study)).rejects.toThrow(
      expect.objectContaining({
        name: 'DeviceLostError',
        message: expect.stringMatching(/3 trials in a row .* it lost the device twice/),
      }),
    );
    expect(study.records.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
    const again = await goneOn(study);
    expect(inOrder(again.records)).toEqual(inOrder((await searchWith(() => false)).records));
  });
});
