import type { Augmentation } from '../train/augmentation.ts';
import type { Averaging } from '../train/options.ts';
import { leavingWords } from './leaving.ts';
import { type Recipe, type RecipeSchedule, type TrainingSetup, withRecipe } from './recipe.ts';
import { stepsOf } from './train.ts';
import { atBestRate, type TrialRecord } from './trial.ts';

/** All that another person needs to train a network as a trial did. */
export interface Training extends Omit<TrainingSetup, 'schedule'> {
  readonly learningRate: number;
  readonly schedule: RecipeSchedule;
  /** Samples that each seed saw. */
  readonly samples: number;
  readonly steps: number;
  /** Passes over the training data. */
  readonly epochs: number;
  readonly seeds: readonly number[];
  /** The same in words. */
  readonly words: string;
}

/** How a trial of a study of this set-up was trained, at its best learning rate, on so many samples. */
export function howTrained(setup: TrainingSetup, record: TrialRecord, trainingSamples: number): Training {
  const whole = withRecipe(setup, record.recipe);
  const { samples, seeds } = record;
  const learningRate = atBestRate(record)?.rate ?? record.rates[0] ?? Number.NaN;
  const schedule = whole.schedule ?? { type: 'cosine' };
  const epochs = Number((samples / trainingSamples).toPrecision(4));
  const described = { ...whole, learningRate, schedule, samples, steps: stepsOf(record, whole), epochs, seeds };
  return { ...described, words: wordsOf(described) };
}

function wordsOf({
  batch,
  optimizer,
  learningRate,
  schedule,
  epochs,
  labelSmoothing,
  augment,
  averaging,
  leaves,
}: Omit<Training, 'words'>): string {
  return [
    `${optimizerWords(optimizer)} at ${learningRate}, ${scheduleWords(schedule)}`,
    `batches of ${batch}`,
    `${epochs} ${epochs === 1 ? 'epoch' : 'epochs'}`,
    augment ? augmentationWords(augment) : NOT_AUGMENTED,
    ...(labelSmoothing > 0 ? [`label smoothing ${labelSmoothing}`] : []),
    ...(averaging ? [averagingWords(averaging)] : []),
    ...(leaves ? [leavingWords(leaves)] : []),
  ].join('; ');
}

/** What a recipe has otherwise than the set-up of its study. */
export function recipeWords({ optimizer, schedule, batch, augment, labelSmoothing, averaging, leaves }: Recipe): string {
  return [
    ...(optimizer ? [optimizerWords(optimizer)] : []),
    ...(schedule ? [scheduleWords(schedule)] : []),
    ...(batch === undefined ? [] : [`batches of ${batch}`]),
    ...(augment ? [Object.keys(augment).length > 0 ? augmentationWords(augment) : NOT_AUGMENTED] : []),
    ...(labelSmoothing === undefined ? [] : [labelSmoothing > 0 ? `label smoothing ${labelSmoothing}` : 'no label smoothing']),
    ...(averaging ? [averaging.decay > 0 ? averagingWords(averaging) : 'no averaging of weights'] : []),
    ...(leaves ? [leavingWords(leaves)] : []),
  ].join('; ');
}

const NOT_AUGMENTED = 'no augmentation';

function optimizerWords({ type, ...choices }: TrainingSetup['optimizer']): string {
  const options = Object.entries(choices).map(([name, value]) => `${name} ${value}`);
  return `${type}${options.length > 0 ? ` (${options.join(', ')})` : ''}`;
}

function averagingWords({ decay }: Averaging): string {
  return `weights averaged with decay ${decay}`;
}

function scheduleWords(schedule: RecipeSchedule): string {
  if (schedule.type === 'warmRestarts') {
    const { cycles, factor = 1 } = schedule;
    return `falling along ${cycles} cosines${factor === 1 ? '' : `, each ${factor} times as long`}`;
  }
  const { warmup = 0 } = schedule;
  return warmup > 0 ? `rising over ${100 * warmup}% of the steps, then falling along a cosine` : 'falling along a cosine';
}

function augmentationWords(augment: Augmentation): string {
  const choices = Object.entries(augment).map(
    ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
  );
  return `augmented by ${choices.join(', ')}`;
}
