import { ShapeError } from '../core/errors.ts';
import type { Reference, Tensor64, Tensors64 } from './reference.ts';
import { at, rowsOf, zeros } from './tensor.ts';

/** y = the inputs side by side on the last axis, in the order of the record; each gradient is its slice of dy. */
export const concat: Reference = {
  forward(inputs) {
    const [rows, width, leading] = layout(inputs);
    const y = zeros([...leading, width]);
    forEachElement(inputs, rows, width, (_name, source, from, to) => {
      y.data[to] = at(source.data, from);
    });
    return y;
  },
  gradient(inputs, outputGradient) {
    const [rows, width] = layout(inputs);
    const gradients: Record<string, Tensor64> = {};
    for (const [name, source] of Object.entries(inputs)) gradients[name] = zeros(source.shape);
    forEachElement(inputs, rows, width, (name, _source, from, to) => {
      (gradients[name] as Tensor64).data[from] = at(outputGradient.data, to);
    });
    return gradients;
  },
};

/** The number of rows, the width of the output and its leading sizes. */
function layout(inputs: Tensors64): [number, number, readonly number[]] {
  const [first] = Object.values(inputs);
  if (!first) throw new ShapeError('concat: needs at least one input');
  const [rows] = rowsOf('concat: the first input', first);
  const width = Object.values(inputs).reduce((sum, input) => sum + (input.shape.at(-1) ?? 0), 0);
  return [rows, width, first.shape.slice(0, -1)];
}

function forEachElement(
  inputs: Tensors64,
  rows: number,
  width: number,
  visit: (name: string, source: Tensor64, from: number, to: number) => void,
): void {
  let offset = 0;
  for (const [name, source] of Object.entries(inputs)) {
    const own = source.shape.at(-1) ?? 0;
    for (let row = 0; row < rows; row++)
      for (let j = 0; j < own; j++) visit(name, source, row * own + j, row * width + offset + j);
    offset += own;
  }
}
