import type { ActivationKind } from '../../src/core/activations/registry.ts';
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

const saturated = cycle(-1000, -100, -88, -20, -1e-6, 0, 1e-6, 20, 88, 100, 1000);

/** Values at which exp overflows or vanishes, and the largest. */
const extreme = cycle(-3e38, -1e30, -1000, -104, -100, -88, -20, -13, -5, -1e-6, 0, 1e-6, 5, 20, 88, 100, 1000, 1e30, 3e38);

/** A curve without kinks. */
const smooth = (kind: ActivationKind, scale: number) => (): CaseTable =>
  unary(kind, normal(scale), {}, [
    makeCase(kind, '22 saturated', { x: [[22], saturated] }),
    makeCase(kind, '19 extreme', { x: [[19], extreme] }, {}, true),
  ]);

/** A curve with kinks, of which `fill` misses all, and `values` of its own. */
const kinked = (kind: ActivationKind, fill: Fill, particular: readonly Case[]) => (): CaseTable =>
  unary(kind, fill, {}, [...particular, makeCase(kind, '19 extreme', { x: [[19], extreme] }, {}, true)]);

const odd = oddMultiples(1 / 8);
const withZeros = (kind: ActivationKind, attributes = {}, name = '3x50 with zeros') =>
  makeCase(kind, name, { x: [[3, 50], eighths] }, attributes, true);

/** The cases of each activation: of its own range, and of extremes. */
export const activationCases: Readonly<Record<ActivationKind, () => CaseTable>> = {
  relu: kinked('relu', odd, [withZeros('relu')]),
  leakyRelu: kinked('leakyRelu', odd, [
    withZeros('leakyRelu', { slope: 0.2 }, '3x50 slope 0.2 with zeros'),
    makeCase('leakyRelu', '7x9 slope 0.5', { x: [[7, 9], odd] }, { slope: 0.5 }),
    makeCase('leakyRelu', '7x9 slope 0', { x: [[7, 9], odd] }, { slope: 0 }),
    makeCase('leakyRelu', '7x9 slope 1.5', { x: [[7, 9], odd] }, { slope: 1.5 }),
  ]),
  sigmoid: smooth('sigmoid', 3),
  tanh: smooth('tanh', 2),
  elu: smooth('elu', 2),
  gelu: smooth('gelu', 2),
  silu: smooth('silu', 3),
  hardSwish: kinked('hardSwish', oddMultiples(1 / 4), [
    makeCase('hardSwish', '9 at kinks', { x: [[9], cycle(-4, -3, 0, 3, 4)] }, {}, true),
  ]),
  hardSigmoid: kinked('hardSigmoid', oddMultiples(1 / 4), [
    makeCase('hardSigmoid', '9 at kinks', { x: [[9], cycle(-4, -3, 0, 3, 4)] }, {}, true),
  ]),
  relu6: kinked('relu6', oddMultiples(1 / 2), [makeCase('relu6', '9 at kinks', { x: [[9], cycle(-1, 0, 3, 6, 7)] }, {}, true)]),
};

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
      makeCase('softmax', '5x300', { x: [[5, 300], normal(2)] }),
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
