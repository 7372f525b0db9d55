import { OptionError } from '../core/errors.ts';
import type { Shape } from '../core/value.ts';
import { broadcastIndex } from './broadcast.ts';
import type { Attributes, Reference, Tensor64 } from './reference.ts';
import { addAt, at, given, map, zeros } from './tensor.ts';

/** y = the sum over the attribute `axes` [all]; they stay as axes of one element with `keepDims`. dx = dy, repeated. */
export const sum = reducing('sum', () => 1);

/** y = the mean; dx = dy / the number of elements that make it, repeated. */
export const mean = reducing('mean', (count) => count);

function reducing(op: string, divisorOf: (count: number) => number): Reference {
  return {
    forward(inputs, attributes) {
      const x = given(op, inputs, 'x');
      const { kept, shape } = shapesOf(op, x.shape, attributes);
      const total = zeros(kept);
      x.data.forEach((value, i) => {
        addAt(total.data, broadcastIndex(kept, x.shape, i), value);
      });
      const divisor = divisorOf(x.data.length / total.data.length);
      return { ...map(total, (value) => value / divisor), shape };
    },
    gradient(inputs, outputGradient, attributes): Record<string, Tensor64> {
      const x = given(op, inputs, 'x');
      const { kept } = shapesOf(op, x.shape, attributes);
      const divisor = divisorOf(x.data.length / outputGradient.data.length);
      return { x: map(x, (_, i) => at(outputGradient.data, broadcastIndex(kept, x.shape, i)) / divisor) };
    },
  };
}

/** The shape of the result with axes of one element, and as it is wanted. */
function shapesOf(op: string, shape: Shape, { axes, keepDims = false }: Attributes): { kept: Shape; shape: Shape } {
  if (axes !== undefined && !Array.isArray(axes)) throw new OptionError(`${op}: axes must be a list, got ${String(axes)}`);
  const summed = axes?.map((axis: number) => (axis < 0 ? axis + shape.length : axis)) ?? shape.map((_, axis) => axis);
  const kept = shape.map((size, axis) => (summed.includes(axis) ? 1 : size));
  return { kept, shape: keepDims ? kept : shape.filter((_, axis) => !summed.includes(axis)) };
}
