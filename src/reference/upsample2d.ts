import type { Attributes, Reference, Tensor64 } from './reference.ts';
import { addAt, at, given, sizes4, zeros } from './tensor.ts';

/** y[n, oy, ox, c] = x[n, floor(oy / fy), floor(ox / fx), c]; attribute `factor` is [fy, fx], or a number for both. dx sums the copies' dy. */
export const upsample2d: Reference = {
  forward(inputs, attributes) {
    const x = given('upsample2d', inputs, 'x');
    const [batch, height, width, channels] = sizes4('upsample2d: x', x);
    const [down, across] = factorOf(attributes);
    const y = zeros([batch, height * down, width * across, channels]);
    forEachCopy(x, attributes, (from, to) => {
      y.data[to] = at(x.data, from);
    });
    return y;
  },
  gradient(inputs, outputGradient, attributes) {
    const dx = zeros(given('upsample2d', inputs, 'x').shape);
    forEachCopy(dx, attributes, (from, to) => {
      addAt(dx.data, from, at(outputGradient.data, to));
    });
    return { x: dx };
  },
};

function factorOf({ factor }: Attributes): [number, number] {
  const [down, across] = Array.isArray(factor) ? factor : [factor, factor];
  return [Number(down), Number(across)];
}

function forEachCopy(x: Tensor64, attributes: Attributes, visit: (from: number, to: number) => void): void {
  const [batch, height, width, channels] = sizes4('upsample2d: x', x);
  const [down, across] = factorOf(attributes);
  for (let n = 0; n < batch; n++)
    for (let oy = 0; oy < height * down; oy++)
      for (let ox = 0; ox < width * across; ox++)
        for (let c = 0; c < channels; c++)
          visit(
            ((n * height + Math.floor(oy / down)) * width + Math.floor(ox / across)) * channels + c,
            ((n * height * down + oy) * width * across + ox) * channels + c,
          );
}
