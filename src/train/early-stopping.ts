import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { checkCount } from './checks.ts';
import { checkMetric, type Improvement, improved, type WatchedMetric } from './improvement.ts';
import type { Evaluation } from './inference.ts';

/** End a training whose evaluations no longer improve. */
export interface EarlyStopping {
  readonly metric: WatchedMetric;
  /** Evaluations in a row without a new best after which the training ends. */
  readonly patience: number;
  /** Whether the weights of the best evaluation come back at the end, running statistics included [true]. */
  readonly best?: boolean;
}

/** How far a replica is from the end of its training. */
export interface StopProgress {
  /** The best value of the metric so far, and at which step it was. */
  readonly best: number;
  readonly step: number;
  /** Evaluations that may still pass without a new best; 0: its training has ended. */
  readonly left: number;
}

/** What is known of one replica; plain data. */
export interface StopState extends Improvement {
  /** The step at which its training ended. */
  readonly stopped?: number;
}

/** Checks `stop` of fit and fills in defaults. Throws an OptionError that names what is wrong. */
export function earlyStopping(stop: EarlyStopping, hasAccuracy: boolean): Required<EarlyStopping> {
  const form = "stop: { metric: 'loss', patience: 3 }";
  if (!isRecord(stop)) throw new OptionError(`fit: stop must be an object, got ${shown(stop)}; write ${form}`);
  const { metric, patience, best = true, ...rest } = stop;
  refuseUnknown('fit: stop', rest, ['metric', 'patience', 'best']);
  checkMetric('fit: stop.metric', metric, hasAccuracy);
  checkCount('fit: stop.patience', patience);
  if (typeof best !== 'boolean') throw new OptionError(`fit: stop.best must be true or false, got ${shown(best)}`);
  return { metric, patience, best };
}

/** What an evaluation adds; nothing to a replica whose training has ended. */
export function afterEvaluation(
  before: StopState | undefined,
  { metric, patience }: EarlyStopping,
  evaluation: Evaluation,
  step: number,
): StopState {
  if (before?.stopped !== undefined) return before;
  const now = improved(before, metric, evaluation, step);
  return now.waited >= patience ? { ...now, stopped: step } : now;
}

export function stopProgress({ best, step, waited, stopped }: StopState, { patience }: EarlyStopping): StopProgress {
  return { best, step, left: stopped === undefined ? patience - waited : 0 };
}
