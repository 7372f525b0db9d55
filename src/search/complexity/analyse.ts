import { DataError } from '../../core/errors.ts';
import { type Configuration, nameOf, PARAMETERS, type Parameter, shares, type Values } from './configuration.ts';
import { grid, PAIRS, shareGrid, sweep } from './design.ts';
import { type Fit, type Formula, fitFormula, type Observation } from './fit.ts';
import {
  COMPLEXITY,
  EXTENDED_COMPLEXITY,
  exponentialsFormula,
  precisionFormula,
  type Shares,
  type Work,
  workOf,
} from './formulas.ts';
import type { Measurement } from './measure.ts';
import { leastComplex, type Predicted } from './minimise.ts';

/** A fit, or why there is none. */
export type Fitted<Point> = { readonly fit: Fit<Point> } | { readonly problem: string };

/** A measured configuration as the paper sees it. */
export interface Sample {
  readonly configuration: Configuration;
  /** Training time beside the baseline's. */
  readonly complexity: number;
  /** Mean validation accuracy over the seeds. */
  readonly precision: number;
}

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

export interface Minimiser {
  readonly floor: number;
  readonly configuration: Configuration;
  readonly complexity: number;
  readonly precision: number;
}

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
  const { values, channels, depth = 0.2, step = 0.005 } = options;
  const reference = options.designed.find(({ configuration }) => nameOf(configuration) === nameOf(options.baseline));
  if (reference?.outcome.status !== 'trained')
    throw new DataError(`The baseline, ${nameOf(options.baseline)}, has no measurement: all others are given beside its own`);
  const unit = reference.outcome.stepMs;
  const baseline: Sample = {
    configuration: options.baseline,
    complexity: 1,
    precision: mean(reference.outcome.accuracy),
  };
  const samplesOf = (measurements: readonly Measurement[]) =>
    measurements.flatMap(({ configuration, outcome }): Sample[] =>
      outcome.status === 'trained'
        ? [{ configuration, complexity: outcome.stepMs / unit, precision: mean(outcome.accuracy) }]
        : [],
    );
  const designed = samplesOf(options.designed);
  const checks = samplesOf(options.checks);
  const among = (configurations: readonly Configuration[]) => {
    const names = new Set(configurations.map(nameOf));
    return designed.filter(({ configuration }) => names.has(nameOf(configuration)));
  };
  const sharesOf = (configuration: Configuration) => shares(configuration, options.baseline);
  const work = (configuration: Configuration) => workOf(configuration, options.baseline, channels);
  const precisionOf = (samples: readonly Sample[], formula: Formula<Shares>) =>
    tried(
      formula,
      samples.map(({ configuration, precision }) => ({ point: sharesOf(configuration), value: precision })),
    );
  const complexityOf = (formula: Formula<Work>) =>
    tried(
      formula,
      designed.map(({ configuration, complexity }) => ({ point: work(configuration), value: complexity })),
      true,
    );

  const complexity = complexityOf(COMPLEXITY);
  const extended = complexityOf(EXTENDED_COMPLEXITY);
  const precision = precisionOf(designed, precisionFormula(PARAMETERS));
  const isNear = ({ precision: value }: Sample) => value >= baseline.precision - WITHIN;
  const near = precisionOf(designed.filter(isNear), precisionFormula(PARAMETERS));
  const errorOf = <Point>(
    fitted: Fitted<Point>,
    point: (of: Configuration) => Point,
    value: (sample: Sample) => number,
    tested = checks,
  ) =>
    'fit' in fitted && tested.length > 0
      ? mean(tested.map((sample) => Math.abs(fitted.fit.at(point(sample.configuration)) / value(sample) - 1)))
      : undefined;
  const taken = deviationOf(extended) < deviationOf(complexity) ? 'extended' : 'complexity';
  const surface = 'fit' in near ? near : precision;
  const chosen = taken === 'extended' ? extended : complexity;
  // One parameter at a time tells nothing of several together, and equation 7 is about those.
  const together = designed.some(
    ({ configuration }) => PARAMETERS.filter((name) => configuration[name] !== options.baseline[name]).length > 1,
  );
  const [fitted] = predictions(chosen, surface, [options.baseline], work, sharesOf);
  const predicted = predictions(chosen, surface, together ? shareGrid(options.baseline, values) : [], work, sharesOf);
  // In steps from the baseline as it was measured; above it as far as the model of it goes, which may be a little off.
  const above = Math.max(0, Math.floor(((fitted?.precision ?? 0) - baseline.precision) / step));
  const floors = Array.from(
    { length: above + Math.round(depth / step) + 1 },
    (_, index) => baseline.precision + (above - index) * step,
  );
  const curve = floors.flatMap((floor) => {
    const found = leastComplex(predicted, floor);
    return found ? [{ floor, configuration: found.point, complexity: found.complexity, precision: found.precision }] : [];
  });
  return {
    baseline,
    unitMs: unit,
    designed,
    checks,
    sweeps: PARAMETERS.map((parameter) => {
      const samples = among(sweep(options.baseline, values, parameter));
      return {
        parameter,
        samples,
        precision: precisionOf(samples, precisionFormula([parameter])),
        exponentials: precisionOf(samples, exponentialsFormula(parameter)),
      };
    }),
    pairs: PAIRS.flatMap((parameters) => {
      const samples = among(grid(options.baseline, values, parameters));
      return [{ parameters, samples, precision: precisionOf(samples, precisionFormula(parameters)) }];
    }),
    complexity,
    extended,
    precision,
    near,
    nearDesigned: designed.filter(isNear).length,
    nearChecks: checks.filter(isNear).length,
    errors: {
      complexity: errorOf(complexity, work, (sample) => sample.complexity),
      extended: errorOf(extended, work, (sample) => sample.complexity),
      precision: errorOf(precision, sharesOf, (sample) => sample.precision),
      near: errorOf(near, sharesOf, (sample) => sample.precision, checks.filter(isNear)),
    },
    fitted,
    taken,
    curve,
  };
}

function deviationOf<Point>(fitted: Fitted<Point>): number {
  return 'fit' in fitted ? fitted.fit.deviation : Number.POSITIVE_INFINITY;
}

function predictions(
  complexity: Fitted<Work>,
  precision: Fitted<Shares>,
  configurations: readonly Configuration[],
  work: (configuration: Configuration) => Work,
  sharesOf: (configuration: Configuration) => Shares,
): Predicted<Configuration>[] {
  if (!('fit' in complexity) || !('fit' in precision)) return [];
  return configurations.map((point) => ({
    point,
    complexity: complexity.fit.at(work(point)),
    precision: precision.fit.at(sharesOf(point)),
  }));
}

/** Data that can't be fitted are no end of a study: the report says why. */
function tried<Point>(formula: Formula<Point>, observations: readonly Observation<Point>[], relative = false): Fitted<Point> {
  try {
    return { fit: fitFormula(formula, observations, { relative }) };
  } catch (error) {
    if (error instanceof DataError) return { problem: error.message };
    throw error;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
