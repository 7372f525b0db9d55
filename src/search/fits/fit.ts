import { type LevenbergMarquardtOptions, levenbergMarquardt } from 'ml-levenberg-marquardt';
import { DataError } from '../../core/errors.ts';
import { mean } from '../../core/statistics.ts';
import { tQuantile } from '../../core/student-t.ts';
import { gram, invertSymmetric } from './linear.ts';
import { boundedLeastSquares } from './projection.ts';

/**
 * A formula whose coefficients are to be found. It is linear in all coefficients but the first `curved` ones, so that for any value
 * of those the others follow at once: that is where the starting points come from.
 */
export interface Formula<Point> {
  /** In words, for messages. */
  readonly title: string;
  readonly names: readonly string[];
  readonly curved: number;
  value(coefficients: readonly number[], point: Point): number;
  /** The derivative of the value by each coefficient. */
  gradient(coefficients: readonly number[], point: Point): readonly number[];
  /** Values of the curved coefficients to start from. */
  readonly trials: readonly (readonly number[])[];
  readonly least: readonly number[];
  readonly most: readonly number[];
}

export interface Observation<Point> {
  readonly point: Point;
  readonly value: number;
}

export interface Coefficient {
  readonly name: string;
  readonly value: number;
  /** The 95% confidence interval; undefined where the data do not determine the coefficient, or it lies at its bound. */
  readonly interval?: readonly [low: number, high: number];
}

export interface Fit<Point> {
  readonly coefficients: readonly Coefficient[];
  /** Fitted minus observed, in the order of the observations; relative to the observed where the fit was. */
  readonly residuals: readonly number[];
  /** The standard deviation of the residuals, by degrees of freedom. */
  readonly deviation: number;
  readonly degreesOfFreedom: number;
  /** 1 - residual / total sum of squares, of the values themselves. */
  readonly rSquared: number;
  at(point: Point): number;
}

export interface FitOptions {
  /** Sums the squares of relative residuals [false]. */
  readonly relative?: boolean;
  /** Starting points, the best ones, that go through the Levenberg-Marquardt iteration [6], and how many times each [200]. */
  readonly starts?: number;
  readonly iterations?: number;
}

const CONFIDENCE = 0.95;

/**
 * Coefficients by nonlinear least squares (Levenberg-Marquardt from several starting points, the best end), with confidence
 * intervals from the linearised model: value +- t s sqrt((J^T J)^-1).
 * Throws a DataError for too few observations, numbers that are not finite, and values that are all the same.
 */
export function fitFormula<Point>(
  formula: Formula<Point>,
  observations: readonly Observation<Point>[],
  { relative = false, starts: most = 6, iterations = 200 }: FitOptions = {},
): Fit<Point> {
  check(formula, observations, relative);
  const scales = observations.map(({ value }) => (relative ? Math.abs(value) : 1));
  const scaled = (coefficients: readonly number[], index: number) =>
    formula.value(coefficients, pointAt(observations, index)) / (scales[index] ?? 1);
  const gradientAt = (coefficients: readonly number[], index: number) =>
    formula.gradient(coefficients, pointAt(observations, index)).map((value) => value / (scales[index] ?? 1));
  const y = observations.map(({ value }, index) => value / (scales[index] ?? 1));
  const squares = (coefficients: readonly number[]) =>
    y.reduce((sum, value, index) => sum + (value - scaled(coefficients, index)) ** 2, 0);

  const starts = formula.trials
    .map((trial) => project(formula, observations, scales, trial))
    .map((coefficients) => ({ coefficients, squares: squares(coefficients) }))
    .sort((a, b) => a.squares - b.squares)
    .slice(0, most);
  const data = { x: y.map((_, index) => index), y };
  const ends = starts.flatMap(({ coefficients: start }) => {
    const { curved, least, most: greatest } = formula;
    // The curved coefficients alone, the others following them: the valley of all together is too narrow and bent to go down.
    const along = (at: readonly number[]) => {
      const coefficients = project(formula, observations, scales, at);
      return (index: number) => scaled(coefficients, index);
    };
    const bounds = { minValues: least.slice(0, curved), maxValues: greatest.slice(0, curved), gradientDifference: 1e-5 };
    const bent = curved === 0 ? [] : descend(data, along, start.slice(0, curved), bounds, iterations);
    const projected = project(formula, observations, scales, bent);
    const together = (at: readonly number[]) => (index: number) => scaled(at, index);
    const polished = descend(
      data,
      together,
      projected,
      {
        minValues: [...least],
        maxValues: [...greatest],
        jacobianFunction: (at) => (index) => gradientAt(at, index),
      },
      iterations,
    );
    return [start, projected, polished];
  });
  const [best] = ends
    .map((coefficients) => ({ coefficients, squares: squares(coefficients) }))
    .filter((end) => Number.isFinite(end.squares))
    .sort((a, b) => a.squares - b.squares);
  if (!best) throw new DataError(`${formula.title}: no starting point leads to finite values`);

  const { coefficients } = best;
  const free = coefficients.flatMap((value, index) =>
    value > (formula.least[index] ?? -Infinity) && value < (formula.most[index] ?? Infinity) ? [index] : [],
  );
  const degreesOfFreedom = observations.length - free.length;
  const variance = best.squares / degreesOfFreedom;
  const jacobian = observations.map((_, index) => {
    const row = gradientAt(coefficients, index);
    return free.map((column) => row[column] ?? 0);
  });
  const covariance = invertSymmetric(gram(jacobian));
  const t = tQuantile((1 + CONFIDENCE) / 2, degreesOfFreedom);
  const named = formula.names.map((name, index): Coefficient => {
    const value = coefficients[index] ?? Number.NaN;
    const column = free.indexOf(index);
    const own = column < 0 ? undefined : covariance?.[column]?.[column];
    if (own === undefined) return { name, value };
    const reach = t * Math.sqrt(own * variance);
    return { name, value, interval: [value - reach, value + reach] };
  });
  const values = observations.map(({ value }) => value);
  const middle = mean(values);
  const total = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  const at = (point: Point) => formula.value(coefficients, point);
  const left = observations.reduce((sum, { point, value }) => sum + (value - at(point)) ** 2, 0);
  return {
    coefficients: named,
    residuals: y.map((value, index) => scaled(coefficients, index) - value),
    deviation: Math.sqrt(variance),
    degreesOfFreedom,
    rSquared: 1 - left / total,
    at,
  };
}

