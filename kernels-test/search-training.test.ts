import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adam, conv2d, dense, digits, flatten, type Gpu, maxPool2d, model, predictor, trainer } from '../src/node.ts';
import { bestOf } from '../src/search/best.ts';
import { costsOf, objective } from '../src/search/costs.ts';
import { finish } from '../src/search/finish.ts';
import type { TrainingSetup } from '../src/search/recipe.ts';
import { MemoryStudy, runSearch } from '../src/search/run.ts';
import { parseSpace } from '../src/search/space/space.ts';
import { evolve } from '../src/search/strategies/evolve.ts';
import type { Problem } from '../src/search/strategy.ts';
import { DEFAULT_SETUP, GpuEvaluator, stepsOf } from '../src/search/train.ts';
import { atBestRate, makeTrial, meanAccuracy, samplesOf } from '../src/search/trial.ts';
import { openTestGpu } from './support/gpu.ts';

const SETUP: TrainingSetup = { ...DEFAULT_SETUP, batch: 20, labelSmoothing: 0.1 };
const optimizer = adam({ learningRate: 0.01 });
const NETWORK = model([28, 28, 1], [conv2d(2, 5, { strides: 3, activation: 'relu' }), maxPool2d(2), flatten(), dense(10)]);
const { train, validation } = digits({ train: 300, test: 10 });
const origin = { strategy: 'test', change: 'none' };

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const trialOf = (evaluator: GpuEvaluator, changed: object = {}) =>
  makeTrial(evaluator.context, { model: NETWORK, samples: 400, seeds: [3, 7], rates: [0.01], origin, ...changed });

