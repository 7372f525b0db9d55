import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tarFiles } from '../src/data/tar.ts';
import {
  adam,
  describeInput,
  digits,
  type Gpu,
  load,
  openStudy,
  predictor,
  readStudySettings,
  search,
  type TrainingSetup,
  trainer,
  trialContext,
} from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';

/**
 * What version 0.1 wrote at commit 80b9fb6, on llvmpipe: a model, and the checkpoint of its training on 44 `digits` (batch 8, Adam at 0.01,
 * seed 3, a cosine of 30 steps after 3; convolutions, batch normalisation, a branch, a residual, dropout, weight decay) after 8 steps, with the
 * losses of the 6 steps that followed; and the study of `paredown search --data digits --strategy greedy --floor 0.01 --epochs 0.02
 * --trials 1 --rates 0.01` from a network with batch normalisation.
 */
const archive = tarFiles(gunzipSync(await readFile(new URL('fixtures/before.tar.gz', import.meta.url))));
const OPTIONS = {
  batch: 8,
  optimizer: adam({ learningRate: 0.01 }),
  seed: 3,
  schedule: { type: 'cosine', steps: 30, warmup: 3 },
} as const;

interface Expected {
  readonly evaluation: { readonly loss: number; readonly accuracy: number };
  readonly losses: readonly number[];
  readonly after: { readonly loss: number; readonly accuracy: number };
}

let gpu: Gpu;
let folder: string;
let expected: Expected;
const { train, test: testSet } = digits({ train: 44, test: 20 });

beforeAll(async () => {
  gpu = await openTestGpu();
  folder = await mkdtemp(join(tmpdir(), 'before-'));
  for (const [name, bytes] of archive) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'));
});
afterAll(async () => {
  await gpu?.destroy();
  await rm(folder, { recursive: true, force: true });
});

describe('what was saved before', () => {
  test('a model file does as well as it did, and tells nothing of its input', async () => {
    const loaded = await load(join(folder, 'model.safetensors'));
    if (loaded.kind !== 'model') throw new Error('It is no model');
    expect(loaded).not.toHaveProperty('input');
    const predicting = await predictor(gpu, loaded.model, loaded.weights);
    const { loss, accuracy } = await predicting.evaluate(testSet);
    await predicting.destroy();
    expect(loss).toBeCloseTo(expected.evaluation.loss, 5);
    expect(accuracy).toBe(expected.evaluation.accuracy);
  });

  test('a training with batch normalisation goes on as it did, and then knows its input', async () => {
    const checkpoint = await load(join(folder, 'training.checkpoint'));
    if (checkpoint.kind !== 'checkpoint') throw new Error('It is no checkpoint');
    const training = await trainer(gpu, checkpoint.model, OPTIONS);
    training.restore(checkpoint);
    expect(training.step).toBe(8);
    expect(training.input).toMatchObject({ dtype: 'float32', scale: 1 });
    const losses: number[] = [];
    for await (const { loss } of training.fit(train, { steps: 6, reportEvery: 1 })) losses.push(loss);
    expect(losses).toHaveLength(expected.losses.length);
    // A step moves the loss by a tenth; sums in another order, on another adapter, by far less.
    losses.forEach((loss, step) => {
      expect(loss).toBeCloseTo(expected.losses[step] ?? Number.NaN, 4);
    });
    expect((await training.evaluate(testSet)).loss).toBeCloseTo(expected.after.loss, 4);
    expect(training.input).toEqual(await describeInput(train));
    await training.destroy();
  });

  test('a study is read whole, its weights are as good as it says, and it goes on', async () => {
    const path = join(folder, 'study');
    const settings = await readStudySettings(path);
    if (!settings) throw new Error('It has no settings');
    const { problem, context } = settings;
    const { setup } = context as { readonly setup: TrainingSetup };
    const data = digits();
    expect(await trialContext(data, setup)).toEqual(context);

    const study = await openStudy(path, context);
    expect(study.problems).toEqual([]);
    expect(study.records).toHaveLength(1);
    const [record] = study.records;
    const [finalist] = study.conclusions[0]?.finalists ?? [];
    if (!record || !finalist) throw new Error('It holds no network');
    const trained = await study.trained(record, 1);
    if (!trained) throw new Error('Its weights are not read');
    expect(trained).not.toHaveProperty('input');
    const predicting = await predictor(gpu, trained.model, trained.weights);
    const { accuracy = Number.NaN } = await predicting.evaluate(data.test);
    await predicting.destroy();
    // Of 2,000 images one or two may lie on the edge.
    expect(Math.abs(accuracy - (finalist.test[1] ?? Number.NaN))).toBeLessThan(2.5 / 2000);

    const { floor, seeds, rates, start } = problem;
    const options = { floor, samples: problem.rungs.at(-1), seeds: seeds.length, rates, start, setup } as const;
    const steps: string[] = [];
    for await (const step of search(gpu, data, { ...options, strategy: 'greedy', budget: { trials: 2 }, study }))
      steps.push(step.type);
    expect(steps).toEqual(['trial', 'conclusion']);
    expect(study.records[0]).toEqual(record);
    const next = study.records[1];
    if (!next) throw new Error('It did not go on');
    expect(next.origin.parent).toBe(record.key);
    expect((await study.trained(next, 0))?.input).toEqual(await describeInput(data.train));
  });
});
