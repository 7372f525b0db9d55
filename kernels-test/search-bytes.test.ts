import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromBase64 } from '../src/core/base64.ts';
import {
  conv2d,
  costsOf,
  decodeModel,
  dense,
  digits,
  flatten,
  type Gpu,
  maxPool2d,
  model,
  openStudy,
  parseSpace,
  predictor,
  prelu,
  type SearchOptions,
  search,
  searchProblem,
  subset,
  trialContext,
} from '../src/node.ts';
import { parseRecipe } from '../src/search/recipe.ts';
import { DEFAULT_SETUP } from '../src/search/train.ts';
import { makeTrial } from '../src/search/trial.ts';
import { openTestGpu } from './support/gpu.ts';

const { train, validation, test: tests } = digits({ train: 400, test: 200 });
const DATA = { train, validation: subset(validation, 0, 40, 'validation'), test: tests };
const SPACE = parseSpace({
  format: 1,
  depth: [1, 1],
  blocks: [{ type: 'convolution', weight: 1, filters: [1, 6], kernels: [3, 5], strides: [2, 3], padding: ['same'] }],
  heads: [{ type: 'dense' }],
  activations: ['relu'],
  batchNorm: [false],
});
const START = model([28, 28, 1], [conv2d(4, 5, { strides: 3, activation: 'relu' }), maxPool2d(2), flatten(), dense(10)]);
const SETUP = { ...DEFAULT_SETUP, batch: 20, leaves: { format: 'compressed', weights: 8 } as const };
const OPTIONS: SearchOptions = {
  floor: 0.2,
  objective: 'bytes',
  limits: { bytes: 3000 },
  space: SPACE,
  start: START,
  samples: 1200,
  rates: [0.01],
  setup: SETUP,
  budget: { trials: 3 },
};

let gpu: Gpu;
let folder: string;
beforeAll(async () => {
  gpu = await openTestGpu();
  folder = await mkdtemp(join(tmpdir(), 'paredown-bytes-'));
});
afterAll(async () => {
  await gpu?.destroy();
  await rm(folder, { recursive: true, force: true });
});

describe('a search for the fewest bytes', { timeout: 240_000 }, () => {
  test('counts the bytes of the very files, keeps them, and tests what they decode to', async () => {
    const context = await trialContext(DATA, SETUP);
    const study = await openStudy(folder, context);
    for await (const step of search(gpu, DATA, { ...OPTIONS, study })) expect(step.type).toMatch(/trial|conclusion/);
    const [finalist] = study.conclusions[0]?.finalists ?? [];
    const record = study.records.find(({ key }) => key === finalist?.key);
    if (!record || !finalist) throw new Error('there is a finalist');
    const files = (await study.files(record))?.map((file) => fromBase64(file) ?? new Uint8Array()) ?? [];
    expect(files).toHaveLength(5);
    expect(record.costs.bytes).toBe(files.reduce((sum, file) => sum + file.length, 0) / 5);
    const [first = new Uint8Array()] = files;
    const { model: left, weights, quantized } = decodeModel(first);
    expect(quantized?.bits.weights).toBeLessThanOrEqual(8);
    await using network = await predictor(gpu, left, weights);
    expect((await network.evaluate(DATA.test)).accuracy).toBe(finalist.test[0]);
    if (record.outcome.status !== 'trained') throw new Error('it was trained');
    expect((await network.evaluate(DATA.validation)).accuracy).toBe(record.outcome.accuracy[0]);

    const again = await openStudy(folder, context);
    expect(again.problems).toEqual([]);
    expect(again.records.map(({ costs }) => costs.bytes)).toEqual(study.records.map(({ costs }) => costs.bytes));
    expect(again.conclusions[0]?.finalists[0]?.costs).toEqual(finalist.costs);
    expect(await readFile(join(folder, 'trials.jsonl'), 'utf8')).toContain('"bytes":');
  });

  test('refuses a network that has no form among the integers of the format, and goes on', async () => {
    const setup = { ...SETUP, leaves: { format: 'tflite', weights: 8 } as const };
    const start = model([28, 28, 1], [conv2d(2, 7, { strides: 7 }), prelu(), flatten(), dense(10)]);
    const outcomes: string[] = [];
    for await (const step of search(gpu, DATA, { ...OPTIONS, setup, start, limits: {}, budget: { trials: 1 }, finish: false }))
      if (step.type === 'trial') outcomes.push(step.record.outcome.status);
    expect(outcomes).toEqual(['refused']);
  });
});

test('bits are a gene of the recipe, those of the set-up the first', () => {
  const { recipes, leaves } = searchProblem(DATA, OPTIONS);
  expect(leaves).toEqual(SETUP.leaves);
  expect(recipes?.leaves?.map(({ weights }) => weights)).toEqual([8, 6, 5, 4, 3, 2]);
  expect(parseRecipe({ leaves: { format: 'compressed', weights: 3 } })).toEqual({ leaves: { format: 'compressed', weights: 3 } });
  expect(() => parseRecipe({ leaves: { format: 'tflite', weights: 3 } })).toThrow(
    'weights of a tflite file must be 8, float bits, got 3',
  );
});

test('fewer bits are guessed to take fewer bytes, and what leaves as no file takes those of its floats', () => {
  const described = { model: START, samples: 1, seeds: [1], rates: [0.1], origin: { strategy: 'random', change: '' } };
  const bytesAt = (weights: 8 | 4) =>
    makeTrial({ setup: SETUP }, { ...described, recipe: { leaves: { format: 'compressed', weights } } }).costs.bytes;
  expect(bytesAt(4)).toBeLessThan(bytesAt(8));
  expect(makeTrial({ setup: DEFAULT_SETUP }, described).costs).toEqual(costsOf(START));
});
