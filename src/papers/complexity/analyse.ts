import { DataError } from '../../core/errors.ts';
import { mean } from '../../core/statistics.ts';
import { type Configuration, PARAMETERS, type Parameter, precisionFormula, type Shares } from '../../search/fits/precision.ts';
import { nameOf, type Values } from './configuration.ts';
import { changesTogether, curveOf, floorsAround, type Minimiser, predictions } from './curve.ts';
import { grid, PAIRS, shareGrid, sweep } from './design.ts';
import { complexityObservations, deviationOf, type Fitted, fitted, precisionObservations, relativeError } from './fitted.ts';
import { COMPLEXITY, EXTENDED_COMPLEXITY, exponentialsFormula, type Work } from './formulas.ts';
import type { Measurement } from './measure.ts';
import { among, type Sample, samplesOf } from './sample.ts';

export interface Analysis {
  readonly baseline: Sample;
  /** Milliseconds of a training step of the baseline: the unit of complexity. */
  readonly unitMs: number;
  readonly designed: readonly Sample[];
  readonly checks: readonly Sample[];
  /** Equation 2 and the two exponentials, for each parameter. */
  readonly sweeps: readonly {
    readonly parameter: Parameter;
    readonly samples: readonly Sample[];
    readonly precision: Fitted<Shares>;
    readonly exponentials: Fitted<Shares>;
  }[];
  /** Equations 3 to 5. */
  readonly pairs: readonly {
    readonly parameters: readonly [Parameter, Parameter];
    readonly samples: readonly Sample[];
    readonly precision: Fitted<Shares>;
  }[];
  readonly complexity: Fitted<Work>;
  readonly extended: Fitted<Work>;
  /** Equation 6. */
  readonly precision: Fitted<Shares>;
  /**
   * Equation 6 of those that came within WITHIN of the baseline. Where many classes make chance low, a few networks that hardly learn
   * lie far below all others, and squares make a fit about them; on the paper's two classes none could.
   */
  readonly near: Fitted<Shares>;
  readonly nearDesigned: number;
  readonly nearChecks: number;
  /** Mean |model / measured - 1| on `checks`; `near`: on those within WITHIN of the baseline. */
  readonly errors: Readonly<Partial<Record<'complexity' | 'extended' | 'precision' | 'near', number>>>;
  /** What the models say of the baseline itself; undefined where they could not be fitted. */
  readonly fitted: { readonly complexity: number; readonly precision: number } | undefined;
  /** Which complexity equation 7 takes: the one of the smaller residuals. */
  readonly taken: 'complexity' | 'extended';
  /**
   * Equation 7: the least complexity for each floor, from the precision of the baseline, measured or fitted, down; empty where the models could
   * not be fitted, or only one parameter at a time was measured.
   */
  readonly curve: readonly Minimiser[];
}

/** How far below the baseline's precision a configuration counts as near it. */
export const WITHIN = 0.2;

export interface AnalyseOptions {
  readonly baseline: Configuration;
  readonly values: Values;
  readonly channels: number;
  /** Those of the design, the baseline among them, and those that test the fits. */
  readonly designed: readonly Measurement[];
  readonly checks: readonly Measurement[];
  /** How far the floors of equation 7 go below the measured precision of the baseline, and in what steps [0.2, 0.005]. */
  readonly depth?: number;
  readonly step?: number;
}

/** All fits of the study and what follows from them. Throws a DataError where the baseline was not measured. */
export function analyse(options: AnalyseOptions): Analysis {
  const measured = measuredBaseline(options);
  const { precision } = measured.baseline;
  const designed = samplesOf(options.designed, measured.unitMs);
  const checks = samplesOf(options.checks, measured.unitMs);
  const isNear = (sample: Sample) => sample.precision >= precision - WITHIN;
  const nearDesigned = designed.filter(isNear);
  const nearChecks = checks.filter(isNear);
  const fits = fitsOf(designed, nearDesigned, options);
  return {
    ...measured,
    designed,
    checks,
    sweeps: sweepsOf(designed, options),
    pairs: pairsOf(designed, options),
    ...fits,
    nearDesigned: nearDesigned.length,
    nearChecks: nearChecks.length,
    errors: errorsOf(fits, checks, nearChecks, options),
    ...minimised(fits, designed, precision, options),
  };
}

