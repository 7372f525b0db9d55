import { expect, test } from 'vitest';
import { permuted } from '../src/core/permuted.ts';
import { elements } from '../src/core/value.ts';
import { references } from '../src/reference/index.ts';

test.each([
  { shape: [3, 4], axes: [1, 0] },
  { shape: [2, 3, 4], axes: [2, 0, 1] },
  { shape: [5, 1, 2, 3], axes: [3, 2, 0, 1] },
  { shape: [2, 3, 4, 5], axes: [2, 3, 1, 0] },
  { shape: [2, 3, 4, 5], axes: [0, 1, 2, 3] },
  { shape: [0, 3], axes: [1, 0] },
  { shape: [7], axes: [0] },
  { shape: [], axes: [] },
])('axes $axes of $shape are what transposing makes of them', ({ shape, axes }) => {
  const data = Float32Array.from({ length: elements(shape) }, (_, i) => i + 1);
  const expected = references.transpose?.forward({ x: { shape, data: Float64Array.from(data) } }, { permutation: axes });
  expect(permuted(data, shape, axes)).toEqual(Float32Array.from(expected?.data ?? []));
});
