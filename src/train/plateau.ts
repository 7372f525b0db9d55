import { isRecord, refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { checkCount, inRange } from './checks.ts';
import { checkMetric, type Improvement, improved, type WatchedMetric } from './improvement.ts';
import type { Evaluation } from './inference.ts';

/** Lower the learning rate where evaluations no longer improve. */
export interface Plateau {
  /** Evaluations in a row without a new best after which the rate is lowered, and again after as many. */
  readonly patience: number;
  /** What the rate is multiplied by [0.1]. */
  readonly factor?: number;
  /** The least rate; the schedule multiplies it too [0]. */
  readonly floor?: number;
  /** [that of `stop`, else 'loss'] */
  readonly metric?: WatchedMetric;
}

/** What is known of one replica; plain data. */
export interface PlateauState extends Partial<Improvement> {
  /** The learning rate now. */
  readonly rate: number;
}

/** Checks `plateau` of fit and fills in defaults. Throws an OptionError that names what is wrong. */
export function plateauSpec(plateau: Plateau, usual: WatchedMetric, hasAccuracy: boolean): Required<Plateau> {
  const form = 'plateau: { patience: 3, factor: 0.5 }';
  if (!isRecord(plateau)) throw new OptionError(`fit: plateau must be an object, got ${shown(plateau)}; write ${form}`);
  const { patience, factor = 0.1, floor = 0, metric = usual, ...rest } = plateau;
  refuseUnknown('fit: plateau', rest, ['patience', 'factor', 'floor', 'metric']);
  checkMetric('fit: plateau.metric', metric, hasAccuracy);
  checkCount('fit: plateau.patience', patience);
  inRange('fit: plateau.factor', factor, (n) => n > 0 && n < 1, 'above 0 and below 1');
  inRange('fit: plateau.floor', floor, (n) => n >= 0, 'at least 0');
  return { patience, factor, floor, metric };
}

/** What an evaluation adds: a lower rate where patience is at its end. A rate below the floor stays. */
export function afterPlateau(
  { rate, ...before }: PlateauState,
  { metric, patience, factor, floor }: Required<Plateau>,
  evaluation: Evaluation,
  step: number,
): PlateauState {
  const now = improved(isKnown(before) ? before : undefined, metric, evaluation, step);
  if (now.waited < patience) return { ...now, rate };
  return { ...now, waited: 0, rate: Math.min(rate, Math.max(floor, rate * factor)) };
}

function isKnown(known: Partial<Improvement>): known is Improvement {
  return known.best !== undefined;
}
