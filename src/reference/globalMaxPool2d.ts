import type { Reference, Tensor64, Tensors64 } from './reference.ts';
import { addAt, at, given, sizes4, zeros } from './tensor.ts';

/** y[n, c] = the largest of x[n, :, :, c], which takes dy: the first in row-major order where several are equal. NaN is larger than any number. */
export const globalMaxPool2d: Reference = {
  forward(inputs) {
    const { x, y, winners } = winnersOf(inputs);
    winners.forEach((winner, i) => {
      y.data[i] = at(x.data, winner);
    });
    return y;
  },
  gradient(inputs, outputGradient) {
    const { x, winners } = winnersOf(inputs);
    const dx = zeros(x.shape);
    winners.forEach((winner, i) => {
      addAt(dx.data, winner, at(outputGradient.data, i));
    });
    return { x: dx };
  },
};

function winnersOf(inputs: Tensors64): { x: Tensor64; y: Tensor64; winners: number[] } {
  const x = given('globalMaxPool2d', inputs, 'x');
  const [batch, height, width, channels] = sizes4('globalMaxPool2d: x', x);
  const y = zeros([batch, channels]);
  const winners = Array.from(y.data, (_, i) => {
    const first = Math.floor(i / channels) * height * width * channels + (i % channels);
    let best = first;
    for (let pixel = 1; pixel < height * width; pixel++) {
      const index = first + pixel * channels;
      if (at(x.data, index) > at(x.data, best) || Number.isNaN(at(x.data, index))) best = index;
    }
    return best;
  });
  return { x, y, winners };
}
