import type { Reference } from './reference.ts';
import { addAt, at, given, sizes4, zeros } from './tensor.ts';

/** y[n, c] = the mean of x[n, :, :, c]; dx[n, h, w, c] = dy[n, c] / (H W). */
export const globalAvgPool2d: Reference = {
  forward(inputs) {
    const x = given('globalAvgPool2d', inputs, 'x');
    const [batch, height, width, channels] = sizes4('globalAvgPool2d: x', x);
    const y = zeros([batch, channels]);
    for (let n = 0; n < batch; n++)
      for (let pixel = 0; pixel < height * width; pixel++)
        for (let c = 0; c < channels; c++)
          addAt(y.data, n * channels + c, at(x.data, (n * height * width + pixel) * channels + c) / (height * width));
    return y;
  },
  gradient(inputs, outputGradient) {
    const x = given('globalAvgPool2d', inputs, 'x');
    const [batch, height, width, channels] = sizes4('globalAvgPool2d: x', x);
    const dx = zeros(x.shape);
    for (let n = 0; n < batch; n++)
      for (let pixel = 0; pixel < height * width; pixel++)
        for (let c = 0; c < channels; c++)
          dx.data[(n * height * width + pixel) * channels + c] = at(outputGradient.data, n * channels + c) / (height * width);
    return { x: dx };
  },
};
