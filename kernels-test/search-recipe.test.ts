import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { StudyFolder } from '../src/node/study-folder.ts';
import { conv2d, dense, digits, flatten, type Gpu, model, rmsprop, trainer } from '../src/node.ts';
import { bestOf } from '../src/search/best.ts';
import { howTrained } from '../src/search/how-trained.ts';
import { checkSetup, parseRecipe, RECIPE_PARTS, type Recipe, scheduleOver, withRecipe } from '../src/search/recipe.ts';
import { mutateRecipe, parseChoices, type RecipeChoices, rateFactor, usualChoices } from '../src/search/recipe-choices.ts';
import { type Evaluator, MemoryStudy, runSearch } from '../src/search/run.ts';
import { searchProblem } from '../src/search/search.ts';
import { evolve } from '../src/search/strategies/evolve.ts';
import { lengthen } from '../src/search/strategies/lengthen.ts';
import { DEFAULT_SETUP, GpuEvaluator } from '../src/search/train.ts';
import { candidateOf, makeTrial, type Trial, type TrialRecord } from '../src/search/trial.ts';
import { openTestGpu } from './support/gpu.ts';
import { FULL, Landscape, PROBLEM, trueError } from './support/landscape.ts';

const NETWORK = model([28, 28, 1], [conv2d(2, 5, { strides: 3, activation: 'relu' }), flatten(), dense(10)]);
const { learningRate: _, ...RMSPROP } = rmsprop();
const RECIPE: Recipe = {
  optimizer: RMSPROP,
  batch: 10,
  schedule: { type: 'warmRestarts', cycles: 2, factor: 3 },
  labelSmoothing: 0.05,
  augment: { shift: 1 },
  averaging: { decay: 0.9 },
};
const origin = { strategy: 'test', change: 'none' };
const DESCRIBED = { model: NETWORK, samples: 200, seeds: [3, 7], rates: [0.002], origin };

describe('a recipe', () => {
  test('is part of the key of a trial, and without one the key is what it was before there were any', () => {
    const keyOf = (recipe?: Recipe) => makeTrial({}, { ...DESCRIBED, ...(recipe && { recipe }) }).key;
    expect(keyOf()).toBe('2147c90b29deda6f72e77869');
    expect(new Set([undefined, {}, RECIPE, { ...RECIPE, batch: 20 }].map((recipe) => keyOf(recipe))).size).toBe(4);
  });

  test('makes another candidate of a network, whatever the order of its parts', () => {
    const { batch, ...rest } = RECIPE;
    expect(candidateOf({ model: NETWORK, recipe: { ...rest, batch: batch ?? 1 } })).toBe(
      candidateOf({ model: NETWORK, recipe: RECIPE }),
    );
    expect(candidateOf({ model: NETWORK, recipe: RECIPE })).not.toBe(candidateOf({ model: NETWORK }));
  });

  test('overrides the set-up part by part, and says that a part is left out', () => {
    expect(withRecipe({ ...DEFAULT_SETUP, labelSmoothing: 0.1 }, { batch: 32 })).toEqual({
      ...DEFAULT_SETUP,
      labelSmoothing: 0.1,
      batch: 32,
    });
    const full = { ...DEFAULT_SETUP, augment: { shift: 2 }, averaging: { decay: 0.9 } };
    expect(withRecipe(full)).toEqual(full);
    expect(withRecipe(full, { augment: {}, averaging: { decay: 0 } })).toEqual(DEFAULT_SETUP);
  });

  test.each<[unknown, string]>([
    [7, 'recipe: '],
    [{ momentum: 0.9 }, 'recipe: '],
    [{ batch: 0 }, 'recipe: batch'],
    [{ optimizer: { type: 'lion' } }, 'optimizer must be made with'],
    [{ optimizer: { type: 'sgd', momentum: 2 } }, 'sgd: momentum'],
    [{ labelSmoothing: 1 }, 'recipe: labelSmoothing'],
    [{ schedule: { type: 'step' } }, "recipe: schedule: type must be 'cosine' or 'warmRestarts'"],
    [{ schedule: { type: 'cosine', warmup: 1 } }, 'recipe: schedule: warmup'],
    [{ schedule: { type: 'warmRestarts', cycles: 0 } }, 'recipe: schedule: cycles'],
    [{ augment: { shear: 2 } }, "augment: unknown option 'shear'"],
    [{ averaging: { decay: 1 } }, 'recipe: averaging: decay'],
  ])('%j is refused', (json, message) => {
    expect(() => parseRecipe(json)).toThrow(message);
  });

  test('is the same after it was written and read, and a set-up is checked as one', () => {
    expect(parseRecipe(JSON.parse(JSON.stringify(RECIPE)))).toEqual(RECIPE);
    expect(() => checkSetup('setup', { ...DEFAULT_SETUP, averaging: { decay: 2 } })).toThrow('setup: averaging: decay');
  });
});