/** The baseline as it was measured, what all others are given beside. */
function measuredBaseline({ baseline, designed }: AnalyseOptions): Pick<Analysis, 'baseline' | 'unitMs'> {
  const outcome = designed.find(({ configuration }) => nameOf(configuration) === nameOf(baseline))?.outcome;
  if (outcome?.status !== 'trained')
    throw new DataError(`The baseline, ${nameOf(baseline)}, has no measurement: all others are given beside its own`);
  return {
    baseline: { configuration: baseline, complexity: 1, precision: mean(outcome.accuracy) },
    unitMs: outcome.stepMs,
  };
}

/** Equation 2 and the two exponentials, for each parameter. */
function sweepsOf(designed: readonly Sample[], { baseline, values }: AnalyseOptions): Analysis['sweeps'] {
  return PARAMETERS.map((parameter) => {
    const samples = among(designed, sweep(baseline, values, parameter));
    const observations = precisionObservations(samples, baseline);
    return {
      parameter,
      samples,
      precision: fitted(precisionFormula([parameter]), observations),
      exponentials: fitted(exponentialsFormula(parameter), observations),
    };
  });
}

/** Equations 3 to 5. */
function pairsOf(designed: readonly Sample[], { baseline, values }: AnalyseOptions): Analysis['pairs'] {
  return PAIRS.map((parameters) => {
    const samples = among(designed, grid(baseline, values, parameters));
    return {
      parameters,
      samples,
      precision: fitted(precisionFormula(parameters), precisionObservations(samples, baseline)),
    };
  });
}

type Fits = Pick<Analysis, 'complexity' | 'extended' | 'precision' | 'near'>;

function fitsOf(designed: readonly Sample[], near: readonly Sample[], { baseline, channels }: AnalyseOptions): Fits {
  const times = complexityObservations(designed, baseline, channels);
  return {
    complexity: fitted(COMPLEXITY, times, { relative: true }),
    extended: fitted(EXTENDED_COMPLEXITY, times, { relative: true }),
    precision: fitted(precisionFormula(PARAMETERS), precisionObservations(designed, baseline)),
    near: fitted(precisionFormula(PARAMETERS), precisionObservations(near, baseline)),
  };
}

function errorsOf(
  { complexity, extended, precision, near }: Fits,
  checks: readonly Sample[],
  nearChecks: readonly Sample[],
  { baseline, channels }: AnalyseOptions,
): Analysis['errors'] {
  const times = complexityObservations(checks, baseline, channels);
  return {
    complexity: relativeError(complexity, times),
    extended: relativeError(extended, times),
    precision: relativeError(precision, precisionObservations(checks, baseline)),
    near: relativeError(near, precisionObservations(nearChecks, baseline)),
  };
}

/** Equation 7 by the better of the complexities and, where it could be fitted, the precision near the baseline. */
function minimised(
  { complexity, extended, precision, near }: Fits,
  designed: readonly Sample[],
  measured: number,
  { baseline, values, channels, depth = 0.2, step = 0.005 }: AnalyseOptions,
): Pick<Analysis, 'fitted' | 'taken' | 'curve'> {
  const better = deviationOf(extended) < deviationOf(complexity);
  const models = {
    complexity: better ? extended : complexity,
    precision: 'fit' in near ? near : precision,
    baseline,
    channels,
  };
  const [ofBaseline] = predictions(models, [baseline]);
  const candidates = changesTogether(designed, baseline) ? shareGrid(baseline, values) : [];
  const floors = floorsAround(measured, ofBaseline?.precision, depth, step);
  return {
    fitted: ofBaseline,
    taken: better ? 'extended' : 'complexity',
    curve: curveOf(predictions(models, candidates), floors),
  };
}
