import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Evaluation } from './inference.ts';

/** What is looked at for improvement: the loss shall fall, the accuracy rise. */
export type WatchedMetric = 'loss' | 'accuracy';

/** The best value of a metric so far, at which step it was, and how many evaluations in a row did not better it. Plain data. */
export interface Improvement {
  readonly best: number;
  readonly step: number;
  readonly waited: number;
}

/** What an evaluation at a step adds to what was known before. */
export function improved(before: Improvement | undefined, metric: WatchedMetric, now: Evaluation, step: number): Improvement {
  const value = metricOf(metric, now);
  const isBetter = before === undefined || (metric === 'loss' ? value < before.best : value > before.best);
  return isBetter ? { best: value, step, waited: 0 } : { ...before, waited: before.waited + 1 };
}

export function checkMetric(what: string, metric: unknown, hasAccuracy: boolean): void {
  if (metric !== 'loss' && metric !== 'accuracy')
    throw new OptionError(`${what} must be 'loss' or 'accuracy', got ${shown(metric)}`);
  if (metric === 'accuracy' && !hasAccuracy)
    throw new OptionError(`${what} is 'accuracy', which a loss of targets does not have; use 'loss'`);
}

function metricOf(metric: WatchedMetric, { loss, accuracy = Number.NaN }: Evaluation): number {
  return metric === 'loss' ? loss : accuracy;
}