test.each([
  [20, undefined, { type: 'cosine', steps: 20 }],
  [20, { type: 'cosine', warmup: 0.3 } as const, { type: 'cosine', steps: 20, warmup: 6 }],
  [1, { type: 'cosine', warmup: 0.9 } as const, { type: 'cosine', steps: 1 }],
  [70, { type: 'warmRestarts', cycles: 3, factor: 2 } as const, { type: 'warmRestarts', every: 10, factor: 2 }],
  [71, { type: 'warmRestarts', cycles: 3, factor: 2 } as const, { type: 'warmRestarts', every: 11, factor: 2 }],
  [2, { type: 'warmRestarts', cycles: 5 } as const, { type: 'warmRestarts', every: 1, factor: 1 }],
])('a schedule over %i steps of %j is %j', (steps, schedule, expected) => {
  expect(scheduleOver(steps, schedule)).toEqual(expected);
});

describe('what a recipe is chosen from', () => {
  const IMAGES = { inputShape: [28, 28, 1], size: 1000 };

  test('is all parts, but for those that are given, each with the own of the set-up first', () => {
    const all = usualChoices(IMAGES, DEFAULT_SETUP, []);
    // What networks leave as is chosen where bytes count alone.
    expect(Object.keys(all).sort()).toEqual(RECIPE_PARTS.filter((part) => part !== 'leaves').sort());
    const leaving = usualChoices(IMAGES, { ...DEFAULT_SETUP, leaves: { format: 'c', weights: 8 } }, []);
    expect(Object.keys(leaving).sort()).toEqual([...RECIPE_PARTS].sort());
    expect(all.optimizer?.map(({ optimizer }) => optimizer.type)).toEqual(['adam', 'adamW', 'rmsprop', 'sgd']);
    expect(all.batch).toEqual([64, 32, 128]);
    expect(all.augment?.[0]).toEqual({});
    expect(Object.keys(usualChoices(IMAGES, DEFAULT_SETUP, ['optimizer', 'augment'])).sort()).toEqual([
      'averaging',
      'batch',
      'labelSmoothing',
      'schedule',
    ]);
    expect(usualChoices({ inputShape: [1, 1, 1], size: 40 }, { ...DEFAULT_SETUP, batch: 8 }, [])).toMatchObject({
      batch: [8, 32],
      augment: [{}, { rotation: 7 }],
    });
    expect(parseChoices(JSON.parse(JSON.stringify(all)))).toEqual(all);
    expect(() => parseChoices({ batch: [0] })).toThrow('recipe: batch');
    expect(() => parseChoices({ momentum: [0.9] })).toThrow('recipe: momentum');
  });

  test('changes one part at a time, comes back to the set-up, and finds all there is', () => {
    const choices = usualChoices(IMAGES, DEFAULT_SETUP, ['optimizer', 'augment', 'averaging', 'schedule']);
    const random = new Random(3, 0);
    const seen = new Set<string>();
    let recipe: Recipe | undefined;
    for (let step = 0; step < 200; step++) {
      const next = mutateRecipe(recipe, choices, random) ?? expect.fail('nothing to choose');
      const [before, after] = [withRecipe(DEFAULT_SETUP, recipe), withRecipe(DEFAULT_SETUP, next.recipe)];
      const changed = RECIPE_PARTS.filter((part) => JSON.stringify(before[part]) !== JSON.stringify(after[part]));
      expect(changed).toHaveLength(1);
      recipe = next.recipe;
      seen.add(JSON.stringify(after));
      if (JSON.stringify(after) === JSON.stringify(DEFAULT_SETUP)) expect(recipe).toBeUndefined();
    }
    expect(seen.size).toBe(3 * 4);
    expect(mutateRecipe(undefined, {}, random)).toBeUndefined();
    expect(mutateRecipe(undefined, { batch: [64] }, random)).toBeUndefined();
  });

  test('goes with learning rates that suit the optimizer', () => {
    const choices = usualChoices(IMAGES, DEFAULT_SETUP, []);
    const sgd = choices.optimizer?.find(({ optimizer }) => optimizer.type === 'sgd')?.optimizer ?? expect.fail();
    expect(rateFactor(choices, { optimizer: sgd })).toBe(5);
    expect(rateFactor(choices, { batch: 32 })).toBe(1);
    const { optimizer = [] } = usualChoices(IMAGES, { ...DEFAULT_SETUP, optimizer: sgd }, []);
    expect(optimizer.map(({ rate }) => rate)).toEqual([1, 0.2, 0.2, 0.1]);
  });

  test('is fixed where that is asked, and by what is given', () => {
    const data = digits({ train: 100, test: 10 });
    expect(searchProblem(data, { floor: 0.9, recipe: 'fixed' }).recipes).toBeUndefined();
    const { recipes } = searchProblem(data, { floor: 0.9, setup: { batch: 20 } });
    expect(recipes).not.toHaveProperty('batch');
    expect(searchProblem(data, { floor: 0.9, recipe: { batch: [64, 32] } }).recipes).toEqual({ batch: [64, 32] });
    expect(() => searchProblem(data, { floor: 0.9, recipe: { batch: [0.5] } })).toThrow('recipe: batch');
  });

  test('is refused where a choice would not be what it says, and taken where each part begins with the own of the set-up', () => {
    const data = digits({ train: 100, test: 10 });
    const wrong = (recipe: RecipeChoices, text: string) =>
      expect(() => searchProblem(data, { floor: 0.9, recipe })).toThrow(text);
    wrong({ batch: [32, 128] }, "the first choice of batch must be the set-up's own, 64, got 32");
    wrong({ batch: [] }, 'got none');
    wrong({ averaging: [{ decay: 0.9 }] }, `the set-up's own, {"decay":0}`);
    wrong({ batch: [64, 1e6] }, 'a batch of 1000000 is larger than the training data');
    const [own] = usualChoices(data.train, DEFAULT_SETUP, []).optimizer ?? expect.unreachable('none');
    wrong({ optimizer: [{ optimizer: own?.optimizer ?? expect.unreachable('none'), rate: 2 }] }, 'must be 1, got 2');
    const schedule = [{ type: 'cosine' }, { type: 'cosine', warmup: 0.2 }] as const;
    expect(searchProblem(data, { floor: 0.9, recipe: { schedule } }).recipes).toEqual({ schedule });
    const all = usualChoices(data.train, DEFAULT_SETUP, []);
    expect(searchProblem(data, { floor: 0.9, recipe: all }).recipes).toEqual(all);
    expect(searchProblem(data, { floor: 0.9, setup: { batch: 32 }, recipe: { batch: [32, 64] } }).recipes).toEqual({
      batch: [32, 64],
    });
  });
});

