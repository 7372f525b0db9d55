import { poolingWindows } from './pooling.ts';
import type { Reference } from './reference.ts';
import { addAt, at, given, zeros } from './tensor.ts';

/** y = the mean of the real elements of each window (padding is not counted); dx: each of them takes dy / their number. */
export const avgPool2d: Reference = {
  forward(inputs, attributes) {
    const x = given('avgPool2d', inputs, 'x');
    const windows = poolingWindows('avgPool2d', x, attributes);
    const y = zeros(windows.outputShape);
    windows.forEach((output, window) => {
      y.data[output] = window.reduce((sum, index) => sum + at(x.data, index), 0) / window.length;
    });
    return y;
  },
  gradient(inputs, outputGradient, attributes) {
    const x = given('avgPool2d', inputs, 'x');
    const dx = zeros(x.shape);
    poolingWindows('avgPool2d', x, attributes).forEach((output, window) => {
      for (const index of window) addAt(dx.data, index, at(outputGradient.data, output) / window.length);
    });
    return { x: dx };
  },
};
