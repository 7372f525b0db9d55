import { OptionError } from '../core/errors.ts';
import { checkPadding, checkPair, windowGeometry } from '../core/geometry.ts';
import { activationStep } from './activation.ts';
import type { Attributes, Reference, Tensor64, Tensors64 } from './reference.ts';
import { addAt, addMultiple, at, dot, given, sizes4, zeros } from './tensor.ts';

/**
 * z[n, oy, ox, k] = bias[k] + sum over ky, kx, c of x[n, iy, ix, g C/groups + c] filter[ky, kx, c, k], y = activation(z), where
 * iy = oy stride - top + ky dilation, ix alike, x is 0 outside the image, and g = floor(k / (K / groups)).
 *
 * Gradient: each product x filter adds dz filter to dx and dz x to the filter's gradient; the bias's is the sum of dz.
 */
export const conv2d: Reference = {
  forward(inputs, attributes) {
    return activationStep('conv2d', attributes).forward(convolve(inputs, attributes));
  },
  gradient(inputs, outputGradient, attributes) {
    const { x, filter, forEachTap, channelsPerGroup, outputs, firstChannel } = convolutionOf(inputs, attributes);
    const dz = activationStep('conv2d', attributes).gradient(convolve(inputs, attributes), outputGradient);
    const dx = zeros(x.shape);
    const dFilter = zeros(filter.shape);
    forEachTap((outputPixel, imagePixel, tap) => {
      for (let k = 0; k < outputs; k++) {
        const slope = at(dz.data, outputPixel + k);
        const image = imagePixel + firstChannel(k);
        addMultiple(channelsPerGroup, dx.data, image, 1, slope, filter.data, tap + k, outputs);
        addMultiple(channelsPerGroup, dFilter.data, tap + k, outputs, slope, x.data, image, 1);
      }
    });
    const gradients: Record<string, Tensor64> = { x: dx, filter: dFilter };
    if (inputs.bias) {
      const dBias = zeros(inputs.bias.shape);
      for (let i = 0; i < dz.data.length; i++) addAt(dBias.data, i % outputs, at(dz.data, i));
      gradients.bias = dBias;
    }
    return gradients;
  },
};

function convolve(inputs: Tensors64, attributes: Attributes): Tensor64 {
  const { x, filter, outputShape, forEachTap, channelsPerGroup, outputs, firstChannel } = convolutionOf(inputs, attributes);
  const z = zeros(outputShape);
  if (inputs.bias) for (let i = 0; i < z.data.length; i++) z.data[i] = at(inputs.bias.data, i % outputs);
  forEachTap((outputPixel, imagePixel, tap) => {
    for (let k = 0; k < outputs; k++)
      addAt(
        z.data,
        outputPixel + k,
        dot(channelsPerGroup, x.data, imagePixel + firstChannel(k), 1, filter.data, tap + k, outputs),
      );
  });
  return z;
}

interface Convolution {
  readonly x: Tensor64;
  readonly filter: Tensor64;
  readonly outputShape: readonly number[];
  /** C / groups */
  readonly channelsPerGroup: number;
  /** K */
  readonly outputs: number;
  /** The first channel of x that output channel k sees. */
  firstChannel(k: number): number;
  /** Visits each n, oy, ox, ky, kx whose iy, ix lies in the image, by the flat indices of channel 0 in y, in x and in the filter. */
  forEachTap(visit: (outputPixel: number, imagePixel: number, tap: number) => void): void;
}

function convolutionOf(inputs: Tensors64, attributes: Attributes): Convolution {
  const x = given('conv2d', inputs, 'x');
  const filter = given('conv2d', inputs, 'filter');
  const [batch, height, width, channels] = sizes4('conv2d: x', x);
  const [kernelHeight, kernelWidth, channelsPerGroup, outputs] = sizes4('conv2d: filter', filter);
  const groups = attributes.groups ?? 1;
  if (typeof groups !== 'number' || channelsPerGroup * groups !== channels || outputs % groups !== 0)
    throw new OptionError(
      `conv2d: ${String(groups)} groups of ${channelsPerGroup} channels do not make the ${channels} of x, ` +
        `or do not divide the ${outputs} outputs`,
    );
  const g = windowGeometry(
    'conv2d',
    [height, width],
    [kernelHeight, kernelWidth],
    checkPair('conv2d', 'strides', attributes.strides ?? [1, 1]),
    checkPadding('conv2d', attributes.padding ?? 'valid'),
    checkPair('conv2d', 'dilations', attributes.dilations ?? [1, 1]),
  );
  const outputsPerGroup = outputs / groups;
  const firstChannels = Array.from({ length: outputs }, (_, k) => Math.floor(k / outputsPerGroup) * channelsPerGroup);
  return {
    x,
    filter,
    outputShape: [batch, g.outputHeight, g.outputWidth, outputs],
    channelsPerGroup,
    outputs,
    firstChannel: (k) => firstChannels[k] ?? 0,
    forEachTap(visit) {
      for (let n = 0; n < batch; n++)
        for (let oy = 0; oy < g.outputHeight; oy++)
          for (let ox = 0; ox < g.outputWidth; ox++)
            for (let ky = 0; ky < kernelHeight; ky++)
              for (let kx = 0; kx < kernelWidth; kx++) {
                const iy = oy * g.strideHeight - g.top + ky * g.dilationHeight;
                const ix = ox * g.strideWidth - g.left + kx * g.dilationWidth;
                if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue;
                visit(
                  ((n * g.outputHeight + oy) * g.outputWidth + ox) * outputs,
                  ((n * height + iy) * width + ix) * channels,
                  (ky * kernelWidth + kx) * channelsPerGroup * outputs,
                );
              }
    },
  };
}
