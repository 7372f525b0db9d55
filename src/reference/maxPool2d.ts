import { poolingWindows } from './pooling.ts';
import type { Reference } from './reference.ts';
import { addAt, at, given, zeros } from './tensor.ts';

/**
 * y = the largest real element of each window (padding never wins); dx: each window adds its dy to its largest element,
 * to the first in row-major order where several are equal. NaN is larger than any number.
 */
export const maxPool2d: Reference = {
  forward(inputs, attributes) {
    const x = given('maxPool2d', inputs, 'x');
    const windows = poolingWindows('maxPool2d', x, attributes);
    const y = zeros(windows.outputShape);
    windows.forEach((output, window) => {
      y.data[output] = at(x.data, firstLargest(x.data, window));
    });
    return y;
  },
  gradient(inputs, outputGradient, attributes) {
    const x = given('maxPool2d', inputs, 'x');
    const dx = zeros(x.shape);
    poolingWindows('maxPool2d', x, attributes).forEach((output, window) => {
      addAt(dx.data, firstLargest(x.data, window), at(outputGradient.data, output));
    });
    return { x: dx };
  },
};

function firstLargest(data: Float64Array, window: readonly number[]): number {
  return window.reduce((best, index) => (at(data, index) > at(data, best) || Number.isNaN(at(data, index)) ? index : best));
}
