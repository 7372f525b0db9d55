import { DataError } from '../core/errors.ts';
import { elements } from '../core/value.ts';
import type { Reference, Tensors64 } from './reference.ts';
import { addAt, at, given, zeros } from './tensor.ts';

/** y[i, ...] = x[indices[i], ...]; dx sums the dy of each row. */
export const gather: Reference = {
  forward(inputs) {
    const { x, indices, width } = rowsOf(inputs);
    const y = zeros([...indices.shape, ...x.shape.slice(1)]);
    for (let i = 0; i < y.data.length; i++) y.data[i] = at(x.data, at(indices.data, Math.floor(i / width)) * width + (i % width));
    return y;
  },
  gradient(inputs, outputGradient) {
    const { x, indices, width } = rowsOf(inputs);
    const dx = zeros(x.shape);
    outputGradient.data.forEach((dy, i) => {
      addAt(dx.data, at(indices.data, Math.floor(i / width)) * width + (i % width), dy);
    });
    return { x: dx };
  },
};

function rowsOf(inputs: Tensors64) {
  const x = given('gather', inputs, 'x');
  const indices = given('gather', inputs, 'indices');
  const [rows = 1] = x.shape;
  indices.data.forEach((index, i) => {
    if (!Number.isInteger(index) || index < 0 || index >= rows)
      throw new DataError(`gather: index ${i} is ${index}; it must be a row from 0 to ${rows - 1}`);
  });
  return { x, indices, width: elements(x.shape.slice(1)) };
}
