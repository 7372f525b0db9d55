import { mean } from '../../core/statistics.ts';
import type { Configuration } from '../../search/fits/precision.ts';
import { nameOf } from './configuration.ts';
import type { Measurement } from './measure.ts';

/** A measured configuration as the paper sees it. */
export interface Sample {
  readonly configuration: Configuration;
  /** Training time beside the baseline's. */
  readonly complexity: number;
  /** Mean validation accuracy over the seeds. */
  readonly precision: number;
}

/** Those that were trained; `unitMs`: milliseconds of a step of the baseline. */
export function samplesOf(measurements: readonly Measurement[], unitMs: number): Sample[] {
  return measurements.flatMap(({ configuration, outcome }): Sample[] =>
    outcome.status === 'trained'
      ? [{ configuration, complexity: outcome.stepMs / unitMs, precision: mean(outcome.accuracy) }]
      : [],
  );
}

/** The samples of these configurations. */
export function among(samples: readonly Sample[], configurations: readonly Configuration[]): Sample[] {
  const names = new Set(configurations.map(nameOf));
  return samples.filter(({ configuration }) => names.has(nameOf(configuration)));
}
