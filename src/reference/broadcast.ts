import { ShapeError } from '../core/errors.ts';
import { elements, formatShape, type Shape } from '../core/value.ts';
import type { Reference, Tensor64 } from './reference.ts';
import { addAt, at, given, zeros } from './tensor.ts';

/** NumPy's rule: axes are aligned at the last one, and an axis of one element is repeated. */
export function broadcastShapes(op: string, a: Shape, b: Shape): Shape {
  const axes = Math.max(a.length, b.length);
  return Array.from({ length: axes }, (_, axis) => {
    const [m, n] = [a[axis - axes + a.length] ?? 1, b[axis - axes + b.length] ?? 1];
    if (m !== n && m !== 1 && n !== 1)
      throw new ShapeError(`${op}: shapes ${formatShape(a)} and ${formatShape(b)} do not go together`);
    return Math.max(m, n);
  });
}

/** The index in a tensor of `shape` of an element of the broadcast `whole`. */
export function broadcastIndex(shape: Shape, whole: Shape, index: number): number {
  let found = 0;
  let rest = index;
  let step = 1;
  for (let axis = 1; axis <= whole.length; axis++) {
    const size = whole[whole.length - axis] ?? 1;
    const own = shape[shape.length - axis] ?? 1;
    if (own > 1) found += (rest % size) * step;
    rest = Math.floor(rest / size);
    step *= own;
  }
  return found;
}

/** y = f(a, b) of broadcast inputs; `slopes` are dy/da and dy/db. */
export function binary(
  op: string,
  [left, right]: readonly [string, string],
  f: (a: number, b: number) => number,
  slopes: (a: number, b: number, dy: number) => readonly [number, number],
): Reference {
  return {
    forward(inputs) {
      const [a, b] = [given(op, inputs, left), given(op, inputs, right)];
      const y = zeros(broadcastShapes(op, a.shape, b.shape));
      for (let i = 0; i < elements(y.shape); i++)
        y.data[i] = f(at(a.data, broadcastIndex(a.shape, y.shape, i)), at(b.data, broadcastIndex(b.shape, y.shape, i)));
      return y;
    },
    gradient(inputs, outputGradient) {
      const [a, b] = [given(op, inputs, left), given(op, inputs, right)];
      const gradients: [Tensor64, Tensor64] = [zeros(a.shape), zeros(b.shape)];
      outputGradient.data.forEach((dy, i) => {
        const indices = [a, b].map(({ shape }) => broadcastIndex(shape, outputGradient.shape, i)) as [number, number];
        const found = slopes(at(a.data, indices[0]), at(b.data, indices[1]), dy);
        gradients.forEach(({ data }, n) => {
          addAt(data, indices[n] ?? 0, found[n] ?? 0);
        });
      });
      return { [left]: gradients[0], [right]: gradients[1] };
    },
  };
}