describe('evolve with recipes', () => {
  const CHOICES = usualChoices({ inputShape: [28, 28, 1], size: 1000 }, DEFAULT_SETUP, []);
  const problem = { ...PROBLEM, recipes: CHOICES };

  test('chooses them with networks, hands them down, and keeps them from rung to rung', async () => {
    const study = new MemoryStudy();
    const options = { problem, strategy: evolve, evaluators: [new Landscape()], study, context: {}, budget: { trials: 80 } };
    for await (const _ of runSearch(options));
    const byKey = new Map(study.records.map((record) => [record.key, record]));
    const others = study.records.filter(({ recipe }) => recipe !== undefined);
    expect(others.length).toBeGreaterThan(5);
    const inherited = others.filter(({ origin, recipe }) => {
      const parent = byKey.get(origin.parent ?? '');
      return parent?.recipe !== undefined && JSON.stringify(parent.recipe) === JSON.stringify(recipe);
    });
    expect(inherited.length).toBeGreaterThan(0);
    for (const { origin, recipe, rates } of study.records) {
      const factor = rateFactor(CHOICES, recipe);
      for (const rate of rates) expect(PROBLEM.rates.map((one) => one * factor)).toContain(rate);
      if (!origin.change.startsWith('trained for')) continue;
      expect(byKey.get(origin.parent ?? '')?.recipe).toEqual(recipe);
    }
  });

  test('goes on after an interruption as if there had been none', async () => {
    const searched = async (study: MemoryStudy) => {
      const options = { problem, strategy: evolve, evaluators: [new Landscape()], study, context: {}, budget: { trials: 50 } };
      for await (const _ of runSearch(options));
      return study.records.map(({ wallMs: _wallMs, ...rest }) => rest);
    };
    const study = new MemoryStudy();
    const whole = await searched(study);
    expect(whole.some(({ recipe }) => recipe !== undefined)).toBe(true);
    expect(await searched(new MemoryStudy(study.records.slice(0, 30)))).toEqual(whole);
  });
});

