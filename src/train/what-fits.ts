import { LimitError } from '../core/errors.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { bindingLimit } from '../gpu/limits.ts';
import { METRIC_WORDS } from '../kernels/batch.ts';
import type { Network } from '../model/network.ts';
import { layoutThatFits } from '../plan/layout.ts';
import type { TrainerSettings } from './options.ts';
import { trainingGraph, updateOf } from './training-graph.ts';

/** What a user can make smaller where an adapter is too small. */
export interface Sizes {
  readonly batch: number;
  readonly replicas: number;
}

/** Throws a LimitError where the metrics of so many replicas do not fit one binding: before anything has an entry for each. */
export function checkReplicas(gpu: Gpu, replicas: number): void {
  const { limit, bytes } = bindingLimit(gpu);
  const most = Math.floor(bytes / (4 * METRIC_WORDS));
  if (replicas > most)
    throw new LimitError(
      limit,
      bytes,
      replicas * 4 * METRIC_WORDS,
      `A training of ${replicas} replicas, for their metrics alone,`,
      `Bytes are meant; at most ${most} replicas fit.`,
    );
}

/** Whether a training of other sizes keeps to the adapter's limits. */
export function trainingFits(gpu: Gpu, network: Network, settings: TrainerSettings): (sizes: Sizes) => boolean {
  const { precision } = settings;
  return ({ batch, replicas }) => {
    const { rows, gradients } = trainingGraph(network, { ...settings, batch });
    const update = updateOf(settings, gradients);
    return layoutThatFits(gpu, { replicas, outputs: [rows], update, precision }) !== undefined;
  };
}

/** What `make` returns; a LimitError of it with what would fit. */
export function orWhatFits<T>(sizes: Sizes, keeps: (sizes: Sizes) => boolean, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw withWhatFits(error, sizes, keeps);
  }
}

/** An error again; a LimitError with the largest batch and the most replicas for which `keeps` holds, found by trying a few dozen. */
export function withWhatFits(error: unknown, { batch, replicas }: Sizes, keeps: (sizes: Sizes) => boolean): unknown {
  // No number tells what memory a device has left.
  if (!(error instanceof LimitError) || Number.isNaN(error.available)) return error;
  const fewerSamples = { batch: largest(batch, (fewer) => keeps({ batch: fewer, replicas })), replicas };
  const fewerReplicas = { batch, replicas: largest(replicas, (fewer) => keeps({ batch, replicas: fewer })) };
  const fewerOfBoth = () => ({ batch: largest(batch, (fewer) => keeps({ batch: fewer, replicas: 1 })), replicas: 1 });
  const either = [fewerSamples, fewerReplicas].filter(isSome);
  const fitting = either.length > 0 ? either : [fewerOfBoth()].filter(isSome);
  return error.advised(
    fitting.length > 0
      ? `This would fit: ${fitting.map(replicas > 1 ? inReplicas : ofBatch).join(', or ')}.`
      : 'Not even one sample at a time would fit: use a smaller model.',
  );
}

function isSome({ batch, replicas }: Sizes): boolean {
  return batch > 0 && replicas > 0;
}

function ofBatch({ batch }: Sizes): string {
  return `a batch of ${batch}`;
}

function inReplicas({ batch, replicas }: Sizes): string {
  return `a batch of ${batch} in ${replicas === 1 ? 'one replica' : `${replicas} replicas`}`;
}

/** The largest whole number below `most` for which `holds`, where it holds for all smaller ones too; 0 where for none. */
function largest(most: number, holds: (n: number) => boolean): number {
  let low = 0;
  let high = most;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
