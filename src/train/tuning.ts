import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { Steps } from '../core/steps.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { Network } from '../model/network.ts';
import type { Model } from '../model/types.ts';
import type { GraphOptions } from '../plan/layout.ts';
import { type TunedKernel, type TuneMode, type TuneOptions, tuneGraphs } from '../tune/tuner.ts';
import { checkSignal, inRange } from './checks.ts';
import { inferenceGraph } from './inference-graph.ts';
import { checkPrecision, type TrainerOptions, trainerSettings } from './options.ts';
import { checkReplicas } from './training-fits.ts';
import { trainingGraph, updateOf } from './training-graph.ts';
import { usualLoss } from './usual-loss.ts';

export function tune(
  gpu: Gpu,
  model: Model,
  {
    tune: mode = 'full',
    budgetMs,
    fresh,
    signal,
    ...options
  }: Omit<TrainerOptions, 'tune'> & { readonly tune?: TuneMode } & Omit<TuneOptions, 'mode'>,
): AsyncGenerator<TunedKernel, void, undefined> {
  gpu.check();
  checkSignal('tune', signal);
  if (budgetMs !== undefined) inRange('tune: budgetMs', budgetMs, (n) => n >= 0, 'a number of milliseconds');
  if (fresh !== undefined && typeof fresh !== 'boolean')
    throw new OptionError(`tune: fresh must be true or false, got ${shown(fresh)}`);
  if (Number.isSafeInteger(options.replicas)) checkReplicas(gpu, options.replicas ?? 1);
  const settings = trainerSettings({ ...options, tune: mode }, usualLoss(model));
  checkPrecision(gpu, settings.precision);
  const network = new Network(model, settings.seeds);
  const { rows, gradients } = trainingGraph(network, settings);
  const update = updateOf(settings, gradients);
  const graphs: GraphOptions[] = [
    { replicas: settings.replicas, outputs: [rows], update, precision: settings.precision },
    { replicas: settings.replicas, outputs: inferenceGraph(network, settings).outputs },
  ];
  const answers = tuneGraphs(gpu, graphs, {
    mode,
    signal,
    ...(budgetMs !== undefined && { budgetMs }),
    ...(fresh !== undefined && { fresh }),
  });
  return new Steps(answers, 'const kernel of tune(...)');
}