function check<Point>({ title, names }: Formula<Point>, observations: readonly Observation<Point>[], relative: boolean): void {
  const count = observations.length;
  if (count <= names.length)
    throw new DataError(
      `${title}: ${count} ${count === 1 ? 'observation is' : 'observations are'} too few for ${names.length} coefficients; at least ${names.length + 1} are needed`,
    );
  const bad = observations.find(({ value }) => !Number.isFinite(value) || (relative && value === 0));
  if (bad) throw new DataError(`${title}: an observed value is ${bad.value}; all must be finite${relative ? ' and not 0' : ''}`);
  if (observations.every(({ value }) => value === observations[0]?.value))
    throw new DataError(`${title}: all ${count} observed values are ${observations[0]?.value}: there is nothing to fit`);
}

/** Iterations between two looks at whether they still lead anywhere. */
const ROUND = 20;

/** Levenberg-Marquardt until a round of iterations improves nothing any more. */
function descend(
  data: { readonly x: number[]; readonly y: number[] },
  model: (at: readonly number[]) => (index: number) => number,
  start: readonly number[],
  options: Omit<LevenbergMarquardtOptions, 'initialValues'>,
  iterations: number,
): number[] {
  let at = [...start];
  let error = Number.POSITIVE_INFINITY;
  for (let done = 0; done < iterations; done += ROUND) {
    const found = levenbergMarquardt(data, model, {
      damping: 1e-3,
      errorTolerance: 0,
      ...options,
      initialValues: at,
      maxIterations: Math.min(ROUND, iterations - done),
    });
    at = found.parameterValues;
    if (Number.isFinite(error) && !(error - found.parameterError > 1e-9 * error)) break;
    error = found.parameterError;
  }
  return at;
}

/** All coefficients, from the curved ones: the linear ones are the best for them, within their bounds. */
function project<Point>(
  { names, curved, gradient, value, least, most }: Formula<Point>,
  observations: readonly Observation<Point>[],
  scales: readonly number[],
  bent: readonly number[],
): number[] {
  const still = [...bent, ...names.slice(curved).map(() => 0)];
  const scaled = (of: number, index: number) => of / (scales[index] ?? 1);
  const rows = observations.map(({ point }, index) =>
    gradient(still, point)
      .slice(curved)
      .map((partial) => scaled(partial, index)),
  );
  const right = observations.map((observation, index) => scaled(observation.value - value(still, observation.point), index));
  return [...bent, ...boundedLeastSquares(rows, right, least.slice(curved), most.slice(curved))];
}

function pointAt<Point>(observations: readonly Observation<Point>[], index: number): Point {
  const observation = observations[index];
  if (!observation) throw new RangeError(`There is no observation ${index}`);
  return observation.point;
}
