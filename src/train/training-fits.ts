import { LimitError } from '../core/errors.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { bindingLimit } from '../gpu/limits.ts';
import { METRIC_WORDS } from '../kernels/batch.ts';
import type { Network } from '../model/network.ts';
import { layoutThatFits } from '../plan/layout.ts';
import type { TrainerSettings } from './options.ts';
import { trainingGraph, updateOf } from './training-graph.ts';
import type { Sizes } from './what-fits.ts';

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
