import { type complexity, toJson } from 'paredown/node';
import type { Claim } from './claim.ts';

/** How a study was made. */
export interface Setup {
  readonly command: string;
  readonly adapter: string;
  readonly version: string;
  readonly node: string;
  readonly date: string;
  readonly data: string;
  readonly images: number;
  readonly validation: number;
  /** The share of the validation data that is of the most frequent class. */
  readonly majority: number;
  /** What timed the trainings. */
  readonly clock: string;
  readonly training: complexity.ComplexitySetup;
  readonly baseline: complexity.Configuration;
  readonly values: complexity.Values;
  readonly channels: number;
  /** Whether pairs of parameters were measured. */
  readonly grids: boolean;
  /** In what it is less than the published one; none: nothing. */
  readonly reductions: readonly string[];
}

export interface Verified {
  readonly minimiser: complexity.Minimiser;
  readonly measured: complexity.Measurement | undefined;
}

export interface Results {
  readonly about: Setup;
  readonly analysis: complexity.Analysis;
  readonly verified: readonly Verified[];
  readonly claim: Claim;
  readonly measurements: readonly complexity.Measurement[];
}

/** What a program reads: all measurements, fits with their residuals, checks and minimisers. */
export function resultsJson({ about, analysis, verified, claim, measurements }: Results): string {
  const plain = <Point>(fitted: complexity.Fitted<Point>) => {
    if ('problem' in fitted) return fitted;
    const { coefficients, residuals, deviation, degreesOfFreedom, rSquared } = fitted.fit;
    return { coefficients, residuals, deviation, degreesOfFreedom, rSquared };
  };
  const content = {
    format: 1,
    about,
    claim,
    errors: analysis.errors,
    baseline: analysis.baseline,
    fits: {
      complexity: plain(analysis.complexity),
      extended: plain(analysis.extended),
      precision: plain(analysis.precision),
      near: plain(analysis.near),
      sweeps: analysis.sweeps.map(({ parameter, precision, exponentials }) => ({
        parameter,
        precision: plain(precision),
        exponentials: plain(exponentials),
      })),
      pairs: analysis.pairs.map(({ parameters, precision }) => ({ parameters, precision: plain(precision) })),
    },
    fittedBaseline: analysis.fitted,
    taken: analysis.taken,
    curve: analysis.curve,
    verified: verified.map(({ minimiser, measured }) => ({ ...minimiser, measured: measured?.outcome })),
    checks: analysis.checks,
    measurements: measurements.map(({ key: _, ...rest }) => rest),
  };
  return `${toJson(rounded(content), 1)}\n`;
}

/** Seven digits are more than any measurement has. */
function rounded(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(7));
  if (Array.isArray(value)) return value.map(rounded);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, rounded(part)]));
}