describe('longer trainings', () => {
  const problem = { ...PROBLEM, recipes: {} };
  /** A network of these accuracies after a third of the full length, the full length, and so on. */
  const curve = (filters: number, ...accuracies: readonly number[]): TrialRecord[] =>
    accuracies.map((accuracy, level) => {
      const layers = [conv2d(filters, 5), flatten(), dense(10)];
      const samples = (FULL / 3) * 3 ** level;
      const trial = makeTrial({}, { model: model(PROBLEM.input, layers), samples, seeds: [6], rates: [0.01], origin });
      return { ...trial, number: 0, outcome: { status: 'trained', accuracy: [accuracy], loss: [1] }, wallMs: 1 };
    });
  /** Samples that were spent on others. */
  const spent = (times: number) => [
    { ...curve(9, 0.1)[0], samples: FULL - 1, seeds: Array.from({ length: times }, (_, seed) => seed) } as TrialRecord,
  ];
  const proposed = (records: readonly TrialRecord[], limit = 1e9, pending: readonly TrialRecord[] = []) =>
    lengthen(problem, { records, pending }, limit);

  test('are given to what nearly holds the floor while its error falls', () => {
    expect(proposed([...curve(2, 0.88, 0.93), ...spent(100)])).toMatchObject({ samples: 3 * FULL, seeds: [6], rates: [0.01] });
    expect(proposed([...curve(2, 0.8, 0.88, 0.93), ...spent(100)])).toMatchObject({ samples: 9 * FULL });
  });

  test.each<[string, readonly TrialRecord[]]>([
    ['whose error does not fall', curve(2, 0.929, 0.93)],
    ['that would not come near', curve(2, 0.6, 0.7)],
    ['that reaches the floor as it is', curve(2, 0.95, 0.98)],
    ['that was trained shortly alone', curve(2, 0.93)],
  ])('are not given to a network %s', (_, records) => {
    expect(proposed([...records, ...spent(100)])).toBeUndefined();
  });

  test('are of the smallest, once, below the limit, and take no more than a third of all samples', () => {
    const records = [...curve(3, 0.88, 0.93), ...curve(2, 0.88, 0.93), ...spent(100)];
    const first = proposed(records);
    expect(first?.model).toEqual(curve(2, 0.9)[0]?.model);
    const pending = [{ ...curve(2, 0.9)[0], samples: 3 * FULL } as TrialRecord];
    expect(proposed(records, 1e9, pending)?.model).toEqual(curve(3, 0.9)[0]?.model);
    expect(proposed(records, 10)).toBeUndefined();
    expect(proposed([...curve(2, 0.88, 0.93), ...spent(2)])).toBeUndefined();
    expect(lengthen(PROBLEM, { records, pending: [] }, 1e9)).toBeUndefined();
  });

  test('bring a smaller network to hold the floor, which is confirmed at that length', async () => {
    /** Errors fall for ever with the length of a training. */
    class Slow implements Evaluator {
      evaluate(trial: Trial) {
        const error = trueError({ ...trial, samples: FULL }) * (FULL / trial.samples) ** 0.4;
        const accuracy = trial.rates.flatMap(() => trial.seeds).map((seed) => 1 - Math.min(0.9, error) + 1e-4 * (seed % 3));
        return Promise.resolve({ outcome: { status: 'trained' as const, accuracy, loss: accuracy } });
      }
    }
    const searched = async (recipes: object) => {
      const study = new MemoryStudy();
      const options = { problem: { ...PROBLEM, ...recipes }, strategy: evolve, evaluators: [new Slow()], study, context: {} };
      for await (const _ of runSearch({ ...options, budget: { trials: 160 } }));
      return bestOf(PROBLEM, study.records);
    };
    const [fixed, longer] = [await searched({}), await searched({ recipes: {} })];
    expect(longer?.samples).toBeGreaterThan(FULL);
    expect(longer?.seeds).toEqual(PROBLEM.seeds);
    expect(longer?.costs.parameters ?? 1e9).toBeLessThan(fixed?.costs.parameters ?? 0);
  });
});

