import type { Shape } from '../../src/core/value.ts';
import { type Case, type CaseTable, cycle, eighths, type Fill, makeCase, normal, oddMultiples, times } from './case.ts';
import { SHAPES, unary } from './elementwise.ts';

/** Never 0, from 1/8 to 31/8. */
const positive: Fill = (random, count) => oddMultiples(1 / 8)(random, count).map((value) => Math.abs(value) * 2 + 1 / 8);

/** Shapes that NumPy's rule joins. */
const PAIRS: readonly (readonly [Shape, Shape])[] = [
  [[3], [3, 4, 5, 3]],
  [[], [7]],
  [
    [5, 1],
    [1, 7],
  ],
  [[3, 4, 5, 8], [8]],
  [
    [50, 1],
    [50, 10],
  ],
  [
    [2, 1, 3, 1, 2, 1],
    [1, 4, 1, 3, 1, 2],
  ],
  [[1], [4099]],
  [
    [1, 1, 1, 1],
    [1, 1],
  ],
];

/** What squeeze-and-excite multiplies. */
const GATE: readonly [Shape, Shape] = [
  [3, 4, 5, 6],
  [3, 1, 1, 6],
];

function binary(op: string, a: Fill, b: Fill, particular: readonly Case[] = []): CaseTable {
  const pair = (left: Shape, right: Shape): Case =>
    makeCase(op, left.join() === right.join() ? times(left) : `${times(left)} and ${times(right)}`, {
      a: [left, a],
      b: [right, b],
    });
  return {
    essential: [pair([3, 4, 5, 3], [3, 4, 5, 3]), pair(...GATE)],
    further: [...SHAPES.map((shape) => pair(shape, shape)), ...PAIRS.map(([left, right]) => pair(left, right)), ...particular],
  };
}

const ofEighths = (op: string, kink: boolean): Case =>
  makeCase(op, `3x50 of eighths${kink ? ', some equal' : ''}`, { a: [[3, 50], eighths], b: [[3, 50], eighths] }, {}, kink);

export const addCases = (): CaseTable => binary('add', normal(), normal(), [ofEighths('add', false)]);
export const subtractCases = (): CaseTable => binary('subtract', normal(), normal());
export const multiplyCases = (): CaseTable => binary('multiply', normal(), normal(), [ofEighths('multiply', false)]);
export const divideCases = (): CaseTable => binary('divide', normal(), oddMultiples(1 / 8));
export const maximumCases = (): CaseTable => binary('maximum', eighths, oddMultiples(1 / 16), [ofEighths('maximum', true)]);
export const minimumCases = (): CaseTable => binary('minimum', eighths, oddMultiples(1 / 16), [ofEighths('minimum', true)]);

export const negativeCases = (): CaseTable => unary('negative', normal(), {}, []);
export const expCases = (): CaseTable =>
  unary('exp', normal(2), {}, [
    makeCase('exp', '12 from -80 to 80', { x: [[12], cycle(-80, -20, -1, -1e-6, 0, 1e-6, 1, 20, 80)] }, {}, true),
  ]);
export const logCases = (): CaseTable =>
  unary('log', positive, {}, [
    makeCase('log', '8 from 1e-30 to 1e30', { x: [[8], cycle(1e-30, 1e-6, 0.5, 1, 1.5, 2, 1e6, 1e30)] }, {}, true),
  ]);
export const sqrtCases = (): CaseTable =>
  unary('sqrt', positive, {}, [
    makeCase('sqrt', '8 from 1e-30 to 1e30', { x: [[8], cycle(1e-30, 1e-6, 0.5, 1, 1.5, 2, 1e6, 1e30)] }, {}, true),
  ]);
export const absCases = (): CaseTable =>
  unary('abs', oddMultiples(1 / 8), {}, [makeCase('abs', '3x50 with zeros', { x: [[3, 50], eighths] }, {}, true)]);

export const preluCases = (): CaseTable => {
  const of = (x: Shape, slope: Shape): Case =>
    makeCase('prelu', `${times(x)} slope ${times(slope) || 'scalar'}`, { x: [x, oddMultiples(1 / 8)], slope: [slope, normal()] });
  return {
    essential: [of([3, 4, 5, 3], [3])],
    further: [
      of([1], [1]),
      of([50, 10], [10]),
      of([3, 5, 7, 9], []),
      of([3, 5, 7, 4], [1]),
      of([2, 30, 30, 8], [8]),
      makeCase('prelu', '3x50 with zeros', { x: [[3, 50], eighths], slope: [[50], normal()] }, {}, true),
    ],
  };
};
