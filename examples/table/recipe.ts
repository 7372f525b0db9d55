import type { Optimizer, Schedule } from 'paredown/node';
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

/** What share of the full training `steps` are. */
export function scaleOf(training: Training, samples: number, steps: number): number {
  return steps / stepsOf(training, samples, { scale: 1 });
}

/** Seeds 1 to --seeds. */
export function seedsOf({ seeds }: Settings, otherwise = 3): readonly number[] {
  return Array.from({ length: seeds ?? otherwise }, (_, index) => index + 1);
}
