import { arithmetic, type Configuration, LETTERS, memory, type Parameter } from './configuration.ts';
import type { Formula } from './fit.ts';

/** Each parameter as a share of the baseline's. */
export type Shares = Readonly<Record<Parameter, number>>;

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

const DECAYS = [-0.003, -0.03, -0.3];

/**
 * Equations 2 (one parameter), 3 to 5 (two) and 6 (all four): P = a exp(sum of b_i / gamma_i) + sum of c_i gamma_i + d, with
 * b_i < 0, so that precision falls as a parameter shrinks: the reading of design/networks.md, 4c, since the printed coefficients
 * contradict the printed figures.
 */
export function precisionFormula(parameters: readonly Parameter[]): Formula<Shares> {
  const count = parameters.length;
  const letters = parameters.map((parameter) => LETTERS[parameter]);
  const power = (coefficients: readonly number[], shares: Shares) =>
    Math.exp(parameters.reduce((sum, parameter, index) => sum + (coefficients[index] ?? 0) / shares[parameter], 0));
  return {
    title: `P(${letters.join(', ')})`,
    names: [...letters.map((letter) => `b_${letter}`), 'a', ...letters.map((letter) => `c_${letter}`), 'd'],
    curved: count,
    trials: parameters.reduce<number[][]>((all, _) => all.flatMap((begun) => DECAYS.map((decay) => [...begun, decay])), [[]]),
    least: [...letters.map(() => -10), 0, ...letters.map(() => -10), -10],
    most: [...letters.map(() => 0), 10, ...letters.map(() => 10), 10],
    value(coefficients, shares) {
      const straight = parameters.reduce(
        (sum, parameter, index) => sum + (coefficients[count + 1 + index] ?? 0) * shares[parameter],
        0,
      );
      return (coefficients[count] ?? 0) * power(coefficients, shares) + straight + (coefficients[2 * count + 1] ?? 0);
    },
    gradient(coefficients, shares) {
      const raised = power(coefficients, shares);
      const scale = (coefficients[count] ?? 0) * raised;
      return [
        ...parameters.map((parameter) => scale / shares[parameter]),
        raised,
        ...parameters.map((parameter) => shares[parameter]),
        1,
      ];
    },
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
