import { elements, type Shape } from '../core/value.ts';
import type { Attributes, Reference, Tensor64 } from './reference.ts';
import { at, given, zeros } from './tensor.ts';

/** Axis i of y is axis permutation[i] of x; attribute `permutation` [the axes in reverse order]. dx goes the way back. */
export const transpose: Reference = {
  forward(inputs, attributes) {
    const x = given('transpose', inputs, 'x');
    const y = zeros(permutationOf(x.shape, attributes).map((axis) => x.shape[axis] ?? 1));
    forEachElement(x, attributes, (from, to) => {
      y.data[to] = at(x.data, from);
    });
    return y;
  },
  gradient(inputs, outputGradient, attributes) {
    const dx = zeros(given('transpose', inputs, 'x').shape);
    forEachElement(dx, attributes, (from, to) => {
      dx.data[from] = at(outputGradient.data, to);
    });
    return { x: dx };
  },
};

function permutationOf(shape: Shape, { permutation }: Attributes): readonly number[] {
  return (permutation as readonly number[] | undefined) ?? shape.map((_, axis) => shape.length - 1 - axis);
}

/** The index of each element in x and in y. */
function forEachElement(x: Tensor64, attributes: Attributes, visit: (from: number, to: number) => void): void {
  const permutation = permutationOf(x.shape, attributes);
  const step = (sizes: Shape, axis: number) => elements(sizes.slice(axis + 1));
  const sizes = permutation.map((axis) => x.shape[axis] ?? 1);
  for (let from = 0; from < x.data.length; from++) {
    const coordinates = x.shape.map((size, axis) => Math.floor(from / step(x.shape, axis)) % size);
    visit(
      from,
      permutation.reduce((sum, axis, i) => sum + (coordinates[axis] ?? 0) * step(sizes, i), 0),
    );
  }
}