test('how a trial was trained is told as data and in words', () => {
  const trial = makeTrial({}, { ...DESCRIBED, rates: [0.001, 0.002], recipe: RECIPE });
  const outcome = { status: 'trained', accuracy: [0.1, 0.1, 0.2, 0.2], loss: [1, 1, 1, 1] } as const;
  const training = howTrained(DEFAULT_SETUP, { ...trial, number: 0, outcome, wallMs: 1 }, 100);
  expect(training).toMatchObject({ ...RECIPE, learningRate: 0.002, samples: 200, steps: 20, epochs: 2, seeds: [3, 7] });
  expect(training.words).toBe(
    'rmsprop (alpha 0.99, epsilon 1e-8, momentum 0) at 0.002, falling along 2 cosines, each 3 times as long; batches of 10; 2 epochs; ' +
      'augmented by shift 1; label smoothing 0.05; weights averaged with decay 0.9',
  );
});

describe('the recipe of a trial', { timeout: 60_000 }, () => {
  let gpu: Gpu;
  let scratch = '';
  beforeAll(async () => {
    gpu = await openTestGpu();
    scratch = await mkdtemp(join(tmpdir(), 'paredown-recipe-'));
  });
  afterAll(async () => {
    await gpu?.destroy();
    await rm(scratch, { recursive: true, force: true });
  });

  test('is how it is trained, and is kept with it', async () => {
    const { train, validation } = digits({ train: 100, test: 10 });
    const evaluator = await GpuEvaluator.create(gpu, { train, validation });
    const trial = makeTrial(evaluator.context, { ...DESCRIBED, recipe: RECIPE });
    const { outcome, weights } = await evaluator.evaluate(trial, { keep: true });
    const alone = await Promise.all(
      [3, 7].map(async (seed) => {
        await using learner = await trainer(gpu, NETWORK, {
          batch: 10,
          optimizer: rmsprop({ learningRate: 0.002 }),
          labelSmoothing: 0.05,
          augment: { shift: 1 },
          averaging: { decay: 0.9 },
          schedule: { type: 'warmRestarts', every: 5, factor: 3 },
          seed,
        });
        await learner.fit(train, { steps: 20 });
        return { ...(await learner.evaluate(validation)), weights: await learner.weights() };
      }),
    );
    expect(weights).toEqual(alone.map((one) => one.weights));
    expect(outcome).toMatchObject({ status: 'trained', accuracy: alone.map(({ accuracy }) => accuracy) });

    const study = await StudyFolder.open(scratch, evaluator.context);
    const record = { ...trial, number: 0, outcome, wallMs: 1 };
    await study.add(record);
    const again = await StudyFolder.open(scratch, evaluator.context);
    expect(again.problems).toEqual([]);
    expect(again.records).toEqual([record]);
  });
});
