import type { Shape } from './value.ts';

/** Numbers of one type, with which arranging them ends as well. */
export type Numbers = Float32Array | Int8Array | Int32Array;

/** The elements of a tensor in row-major order with its axes in another order: axis i of the result is axis `axes[i]` of `shape`. */
export function permuted<Data extends Numbers>(data: Data, shape: Shape, axes: readonly number[]): Data {
  const sizes = axes.map((axis) => shape[axis] ?? 1);
  const strides = axes.map((axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  const index = axes.map(() => 0);
  const result = data.slice() as Data;
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from] ?? Number.NaN;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const [size = 1, stride = 0] = [sizes[axis], strides[axis]];
      const next = (index[axis] ?? 0) + 1;
      from += stride;
      index[axis] = next % size;
      if (next < size) break;
      from -= size * stride;
    }
  }
  return result;
}
