import type { Optimizer, Schedule } from 'paredown/node';
import { grouped } from '../../src/cli/common/format.ts';
import type { DataName } from './data.ts';
import type { Settings } from './table.ts';

/** How a paper trains, or, where it does not say, how we do. */
export interface Training {
  readonly data: DataName;
  readonly batch: number;
  readonly optimizer: Optimizer;
  readonly schedule?: Schedule;
  /** How long, in steps or in epochs of the training split. */
  readonly length: { readonly steps: number } | { readonly epochs: number };
}

/** Steps of a row over `samples`, as --steps, --epochs and --scale change them; at least 1. */
export function stepsOf({ batch, length }: Training, samples: number, settings: Settings): number {
  const stepsIn = (epochs: number) => Math.ceil((epochs * samples) / batch);
  if (settings.steps !== undefined) return settings.steps;
  if (settings.epochs !== undefined) return stepsIn(settings.epochs);
  const whole = 'steps' in length ? length.steps : stepsIn(length.epochs);
  return Math.max(1, Math.round(whole * settings.scale));
}

/** Training images as published, the validation split apart. */
const PUBLISHED_SAMPLES: Readonly<Record<DataName, number>> = { mnist: 55_000, 'mnist-60000': 60_000, 'cifar-10': 45_000 };

/** What share of the published training `steps` over `samples` are; a part of the images is a part of the training. */
export function scaleOf(training: Training, samples: number, steps: number): number {
  const published = PUBLISHED_SAMPLES[training.data];
  return Math.min(steps / stepsOf(training, published, { scale: 1 }), samples >= published ? Infinity : samples / published);
}

/** A training in words. */
export function trainingText({ data, batch }: Training, samples: number, steps: number, seeds: readonly number[]): string {
  const published = PUBLISHED_SAMPLES[data];
  const images = samples === published ? grouped(samples) : `${grouped(samples)} of ${grouped(published)}`;
  return `${grouped(steps)} steps of ${batch}, ${images} training images, ${seedsText(seeds)}`;
}

export function seedsText(seeds: readonly number[]): string {
  return seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]} to ${seeds.at(-1)}`;
}

/** Seeds 1 to --seeds. */
export function seedsOf({ seeds }: Settings, otherwise = 3): readonly number[] {
  return Array.from({ length: seeds ?? otherwise }, (_, index) => index + 1);
}
