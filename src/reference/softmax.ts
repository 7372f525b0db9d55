import type { Reference } from './reference.ts';
import { addAt, at, given, rowsOf, zeros } from './tensor.ts';

/**
 * Along the last axis: y_j = e^(x_j - m) / sum_i e^(x_i - m) with m = max x, which leaves the value unchanged and keeps e^ finite;
 * dx_j = y_j (dy_j - sum_i dy_i y_i).
 */
export const softmax: Reference = {
  forward(inputs) {
    const x = given('softmax', inputs, 'x');
    const [rows, width] = rowsOf('softmax: x', x);
    const y = zeros(x.shape);
    for (let row = 0; row < rows; row++) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let j = 0; j < width; j++) largest = Math.max(largest, at(x.data, row * width + j));
      let sum = 0;
      for (let j = 0; j < width; j++) sum += Math.exp(at(x.data, row * width + j) - largest);
      for (let j = 0; j < width; j++) y.data[row * width + j] = Math.exp(at(x.data, row * width + j) - largest) / sum;
    }
    return y;
  },
  gradient(inputs, outputGradient, attributes) {
    const y = softmax.forward(inputs, attributes);
    const [rows, width] = rowsOf('softmax: x', y);
    const x = zeros(y.shape);
    for (let row = 0; row < rows; row++) {
      let weighted = 0;
      for (let i = row * width; i < (row + 1) * width; i++) weighted += at(outputGradient.data, i) * at(y.data, i);
      for (let i = row * width; i < (row + 1) * width; i++)
        addAt(x.data, i, at(y.data, i) * (at(outputGradient.data, i) - weighted));
    }
    return { x };
  },
};
