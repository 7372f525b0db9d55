import type { Shape } from '../../src/core/value.ts';
import { type Case, type CaseTable, cycle, eighths, type Fill, makeCase, normal, oddMultiples, times } from './case.ts';

export const SHAPES: readonly Shape[] = [[1], [50, 10], [3, 5, 7, 9], [4099]];

/** One input on each shape, and one case of its own values: extremes, zeros. */
export function unary(op: string, fill: Fill, attributes: Record<string, unknown>, particular: readonly Case[]): CaseTable {
  const [first, ...others] = particular;
  return {
    essential: [makeCase(op, '3x4x5x3', { x: [[3, 4, 5, 3], fill] }, attributes), ...(first ? [first] : [])],
    further: [...SHAPES.map((shape) => makeCase(op, times(shape), { x: [shape, fill] }, attributes)), ...others],
  };
}

export const reluCases = (): CaseTable =>
  unary('relu', oddMultiples(1 / 8), {}, [makeCase('relu', '3x50 with zeros', { x: [[3, 50], eighths] }, {}, true)]);

export const leakyReluCases = (): CaseTable =>
  unary('leakyRelu', oddMultiples(1 / 8), {}, [
    makeCase('leakyRelu', '3x50 slope 0.2 with zeros', { x: [[3, 50], eighths] }, { slope: 0.2 }, true),
    makeCase('leakyRelu', '7x9 slope 0.5', { x: [[7, 9], oddMultiples(1 / 8)] }, { slope: 0.5 }),
    makeCase('leakyRelu', '7x9 slope 0', { x: [[7, 9], oddMultiples(1 / 8)] }, { slope: 0 }),
    makeCase('leakyRelu', '7x9 slope 1.5', { x: [[7, 9], oddMultiples(1 / 8)] }, { slope: 1.5 }),
  ]);

const saturated = cycle(-1000, -100, -88, -20, -1e-6, 0, 1e-6, 20, 88, 100, 1000);

export const sigmoidCases = (): CaseTable =>
  unary('sigmoid', normal(3), {}, [makeCase('sigmoid', '22 saturated', { x: [[22], saturated] })]);

export const tanhCases = (): CaseTable =>
  unary('tanh', normal(2), {}, [makeCase('tanh', '22 saturated', { x: [[22], saturated] })]);

export const softmaxCases = (): CaseTable => {
  const shapes: readonly Shape[] = [
    [1, 1],
    [50, 10],
    [3, 2, 4, 5],
    [3, 257],
    [2, 1000],
    [300, 3],
  ];
  return {
    essential: [
      makeCase('softmax', '3x10', { x: [[3, 10], normal(2)] }),
      makeCase('softmax', '3x11 saturated', { x: [[3, 11], saturated] }),
    ],
    further: [
      ...shapes.map((shape) => makeCase('softmax', times(shape), { x: [shape, normal(2)] })),
      makeCase('softmax', '3x9 equal', { x: [[3, 9], cycle(5)] }),
      makeCase('softmax', '3x9 far below 0', { x: [[3, 9], normal(1, -500)] }),
    ],
  };
};

/** Inputs of `widths` channels after the leading sizes, named so that the record's order is not the alphabet's. */
export function concatenation(leading: Shape, widths: readonly number[]): Case {
  const names = ['b', 'a', 'd', 'c', 'e'];
  const inputs = Object.fromEntries(widths.map((width, i) => [names[i] ?? `x${i}`, [[...leading, width], normal()] as const]));
  return makeCase('concat', `${times(leading)} of ${widths.join(' + ')}`, inputs);
}

export const concatCases = (): CaseTable => ({
  essential: [concatenation([3, 4, 5], [2, 3])],
  further: [
    concatenation([1, 1, 1], [1, 1]),
    concatenation([50], [10, 7, 1]),
    concatenation([3, 7, 5], [1, 4, 2, 8, 3]),
    concatenation([1, 9, 2], [32, 64]),
    concatenation([3, 2, 3], [5]),
    concatenation([50, 3, 3], [6, 9, 10]),
    concatenation([1, 33, 31], [1, 2]),
  ],
});
