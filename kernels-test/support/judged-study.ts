import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  conv2d,
  DEFAULT_SETUP,
  dense,
  flatten,
  imageFolder,
  keptBack,
  model,
  openGpu,
  openStudy,
  predictor,
  searchProblem,
  type TrainingSetup,
  trialContext,
  VERSION,
  writeStudySettings,
} from 'paredown/node';
import { makeTrial, type TrialRecord } from '../../src/search/trial.ts';
import { greyPng } from './png-files.ts';
import { weightsFrom } from './weights.ts';

/** What images of three classes are called; one of them is hostile. */
export const CLASSES = ['<img src=x onerror=alert(1)>&"', 'cat', 'dog'] as const;
const IMAGES = { train: 6, validation: 40 };

/** Files of a folder of images, in their own splits. */
export function imageFiles(): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  let number = 0;
  for (const split of ['train', 'validation', 'test'] as const)
    for (const name of CLASSES)
      for (let index = 0; index < (split === 'train' ? IMAGES.train : split === 'test' ? 2 : IMAGES.validation); index++)
        files[`${split}/${name}/${number}.png`] = greyPng(number++, 8, 8);
  return files;
}

export interface JudgedStudy {
  readonly folder: string;
  /** Of the images. */
  readonly images: string;
  /** The trials, the first of which has its weights kept. */
  readonly records: readonly TrialRecord[];
  readonly weightsFile: string;
  /** [label][predicted] of the first trial, by `evaluate`. */
  confusion(): Promise<readonly (readonly number[])[]>;
}

/** A study of images in a folder with two trials, of the first of which the weights of its second seed are kept. */
export async function judgedStudy(
  folder: string,
  images: string,
  { setup = DEFAULT_SETUP, source = { data: images } as object }: { setup?: TrainingSetup; source?: object } = {},
): Promise<JudgedStudy> {
  const { train, validation } = await imageFolder({ dir: images });
  const data = { train, ...keptBack(validation) };
  const context = await trialContext(data, setup);
  const problem = searchProblem(data, { floor: 0.9, seeds: 5 });
  await writeStudySettings(folder, {
    problem,
    strategy: 'random',
    lag: 0,
    context,
    data: { name: 'mine', train: train.size, validation: validation.size, test: 6, source },
    software: { version: VERSION, adapter: 'a driver' },
    created: '2026-12-01T00:00:00.000Z',
  });
  const study = await openStudy(folder, context);
  const network = (filters: number) => model([8, 8, 1], [conv2d(filters, 3, { activation: 'tanh' }), flatten(), dense(3)]);
  const recordOf = (number: number): TrialRecord => ({
    ...makeTrial(context, {
      model: network(number + 2),
      samples: problem.rungs.at(-1) ?? 1,
      seeds: [11, 12],
      rates: [0.01],
      origin: { strategy: 'random', change: 'drawn' },
    }),
    number,
    outcome: { status: 'trained', accuracy: [0.3, 0.4], loss: [1, 1] },
    wallMs: 1000,
  });
  const [first, second] = [recordOf(0), recordOf(1)];
  const weights = [weightsFrom(first.model, 1), weightsFrom(first.model, 2)];
  await study.add(first, weights);
  await study.add(second);
  return {
    folder,
    images,
    records: [first, second],
    weightsFile: join(folder, 'weights', `${first.key}-1.safetensors`),
    async confusion() {
      await using gpu = await openGpu();
      await using judge = await predictor(gpu, first.model, weights[1] ?? new Map());
      return (await judge.evaluate(validation)).confusion ?? [];
    },
  };
}

/** Another image in the place of the first one of validation. */
export async function changeImage({ images }: Pick<JudgedStudy, 'images'>): Promise<void> {
  const [name = ''] = Object.keys(imageFiles()).filter((path) => path.startsWith('validation/'));
  await rm(join(images, name));
  await writeFile(join(images, name), greyPng(9999, 8, 8));
}
