import type { Formula } from '../../search/fits/fit.ts';
import { type Configuration, LETTERS, type Parameter, type Shares } from '../../search/fits/precision.ts';
import { arithmetic, memory } from './configuration.ts';

/** What equation 1 and its extension see of a configuration, as shares of the baseline's. */
export interface Work {
  readonly arithmetic: number;
  readonly memory: number;
  readonly layers: number;
}

/** The work of a configuration as shares of the baseline's, for images of so many channels; 1 is the baseline's own. */
export function workOf(configuration: Configuration, baseline: Configuration, channels: number): Work {
  return {
    arithmetic: arithmetic(configuration, channels) / arithmetic(baseline, channels),
    memory: memory(configuration, channels) / memory(baseline, channels),
    layers: configuration.layers / baseline.layers,
  };
}

/** Equation 1: C = alpha0 + alpha1 x arithmetic. The arithmetic is a share of the baseline's; the paper's alpha1 is this over the baseline's sum. */
export const COMPLEXITY: Formula<Work> = /* @__PURE__ */ linear('C(T), equation 1', ['alpha0', 'alpha1'], (work) => [
  1,
  work.arithmetic,
]);

/** Equation 1 and what it leaves out: the memory that the convolutions touch, and dispatches, whose number grows with the layers. */
export const EXTENDED_COMPLEXITY: Formula<Work> = /* @__PURE__ */ linear(
  'C(T), extended',
  ['alpha0', 'arithmetic', 'memory', 'dispatches'],
  (work) => [1, work.arithmetic, work.memory, work.layers],
);

/** A sum of terms; no part of a time is negative. */
function linear<Point>(title: string, names: readonly string[], terms: (point: Point) => readonly number[]): Formula<Point> {
  return {
    title,
    names,
    curved: 0,
    trials: [[]],
    least: names.map(() => 0),
    most: names.map(() => 1e6),
    value: (coefficients, point) => terms(point).reduce((sum, term, index) => sum + term * (coefficients[index] ?? 0), 0),
    gradient: (_, point) => terms(point),
  };
}

const RATES = [-30, -10, -3, -1, -0.1, 0.1];

/** The sum of two exponentials that the paper's Table I most likely lists: P = a exp(b gamma) + c exp(d gamma). */
export function exponentialsFormula(parameter: Parameter): Formula<Shares> {
  return {
    title: `P(${LETTERS[parameter]}), two exponentials`,
    names: ['b', 'd', 'a', 'c'],
    curved: 2,
    trials: RATES.flatMap((b) => RATES.filter((d) => d < b).map((d) => [b, d])),
    least: [-100, -100, -10, -10],
    most: [5, 5, 10, 10],
    value([b = 0, d = 0, a = 0, c = 0], { [parameter]: share }) {
      return a * Math.exp(b * share) + c * Math.exp(d * share);
    },
    gradient([b = 0, d = 0, a = 0, c = 0], { [parameter]: share }) {
      const first = Math.exp(b * share);
      const second = Math.exp(d * share);
      return [a * share * first, c * share * second, first, second];
    },
  };
}
