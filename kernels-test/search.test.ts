import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { conv2d, dense, flatten, maxPool2d } from '../src/model/layers.ts';
import { DeviceLostError, dataset, datasetHash, digits, type Gpu, model, predictor, subset } from '../src/node.ts';
import { confirmsLength } from '../src/search/best.ts';
import { conclude } from '../src/search/conclude.ts';
import { finish, fullFront } from '../src/search/finish.ts';
import type { SearchOptions } from '../src/search/options.ts';
import { ReopeningGpu } from '../src/search/reopening.ts';
import { MemoryStudy, runSearch } from '../src/search/run.ts';
import { type SearchStep, search, searchProblem } from '../src/search/search.ts';
import { parseSpace } from '../src/search/space/space.ts';
import { evolve } from '../src/search/strategies/evolve.ts';
import { reductionAfter } from '../src/search/strategy.ts';
import { DEFAULT_SETUP, GpuEvaluator } from '../src/search/train.ts';
import { makeTrial, type Trial, type TrialRecord } from '../src/search/trial.ts';
import { failingAllocation } from './support/failing-allocation.ts';
import { openTestGpu } from './support/gpu.ts';
import { Landscape, PROBLEM } from './support/landscape.ts';

const { train, validation, test: tests } = digits({ train: 400, test: 200 });
const DATA = { train, validation: subset(validation, 0, 40, 'validation'), test: tests };
const SPACE = parseSpace({
  format: 1,
  depth: [1, 2],
  blocks: [{ type: 'convolution', weight: 1, filters: [1, 6], kernels: [3, 5], strides: [2, 3], padding: ['same'] }],
  heads: [{ type: 'dense' }],
  activations: ['relu'],
  batchNorm: [false],
});
const START = model([28, 28, 1], [conv2d(4, 5, { strides: 3, activation: 'relu' }), maxPool2d(2), flatten(), dense(10)]);
const OPTIONS: SearchOptions = {
  floor: 0.3,
  space: SPACE,
  start: START,
  samples: 1800,
  rates: [0.01],
  setup: { batch: 20 },
  budget: { trials: 8 },
};

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

async function run(data = DATA, options: Partial<SearchOptions> = {}) {
  const study = new MemoryStudy();
  const steps: SearchStep[] = [];
  for await (const step of search(gpu, data, { ...OPTIONS, study, ...options })) steps.push(step);
  return { study: options.study ?? study, steps };
}

const choices = (records: readonly TrialRecord[]) => records.map(({ wallMs: _, ...rest }) => rest);

