import { OptionError } from '../core/errors.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { scheduleOver } from '../search/recipe.ts';
import { OPTIMIZERS } from '../train/optimizers/registry.ts';
import type { TrainerOptions } from '../train/options.ts';
import { type Trainer, trainer } from '../train/trainer.ts';
import type { Copies } from './network.ts';

/** How each step of a chain goes on training. */
export interface FineTuning {
  /** Passes over the training data of each step [3]. */
  readonly epochs: number;
  /** Samples a step of training [64]. */
  readonly batch: number;
  /** Of Adam, from where it falls to nothing along half a cosine [1e-3]. */
  readonly learningRate: number;
  /**
   * Learns, beside the labels, from what the network gave before its steps (its outputs over `temperature` through a softmax), to the share
   * `weight`: the loss `distillation` [from the labels alone].
   */
  readonly distillation?: { readonly temperature: number; readonly weight: number };
}

export interface TuneContext {
  readonly gpu: Gpu;
  /** With `teacherLogits`, where it is learned from them. */
  readonly train: Dataset;
  /** Of the order of the samples and of dropout: one a copy. */
  readonly seeds: readonly number[];
  readonly tuning: FineTuning;
  readonly signal?: AbortSignal;
}

/** Steps of training that a step of a chain takes; at least 1. */
export function stepsOf({ train, tuning: { epochs, batch } }: Pick<TuneContext, 'train' | 'tuning'>): number {
  return Math.max(1, Math.round((epochs * train.size) / batch));
}

/**
 * Goes on training with all copies as replicas, and gives the trainer to `read` before it is destroyed. `options`: what the step asks of
 * the trainer.
 */
export async function fineTuned<T>(
  { model, weights, pruned }: Copies,
  context: TuneContext,
  options: Partial<TrainerOptions>,
  read: (trained: Trainer) => Promise<T>,
): Promise<T> {
  const { gpu, train, seeds, tuning, signal } = context;
  if (weights.length !== seeds.length) throw new OptionError(`${weights.length} copies of a network for ${seeds.length} seeds`);
  const steps = stepsOf(context);
  const { batch, learningRate, distillation } = tuning;
  await using training = await trainer(gpu, model, {
    batch,
    optimizer: OPTIMIZERS.adam.make({ learningRate }),
    schedule: scheduleOver(steps),
    replicas: seeds.length,
    seed: seeds,
    signal,
    ...(distillation && { loss: { type: 'distillation', ...distillation } }),
    ...(pruned && !options.sharing && { pruning: {} }),
    ...options,
  });
  for (const [replica, copy] of weights.entries()) training.setWeights(copy, replica);
  await training.fit(train, { steps, signal });
  // Not before it has read is the trainer destroyed.
  return await read(training);
}

/** What `read` gives of each, in turn: a trainer reads one replica at a time. */
export async function ofEach<C, T>(copies: readonly C[], read: (copy: C, replica: number) => Promise<T>): Promise<T[]> {
  const found: T[] = [];
  for (const [replica, copy] of copies.entries()) found.push(await read(copy, replica));
  return found;
}
