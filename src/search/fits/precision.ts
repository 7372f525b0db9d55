import type { Formula } from './fit.ts';

/** A network of the study of Ke et al.: filters f of every convolution, height and width s of the input, kernel k x k, l convolutions. */
export interface Configuration {
  readonly filters: number;
  readonly size: number;
  readonly kernel: number;
  readonly layers: number;
}

export type Parameter = keyof Configuration;

export const PARAMETERS: readonly Parameter[] = ['filters', 'size', 'kernel', 'layers'];

/** The paper's letters. */
export const LETTERS: Readonly<Record<Parameter, string>> = { filters: 'f', size: 's', kernel: 'k', layers: 'l' };

/** Each parameter as a share of the baseline's, or of the largest one. */
export type Shares = Readonly<Record<Parameter, number>>;

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