describe('a search on a GPU', { timeout: 240_000 }, () => {
  test('ends with the front from all seeds, and what the test set says of it', async () => {
    const { study, steps } = await run();
    const trials = steps.flatMap((step) => (step.type === 'trial' ? [step] : []));
    expect(trials.map(({ record }) => record)).toEqual(study.records);
    expect(trials.filter(({ phase }) => phase === 'search')).toHaveLength(8);
    const last = steps.at(-1);
    if (last?.type !== 'conclusion') return expect.fail('no conclusion');
    const { finalists, best } = last.conclusion;
    expect(study.conclusions).toEqual([last.conclusion]);
    expect(finalists.length).toBeGreaterThan(0);
    expect(best).toBe(trials.at(-1)?.best?.key);
    for (const { key, seeds, validation: accuracies, test: tested, model: network } of finalists) {
      expect(seeds).toEqual([1, 2, 3, 4, 5]);
      const record = study.records.find((one) => one.key === key);
      expect(record?.outcome).toMatchObject({ accuracy: accuracies });
      const weights = (record && (await study.weights(record))) ?? expect.fail('no weights');
      const again: (number | undefined)[] = [];
      for (const one of weights) {
        await using ready = await predictor(gpu, network, one);
        again.push((await ready.evaluate(DATA.test)).accuracy);
      }
      expect(tested).toEqual(again);
    }
  });

  test('chooses the same with a poisoned test set: no test label reaches a choice', async () => {
    const poisoned = dataset({ ...tests, y: tests.y.map((label) => 9 - label), x: tests.x.map((value) => 255 - value) });
    const [clean, dirty] = [await run(), await run({ ...DATA, test: poisoned })];
    expect(choices(dirty.study.records)).toEqual(choices(clean.study.records));
    const ends = [clean, dirty].map(({ study }) => study.conclusions[0] ?? expect.fail('no conclusion'));
    expect(ends[1]?.best).toBe(ends[0]?.best);
    expect(ends[1]?.finalists.map(({ key }) => key)).toEqual(ends[0]?.finalists.map(({ key }) => key));
    // The poison is felt where the test set is looked at, and nowhere else.
    expect(ends[1]?.finalists.map((finalist) => finalist.test)).not.toEqual(ends[0]?.finalists.map((finalist) => finalist.test));
  });

  test('that goes on when nothing is left looks at the test set no more', async () => {
    const { study } = await run();
    const [first] = study.conclusions;
    const again = await run(DATA, { study });
    expect(again.steps).toEqual([{ type: 'conclusion', conclusion: first }]);
    expect(study.conclusions).toEqual([first]);
  });

  test('that is given another test set looks at that one, once, and keeps both conclusions', async () => {
    const { study } = await run();
    const swapped = dataset({ ...tests, y: tests.y.map((label) => (label + 1) % 10) });
    const [first, second] = (await run({ ...DATA, test: swapped }, { study })).study.conclusions;
    expect(study.conclusions).toHaveLength(2);
    expect([first?.testHash, second?.testHash]).toEqual([await datasetHash(tests), await datasetHash(swapped)]);
    expect(second?.finalists.map(({ key }) => key)).toEqual(first?.finalists.map(({ key }) => key));
    // What was right for the one is wrong for the other.
    for (const [index, finalist] of (first?.finalists ?? []).entries())
      for (const [seed, accuracy] of (second?.finalists[index]?.test ?? []).entries())
        expect(accuracy).toBeLessThanOrEqual(1 - (finalist.test[seed] ?? Number.NaN));
    await run({ ...DATA, test: swapped }, { study });
    expect(study.conclusions).toHaveLength(2);
  });

  test('whose conclusion does not tell of which test set it is looks once more', async () => {
    const { study } = await run();
    const { testHash: _, ...old } = study.conclusions[0] ?? expect.fail('no conclusion');
    const known = new MemoryStudy(study.records);
    known.conclusions.push(old);
    for (let again = 0; again < 2; again++) await run(DATA, { study: known });
    expect(known.conclusions).toEqual([old, { ...study.conclusions[0], date: expect.any(String) }]);
  });

  test('trains a network of the front again whose weights were lost, and they are the same', async () => {
    const { study } = await run();
    const lost = new MemoryStudy(study.records);
    await run(DATA, { study: lost });
    expect(lost.conclusions[0]?.finalists).toEqual(study.conclusions[0]?.finalists);
    const finalist = study.conclusions[0]?.finalists[0];
    const one = study.records.find(({ key }) => key === finalist?.key) ?? expect.fail('no finalist');
    expect(await lost.weights(one)).toEqual(await study.weights(one));
  });

  test('is ended by an abort while the test set is looked at', async () => {
    const problem = searchProblem(DATA, { floor: 0.3, samples: 20, rates: [0.01] });
    const study = new MemoryStudy();
    const evaluator = await GpuEvaluator.create(gpu, DATA, { ...DEFAULT_SETUP, batch: 20 });
    for (const [number, filters] of [1, 2].entries()) {
      const network = model([28, 28, 1], [conv2d(filters, 7, { strides: 7 }), flatten(), dense(10)]);
      const origin = { strategy: 'evolve', change: 'drawn' };
      const trial = makeTrial({}, { model: network, samples: 20, seeds: problem.seeds, rates: [0.01], origin });
      const { weights } = await evaluator.evaluate(trial, { keep: true });
      // The larger one is better, so that both are of the front.
      const accuracy = problem.seeds.map(() => 0.1 * filters);
      const outcome = { status: 'trained' as const, accuracy, loss: accuracy };
      await study.add({ ...trial, number, outcome, wallMs: 1 }, weights);
    }
    const stop = new AbortController();
    const options = { problem, study, test: DATA.test, evaluator, onTested: () => stop.abort(), signal: stop.signal };
    const device = new ReopeningGpu(gpu);
    await expect(conclude(device, options)).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(study.conclusions).toEqual([]);
    expect((await conclude(device, { ...options, signal: undefined })).finalists).toHaveLength(2);
  });

  test('that no network satisfies says so, and has a front all the same', async () => {
    const { study } = await run(DATA, { floor: 0.999 });
    expect(study.conclusions).toHaveLength(1);
    expect(study.conclusions[0]?.best).toBeUndefined();
    expect(study.conclusions[0]?.finalists.length).toBeGreaterThan(0);
  });

  test('without test data ends without a conclusion', async () => {
    const { steps } = await run({ train, validation: DATA.validation } as typeof DATA);
    expect(steps.every(({ type }) => type === 'trial')).toBe(true);
  });
});