describe('the training of a trial', { timeout: 120_000 }, () => {
  test('gives each seed what it comes to alone, on validation data', async () => {
    const evaluator = await GpuEvaluator.create(gpu, { train, validation }, SETUP);
    const { outcome, weights } = await evaluator.evaluate(trialOf(evaluator), { keep: true });
    expect(stepsOf({ samples: 400 }, SETUP)).toBe(20);
    const schedule = { type: 'cosine', steps: 20 } as const;
    const alone = await Promise.all(
      [3, 7].map(async (seed) => {
        await using learner = await trainer(gpu, NETWORK, { ...SETUP, optimizer, schedule, seed });
        const losses: number[] = [];
        for await (const { loss } of learner.fit(train, { steps: 20, reportEvery: 1 })) losses.push(loss);
        return { ...(await learner.evaluate(validation)), losses, weights: await learner.weights() };
      }),
    );
    expect(outcome).toEqual({
      status: 'trained',
      accuracy: alone.map(({ accuracy }) => accuracy),
      loss: alone.map(({ loss }) => loss),
      curve: {
        samples: Array.from({ length: 20 }, (_, step) => 20 * (step + 1)),
        loss: alone.map(({ losses }) => losses.map((loss) => Number(loss.toPrecision(4)))),
        accuracy: expect.any(Array),
      },
    });
    expect(weights).toEqual(alone.map((one) => one.weights));
  });

  test('begins with the weights that it is given, all of its replicas', async () => {
    const evaluator = await GpuEvaluator.create(gpu, { train, validation }, SETUP);
    const first = await evaluator.evaluate(trialOf(evaluator, { seeds: [3] }), { keep: true });
    const initial = first.weights?.[0];
    // At such a rate nothing is learned.
    const still = trialOf(evaluator, { rates: [1e-12], samples: 40 });
    const { outcome, weights } = await evaluator.evaluate(still, { keep: true, initial });
    const accuracy = first.outcome.status === 'trained' ? first.outcome.accuracy[0] : expect.fail('not trained');
    expect(outcome).toMatchObject({ status: 'trained', accuracy: [accuracy, accuracy] });
    for (const one of weights ?? [])
      expect([...(one.get('dense_1/bias')?.data ?? [])]).toEqual(
        [...(initial?.get('dense_1/bias')?.data ?? [])].map((value) => expect.closeTo(value, 6)),
      );
  });

  test('trains every learning rate with every seed', async () => {
    const evaluator = await GpuEvaluator.create(gpu, { train, validation }, SETUP);
    const accuracies = async (rates: readonly number[]) => {
      const { outcome } = await evaluator.evaluate(trialOf(evaluator, { rates }), { keep: false });
      return outcome.status === 'trained' ? outcome.accuracy : [];
    };
    const both = await accuracies([0.001, 0.03]);
    expect(both).toEqual([...(await accuracies([0.001])), ...(await accuracies([0.03]))]);
    expect(both).toHaveLength(4);
  });

  test('drops learning rates that fall behind, and the others come to what they would have come to', async () => {
    const stops = { floor: 0.5, samples: 4000 };
    const evaluator = await GpuEvaluator.create(gpu, { train, validation }, { ...SETUP, stops });
    const trial = { samples: 4000, rates: [1e-5, 0.01, 0.011] };
    const { outcome, weights } = await evaluator.evaluate(trialOf(evaluator, trial), { keep: true });
    if (outcome.status !== 'trained' || !outcome.rates) return expect.fail('no rate was dropped');
    expect(outcome.rates.length).toBeLessThan(3);
    expect(outcome.dropped).toEqual({ rates: trial.rates.filter((rate) => !outcome.rates?.includes(rate)), after: 1000 });
    const alone = await evaluator.evaluate(trialOf(evaluator, { ...trial, rates: outcome.rates }), { keep: true });
    const { rates: _rates, dropped, ...same } = outcome;
    expect({ outcome: same, weights }).toEqual(alone);
    const record = { ...trialOf(evaluator, trial), number: 0, outcome, wallMs: 1 };
    expect(atBestRate(record)?.rate).toBeGreaterThan(1e-5);
    const fell = dropped?.rates.length ?? 0;
    expect(samplesOf([record])).toBe(2 * (4000 * (3 - fell) + 1000 * fell));
  });

  test('is part of the key: other data, other training, other trial', async () => {
    const keys = await Promise.all(
      [
        { data: { train, validation }, setup: SETUP },
        { data: { train, validation }, setup: { ...SETUP, batch: 10 } },
        { data: { train, validation }, setup: { ...SETUP, augment: { shift: 1 } } },
        { data: digits({ train: 300, test: 10, seed: 2 }), setup: SETUP },
      ].map(async ({ data, setup }) => trialOf(await GpuEvaluator.create(gpu, data, setup)).key),
    );
    expect(new Set(keys).size).toBe(4);
  });

  test('is looked at on the data that were kept back where it is asked to, and only then', async () => {
    const confirmation = digits({ train: 10, test: 50 }).test;
    const plain = await GpuEvaluator.create(gpu, { train, validation }, SETUP);
    const evaluator = await GpuEvaluator.create(gpu, { train, validation, confirmation }, SETUP);
    expect(trialOf(evaluator).key).not.toBe(trialOf(plain).key);
    const some = { rates: [0.01, 1e30] };
    const { outcome, weights } = await evaluator.evaluate(trialOf(evaluator, some), { keep: true, confirm: true });
    const record = { ...trialOf(evaluator, some), number: 0, outcome, wallMs: 1 };
    const found = atBestRate(record) ?? expect.fail('not trained');
    expect(found.confirmation).toHaveLength(2);
    for (const [seed, one] of (weights ?? []).entries()) {
      await using network = await predictor(gpu, NETWORK, one);
      expect((await network.evaluate(confirmation)).accuracy).toBe(found.confirmation?.[seed]);
      expect((await network.evaluate(validation)).accuracy).toBe(found.accuracy[seed]);
    }
    expect((await evaluator.evaluate(trialOf(evaluator), { keep: true })).outcome).not.toHaveProperty('confirmation');
    const other = { ...confirmation, classes: 11 };
    await expect(GpuEvaluator.create(gpu, { train, validation, confirmation: other }, SETUP)).rejects.toThrow(
      'Training and confirmation data differ',
    );
  });

  test('keeps the learning rates below those that diverge', async () => {
    const evaluator = await GpuEvaluator.create(gpu, { train, validation }, SETUP);
    const [some, one] = [trialOf(evaluator, { rates: [0.01, 1e29, 1e30] }), trialOf(evaluator)];
    const { outcome } = await evaluator.evaluate(some, { keep: false });
    const expected = (await evaluator.evaluate(one, { keep: false })).outcome;
    expect(outcome).toEqual({ ...expected, rates: [0.01] });
    const record = { ...some, number: 0, outcome, wallMs: 1 };
    expect(atBestRate(record)).toMatchObject({ rate: 0.01, replicas: [0, 1] });
  });

  test('whose weights overflow in its last step, of which no loss tells any more, has diverged all the same', async () => {
    const evaluator = await GpuEvaluator.create(gpu, { train, validation }, SETUP);
    const once = { samples: 20 };
    const { outcome, weights } = await evaluator.evaluate(trialOf(evaluator, { ...once, rates: [1e37] }), { keep: true });
    expect(outcome).toMatchObject({ status: 'diverged', reason: expect.stringMatching(/^Of seed 3 at learning rate 1e\+37, /) });
    expect(weights).toBeUndefined();
    const some = await evaluator.evaluate(trialOf(evaluator, { ...once, rates: [0.01, 1e37] }), { keep: true });
    const alone = await evaluator.evaluate(trialOf(evaluator, once), { keep: true });
    expect(some).toEqual({ ...alone, outcome: { ...alone.outcome, rates: [0.01] } });
  });

  test('that diverges, or that the adapter cannot hold, is an outcome and no failure', async () => {
    const evaluator = await GpuEvaluator.create(gpu, { train, validation }, SETUP);
    const outcomeOf = async (changed: object) => (await evaluator.evaluate(trialOf(evaluator, changed), { keep: true })).outcome;
    expect(await outcomeOf({ rates: [1e30] })).toMatchObject({ status: 'diverged' });
    const huge = model([28, 28, 1], [flatten(), dense(4_000_000), dense(10)]);
    expect(await outcomeOf({ model: huge })).toMatchObject({ status: 'refused' });
  });

  test('ends inside where it learns nothing, is hopeless, or takes too long, and otherwise is as without rules', async () => {
    const stops = { floor: 0.9, samples: 10_000 };
    const evaluator = await GpuEvaluator.create(gpu, { train, validation }, { ...SETUP, stops });
    const dead = model([28, 28, 1], [maxPool2d(28), flatten(), dense(10, { bias: false })]);
    const { outcome } = await evaluator.evaluate(trialOf(evaluator, { model: dead, samples: 10_000 }), { keep: true });
    expect(outcome).toMatchObject({
      status: 'stopped',
      after: 1500,
      reason: expect.stringMatching(/^it learned nothing: after 1500 samples its loss is 2\.3/),
      curve: { samples: [500, 1000, 1500], loss: [expect.any(Array), expect.any(Array)] },
    });
    const plain = await GpuEvaluator.create(gpu, { train, validation }, SETUP);
    const [with_, without] = [
      await evaluator.evaluate(trialOf(evaluator), { keep: true }),
      await plain.evaluate(trialOf(plain), { keep: true }),
    ];
    expect(with_).toEqual(without);
    expect(trialOf(evaluator).key).not.toBe(trialOf(plain).key);
    const long = await evaluator.evaluate(trialOf(evaluator, { samples: 1e7 }), { keep: true, limitMs: 700 });
    expect(long.outcome).toMatchObject({
      status: 'stopped',
      reason: 'it took longer than its limit of 0.7 s',
      after: expect.any(Number),
    });
    expect(long.weights).toBeUndefined();
  });

  test('is ended by an abort', async () => {
    const evaluator = await GpuEvaluator.create(gpu, { train, validation }, SETUP);
    const long = trialOf(evaluator, { samples: 1e9 });
    await expect(evaluator.evaluate(long, { keep: false, signal: AbortSignal.timeout(300) })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    );
  });

  test('of data that do not belong together is refused', async () => {
    const other = { ...validation, classes: 11 };
    await expect(GpuEvaluator.create(gpu, { train, validation: other }, SETUP)).rejects.toThrow('10 classes, [28,28,1] and 11');
    await expect(GpuEvaluator.create(gpu, { train, validation }, { ...SETUP, batch: 500 })).rejects.toThrow('300 samples');
  });
});

