import type { Shape } from '../../src/core/value.ts';
import { type Case, type CaseTable, labels, makeCase, normal, times } from './case.ts';
import { definedOnly, describe } from './linear.ts';

interface ReductionSpec {
  readonly x: Shape;
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
}

function reduction(op: 'sum' | 'mean', { x, ...options }: ReductionSpec): Case {
  const attributes = definedOnly(options);
  return makeCase(op, `${times(x) || 'scalar'}${describe(attributes)}`, { x: [x, normal()] }, attributes);
}

const essential: readonly ReductionSpec[] = [
  { x: [3, 4, 5, 3], axes: [1, 2] },
  { x: [3, 50], keepDims: true, axes: [-1] },
];

const further: readonly ReductionSpec[] = [
  { x: [1] },
  { x: [] },
  { x: [4099] },
  { x: [50, 10], axes: [0] },
  { x: [50, 10], axes: [] },
  { x: [3, 5, 7, 9], axes: [0, 2] },
  { x: [3, 5, 7, 9], axes: [3, 1], keepDims: true },
  { x: [2, 3, 2, 3, 2, 3, 2], axes: [0, 2, 4, 6] },
  { x: [2, 33, 35, 4], axes: [0, 1, 2] },
  { x: [1, 7, 1, 5], axes: [-1, 0] },
  // Sums that are cut into parts.
  { x: [40, 1000], axes: [1] },
  { x: [1000, 40], axes: [0], keepDims: true },
];

const cases = (op: 'sum' | 'mean') => (): CaseTable => ({
  essential: essential.map((spec) => reduction(op, spec)),
  further: further.map((spec) => reduction(op, spec)),
});

export const sumCases = cases('sum');
export const meanCases = cases('mean');

function transposition(x: Shape, permutation?: readonly number[]): Case {
  return makeCase(
    'transpose',
    `${times(x) || 'scalar'}${describe(definedOnly({ permutation }))}`,
    { x: [x, normal()] },
    definedOnly({ permutation }),
  );
}

export const transposeCases = (): CaseTable => ({
  essential: [transposition([3, 4, 5, 2], [0, 3, 1, 2]), transposition([7, 5])],
  further: [
    transposition([]),
    transposition([9]),
    transposition([1, 1]),
    transposition([33, 65]),
    transposition([3, 4, 5], [0, 1, 2]),
    transposition([2, 5, 4, 8], [0, 2, 1, 3]),
    transposition([2, 1, 3, 1, 4], [4, 3, 2, 1, 0]),
    transposition([2, 3, 2, 3, 2, 3], [5, 0, 4, 1, 3, 2]),
    // The shuffle of channels in three groups, as [N, H W, groups, C / groups].
    transposition([2, 20, 3, 4], [0, 1, 3, 2]),
  ],
});

function upsampling(x: Shape, factor: number | readonly [number, number]): Case {
  return makeCase('upsample2d', `${times(x)}${describe({ factor })}`, { x: [x, normal()] }, { factor });
}

export const upsample2dCases = (): CaseTable => ({
  essential: [upsampling([3, 4, 5, 3], 2), upsampling([1, 3, 2, 4], [1, 3])],
  further: [
    upsampling([1, 1, 1, 1], 1),
    upsampling([1, 1, 1, 1], 5),
    upsampling([2, 7, 7, 8], 2),
    upsampling([3, 5, 1, 2], [4, 1]),
    upsampling([50, 3, 3, 10], [3, 2]),
  ],
});

function gathering(x: Shape, indices: Shape): Case {
  const rows = x[0] ?? 1;
  return makeCase('gather', `${times(x)} by ${times(indices) || 'one'}`, { x: [x, normal()], indices: [indices, labels(rows)] });
}

export const gatherCases = (): CaseTable => ({
  essential: [gathering([5, 3], [7]), gathering([4, 2, 3], [2, 3])],
  further: [
    gathering([1], [1]),
    gathering([9], [4, 5]),
    gathering([5, 3], []),
    gathering([257, 10], [50]),
    gathering([9, 17], [60]),
    // Sums that are cut into parts.
    gathering([2, 3], [4000]),
  ],
});