describe('a search whose device fails', { timeout: 240_000 }, () => {
  /** Destroys a device as the trial of this number begins. */
  const losing = (device: () => Gpu, at: number) => {
    let begun = 0;
    return () => {
      if (begun++ === at) device().device.destroy();
    };
  };

  test('opens another one, and comes to the same', async () => {
    const whole = await run();
    let current = await openTestGpu();
    const devices = [current];
    const reopen = async () => {
      current = await openTestGpu();
      devices.push(current);
      return current;
    };
    const study = new MemoryStudy();
    const lose = losing(() => current, 3);
    const onTested = (done: number) => done === 1 && current.device.destroy();
    for await (const _ of search(current, DATA, {
      ...OPTIONS,
      study,
      reopen,
      onBegin: lose,
      onTested: (done) => void onTested(done),
    }));
    expect(choices(study.records)).toEqual(choices(whole.study.records));
    expect(study.conclusions[0]?.finalists).toEqual(whole.study.conclusions[0]?.finalists);
    const networks = study.conclusions[0]?.finalists.length ?? 0;
    expect(devices).toHaveLength(networks > 1 ? 3 : 2);
    // What the search opened it has freed.
    for (const one of devices) expect(() => one.check()).toThrow(DeviceLostError);
  });

  test('ends where it may open no other, and keeps what was finished', async () => {
    const lost = await openTestGpu();
    const study = new MemoryStudy();
    const all = async () => {
      for await (const _ of search(lost, DATA, { ...OPTIONS, study, onBegin: losing(() => lost, 2) }));
    };
    await expect(all()).rejects.toThrow(DeviceLostError);
    expect(study.records).toHaveLength(2);
  });

  test('refuses a trial that loses the second device too', async () => {
    const reopen = async () => {
      const opened = await openTestGpu();
      opened.device.destroy();
      return opened;
    };
    const first = await reopen();
    await using device = new ReopeningGpu(first, reopen);
    const evaluator = await GpuEvaluator.create(device, DATA, { ...DEFAULT_SETUP, batch: 20 });
    const trial = makeTrial(
      {},
      { model: START, samples: 20, seeds: [1], rates: [0.01], origin: { strategy: 'test', change: 'none' } },
    );
    expect(await evaluator.evaluate(trial, { keep: false })).toEqual({
      outcome: { status: 'refused', reason: expect.stringMatching(/^it lost the device twice: The GPU device was lost/) },
      lost: true,
    });
  });

  test('for want of memory refuses the trials that need more, and goes on with the others', async () => {
    let full: ReturnType<typeof failingAllocation> | undefined;
    const study = new MemoryStudy();
    const begun: string[] = [];
    const expected: string[] = [];
    const onBegin = ({ key }: Trial) => {
      if (begun.push(key) % 3 !== 0) return;
      full = failingAllocation(gpu, /^parameters/);
      expected.push(key);
    };
    for await (const _ of search(gpu, DATA, { ...OPTIONS, study, finish: false, onBegin })) {
      full?.end();
      full = undefined;
    }
    const refused = study.records.filter(({ outcome }) => outcome.status === 'refused');
    expect(refused.map(({ key }) => key)).toEqual(expected);
    expect(expected).toHaveLength(2);
    for (const { outcome } of refused)
      expect(outcome).toMatchObject({
        reason: expect.stringMatching(/The buffer 'parameters' needs \d+ bytes of device memory/),
      });
    expect(study.records).toHaveLength(8);
  });
});