test('a search on a GPU finds a small network that holds a low floor', { timeout: 240_000 }, async () => {
  const evaluator = await GpuEvaluator.create(gpu, { train, validation }, SETUP);
  const start = model([28, 28, 1], [conv2d(4, 5, { strides: 3, activation: 'relu' }), flatten(), dense(10)]);
  const problem: Problem = {
    input: [28, 28, 1],
    classes: 10,
    space: parseSpace({
      format: 1,
      depth: [1, 2],
      blocks: [{ type: 'convolution', weight: 1, filters: [1, 8], kernels: [3, 5], strides: [2, 3], padding: ['same'] }],
      heads: [{ type: 'dense' }],
      activations: ['relu'],
      batchNorm: [false],
    }),
    objective: objective('parameters', { macs: 300_000 }),
    floor: 0.3,
    rungs: [2000],
    rates: [0.01],
    seeds: [1, 2, 3, 4, 5],
    seed: 1,
    start,
  };
  const study = new MemoryStudy();
  const options = { problem, evaluators: [evaluator], study, context: evaluator.context };
  for await (const _ of runSearch({ ...options, strategy: evolve, budget: { trials: 8 } }));
  for await (const _ of runSearch({ ...options, strategy: finish, budget: {}, append: true }));
  const best = bestOf(problem, study.records);
  expect(best?.outcome).toMatchObject({ status: 'trained' });
  expect(best?.seeds).toHaveLength(5);
  expect(best?.costs.macs).toBeLessThanOrEqual(300_000);
  // Chance is 0.1.
  expect(best && meanAccuracy(best)).toBeGreaterThan(0.3);
  expect(best?.costs.parameters).toBeLessThanOrEqual(costsOf(start).parameters);
});
