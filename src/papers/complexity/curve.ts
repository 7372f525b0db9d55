import { type Configuration, PARAMETERS, type Shares } from '../../search/fits/precision.ts';
import { shares } from './configuration.ts';
import type { Fitted } from './fitted.ts';
import { type Work, workOf } from './formulas.ts';
import type { Sample } from './sample.ts';

export interface Minimiser {
  readonly floor: number;
  readonly configuration: Configuration;
  readonly complexity: number;
  readonly precision: number;
}

/** What equation 7 goes by. */
interface Models {
  readonly complexity: Fitted<Work>;
  readonly precision: Fitted<Shares>;
  readonly baseline: Configuration;
  readonly channels: number;
}

/** What the models say of configurations; nothing where one of them could not be fitted. */
export function predictions(
  { complexity, precision, baseline, channels }: Models,
  configurations: readonly Configuration[],
): Predicted<Configuration>[] {
  if (!('fit' in complexity) || !('fit' in precision)) return [];
  return configurations.map((point) => ({
    point,
    complexity: complexity.fit.at(workOf(point, baseline, channels)),
    precision: precision.fit.at(shares(point, baseline)),
  }));
}

/** One parameter at a time tells nothing of several together, and equation 7 is about those. */
export function changesTogether(samples: readonly Sample[], baseline: Configuration): boolean {
  return samples.some(({ configuration }) => PARAMETERS.filter((name) => configuration[name] !== baseline[name]).length > 1);
}

/** Falling, in steps from the measured precision of the baseline: above it as far as the model of it goes, below it to `depth`. */
export function floorsAround(measured: number, modelled: number | undefined, depth: number, step: number): number[] {
  const above = Math.max(0, Math.floor(((modelled ?? 0) - measured) / step));
  return Array.from({ length: above + Math.round(depth / step) + 1 }, (_, index) => measured + (above - index) * step);
}

/** Equation 7 at each floor that there is an answer for. */
export function curveOf(predicted: readonly Predicted<Configuration>[], floors: readonly number[]): Minimiser[] {
  return floors.flatMap((floor) => {
    const found = leastComplex(predicted, floor);
    return found ? [{ floor, configuration: found.point, complexity: found.complexity, precision: found.precision }] : [];
  });
}

/** A point of a grid with the model's complexity and precision. */
export interface Predicted<Point> {
  readonly point: Point;
  readonly complexity: number;
  readonly precision: number;
}

/** Equation 7: of the points whose precision is at least `floor` the one of the least complexity; undefined where there is none. */
export function leastComplex<Point>(points: readonly Predicted<Point>[], floor: number): Predicted<Point> | undefined {
  return points
    .filter(({ precision }) => precision >= floor)
    .reduce<Predicted<Point> | undefined>(
      (best, point) => (best && best.complexity <= point.complexity ? best : point),
      undefined,
    );
}