describe('the end of a search', () => {
  test('trains the front from all seeds, eight networks at the most', async () => {
    const study = new MemoryStudy();
    const run = { problem: PROBLEM, evaluators: [new Landscape()], study, context: {} };
    for await (const _ of runSearch({ ...run, strategy: evolve, budget: { trials: 150 } }));
    const before = study.records.length;
    for await (const _ of runSearch({ ...run, strategy: finish, budget: {} }));
    const added = study.records.slice(before);
    const populations = new Map(study.records.map(({ key, origin }) => [key, origin.family]));
    for (const { origin } of added) expect(origin.family).toBe(populations.get(origin.parent ?? ''));
    expect(added.length).toBeGreaterThan(0);
    expect(added.length).toBeLessThanOrEqual(8);
    for (const record of added) expect(confirmsLength(PROBLEM, record)).toBe(true);
    const front = fullFront(PROBLEM, study.records);
    expect(front.filter(({ seeds }) => seeds.length < 5)).toHaveLength(added.length < 8 ? 0 : front.length - added.length);
  });
});

describe('what is asked of a search', () => {
  test.each([
    ['floor', { floor: 95 }, 'between 0 and 1'],
    ['seeds', { floor: 0.9, seeds: 4 }, 'from 5 to 100'],
    ['samples', { floor: 0.9, samples: 0 }, 'positive integer'],
    ['rates', { floor: 0.9, rates: [0.1, 0.01] }, 'rising'],
    ['no rate', { floor: 0.9, rates: [] }, 'rising'],
    ['seed', { floor: 0.9, seed: -1 }, 'seed'],
    ['cost', { floor: 0.9, objective: 'weight' as 'bytes' }, "no cost 'weight'"],
    ['start', { floor: 0.9, start: model([8, 8, 1], [flatten(), dense(10)]) }, '[8,8,1]'],
    ['number of classes', { floor: 0.9, start: model([28, 28, 1], [flatten(), dense(3)]) }, 'it must make [10]'],
    ['output', { floor: 0.9, start: model([28, 28, 1], [conv2d(10, 3)]) }, 'makes [26,26,10] of a sample'],
    ['last activation', { floor: 0.9, start: model([28, 28, 1], [flatten(), dense(10, { activation: 'softmax' })]) }, 'softmax'],
    ['size of the start', { floor: 0.9, start: START, limits: { parameters: 100 } }, 'parameters, and 100 is the limit'],
  ])('a wrong %s is refused', (_, options, text) => {
    expect(() => searchProblem(DATA, options)).toThrow(text);
  });

  test('a share that begins with weights of others is asked of evolve alone', async () => {
    await expect(run(DATA, { strategy: 'random', inheriting: 0.5 })).rejects.toThrow(
      "children of evolve, and strategy is 'random'",
    );
  });

  test('the full length is ten epochs, with a sixtieth, a fifteenth and a fourth before, where those tell anything', () => {
    const sized = (size: number) => ({ train: { ...DATA.train, size } });
    expect(searchProblem(sized(55_000), { floor: 0.9 }).rungs).toEqual([9167, 36_667, 137_500, 550_000]);
    expect(searchProblem(sized(10_000), { floor: 0.9 }).rungs).toEqual([6667, 25_000, 100_000]);
    expect(searchProblem(sized(2000), { floor: 0.9 }).rungs).toEqual([5000, 20_000]);
    expect(searchProblem(DATA, { floor: 0.9 }).rungs).toEqual([4000]);
    expect(searchProblem(DATA, { floor: 0.9, samples: 2 }).rungs).toEqual([2]);
  });

  test('rungs may be given, those of a study of before', () => {
    const rungs = [61_111, 183_333, 550_000];
    expect(searchProblem(DATA, { floor: 0.9, rungs }).rungs).toEqual(rungs);
    expect(reductionAfter(searchProblem(DATA, { floor: 0.9, rungs }), 61_111)).toBe(3);
    for (const wrong of [[], [0, 5], [5, 5], [1.5, 4]])
      expect(() => searchProblem(DATA, { floor: 0.9, rungs: wrong })).toThrow('rising positive integers');
    expect(() => searchProblem(DATA, { floor: 0.9, rungs, samples: 7 })).toThrow('the last of the rungs is the full length');
  });
});
