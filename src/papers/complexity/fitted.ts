import { DataError } from '../../core/errors.ts';
import { mean } from '../../core/statistics.ts';
import { type Fit, type FitOptions, type Formula, fitFormula, type Observation } from '../../search/fits/fit.ts';
import type { Configuration, Shares } from '../../search/fits/precision.ts';
import { shares } from './configuration.ts';
import { type Work, workOf } from './formulas.ts';
import type { Sample } from './sample.ts';

/** A fit, or why there is none. */
export type Fitted<Point> = { readonly fit: Fit<Point> } | { readonly problem: string };

/** Data that can't be fitted are no end of a study: the report says why. */
export function fitted<Point>(
  formula: Formula<Point>,
  observations: readonly Observation<Point>[],
  options: FitOptions = {},
): Fitted<Point> {
  try {
    return { fit: fitFormula(formula, observations, options) };
  } catch (error) {
    if (error instanceof DataError) return { problem: error.message };
    throw error;
  }
}

export function complexityObservations(
  samples: readonly Sample[],
  baseline: Configuration,
  channels: number,
): Observation<Work>[] {
  return samples.map(({ configuration, complexity: value }) => ({ point: workOf(configuration, baseline, channels), value }));
}

export function precisionObservations(samples: readonly Sample[], baseline: Configuration): Observation<Shares>[] {
  return samples.map(({ configuration, precision: value }) => ({ point: shares(configuration, baseline), value }));
}

/** Mean |model / measured - 1|; undefined where there is no model, or nothing to hold it against. */
export function relativeError<Point>(model: Fitted<Point>, observations: readonly Observation<Point>[]): number | undefined {
  if (!('fit' in model) || observations.length === 0) return undefined;
  return mean(observations.map(({ point, value }) => Math.abs(model.fit.at(point) / value - 1)));
}

/** The standard deviation of the residuals; infinite where there is no fit. */
export function deviationOf<Point>(model: Fitted<Point>): number {
  return 'fit' in model ? model.fit.deviation : Number.POSITIVE_INFINITY;
}
