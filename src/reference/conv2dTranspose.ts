import { OptionError, ShapeError } from '../core/errors.ts';
import { checkPadding, checkPair } from '../core/geometry.ts';
import { activationStep } from './activation.ts';
import type { Attributes, Reference, Tensor64, Tensors64 } from './reference.ts';
import { addAt, at, given, sizes4, zeros } from './tensor.ts';

/**
 * Each x[n, iy, ix, i] is spread over the window of z at (iy, ix): z[n, oy, ox, o] += x filter[ky, kx, o', i], where
 * oy = iy stride - top + ky dilation, ox alike, o is in i's group and o' its number there; z = bias[o] besides, y = activation(z). What
 * falls outside z is lost. The height of z is H stride ('same', which takes the rows before from the window's surplus, halved), H stride
 * plus the surplus of the window over the stride ('valid'), or (H - 1) stride + window - top - bottom.
 *
 * Gradient: each product x filter that lies in z adds dz filter to dx and dz x to the filter's gradient; the bias's is the sum of dz.
 */
export const conv2dTranspose: Reference = {
  forward(inputs, attributes) {
    return activationStep('conv2dTranspose', attributes).forward(spread(inputs, attributes));
  },
  gradient(inputs, outputGradient, attributes) {
    const { x, filter, forEachProduct } = productsOf(inputs, attributes);
    const dz = activationStep('conv2dTranspose', attributes).gradient(spread(inputs, attributes), outputGradient);
    const [dx, dFilter] = [zeros(x.shape), zeros(filter.shape)];
    forEachProduct((from, tap, to) => {
      addAt(dx.data, from, at(dz.data, to) * at(filter.data, tap));
      addAt(dFilter.data, tap, at(dz.data, to) * at(x.data, from));
    });
    const gradients: Record<string, Tensor64> = { x: dx, filter: dFilter };
    if (inputs.bias) {
      const dBias = zeros(inputs.bias.shape);
      dz.data.forEach((value, i) => {
        addAt(dBias.data, i % dBias.data.length, value);
      });
      gradients.bias = dBias;
    }
    return gradients;
  },
};

function spread(inputs: Tensors64, attributes: Attributes): Tensor64 {
  const { x, filter, outputShape, forEachProduct } = productsOf(inputs, attributes);
  const z = zeros(outputShape);
  const { bias } = inputs;
  if (bias) for (let i = 0; i < z.data.length; i++) z.data[i] = at(bias.data, i % bias.data.length);
  forEachProduct((from, tap, to) => {
    addAt(z.data, to, at(x.data, from) * at(filter.data, tap));
  });
  return z;
}

function productsOf(inputs: Tensors64, attributes: Attributes) {
  const x = given('conv2dTranspose', inputs, 'x');
  const filter = given('conv2dTranspose', inputs, 'filter');
  const [batch, height, width, channels] = sizes4('conv2dTranspose: x', x);
  const [windowHeight, windowWidth, outputsPerGroup, inputChannels] = sizes4('conv2dTranspose: filter', filter);
  const groups = Number(attributes.groups ?? 1);
  if (inputChannels !== channels || channels % groups !== 0)
    throw new OptionError(`conv2dTranspose: ${groups} groups and a filter for ${inputChannels} channels do not suit ${channels}`);
  const strides = checkPair('conv2dTranspose', 'strides', attributes.strides ?? [1, 1]);
  const dilations = checkPair('conv2dTranspose', 'dilations', attributes.dilations ?? [1, 1]);
  const padding = checkPadding('conv2dTranspose', attributes.padding ?? 'valid');
  /** Rows that are cut off before, and rows that stay. */
  const axis = (index: 0 | 1, size: number, window: number): [number, number] => {
    const extent = (window - 1) * dilations[index] + 1;
    const surplus = Math.max(extent - strides[index], 0);
    if (padding === 'same') return [Math.floor(surplus / 2), size * strides[index]];
    if (padding === 'valid') return [0, size * strides[index] + surplus];
    const [before = 0, after = 0] = padding.slice(2 * index);
    return [before, (size - 1) * strides[index] + extent - before - after];
  };
  const [top, outputHeight] = axis(0, height, windowHeight);
  const [left, outputWidth] = axis(1, width, windowWidth);
  if (outputHeight < 1 || outputWidth < 1) throw new ShapeError('conv2dTranspose: padding leaves nothing of the result');
  const outputs = outputsPerGroup * groups;
  const inputsPerGroup = channels / groups;
  return {
    x,
    filter,
    outputShape: [batch, outputHeight, outputWidth, outputs],
    /** Visits each product by the flat indices of its factors and of where it goes. */
    forEachProduct(visit: (from: number, tap: number, to: number) => void) {
      for (let pixel = 0; pixel < batch * height * width; pixel++) {
        const [n, iy, ix] = [Math.floor(pixel / (height * width)), Math.floor(pixel / width) % height, pixel % width];
        for (let window = 0; window < windowHeight * windowWidth; window++) {
          const oy = iy * strides[0] - top + Math.floor(window / windowWidth) * dilations[0];
          const ox = ix * strides[1] - left + (window % windowWidth) * dilations[1];
          if (oy < 0 || oy >= outputHeight || ox < 0 || ox >= outputWidth) continue;
          const to = ((n * outputHeight + oy) * outputWidth + ox) * outputs;
          for (let o = 0; o < outputsPerGroup; o++)
            for (let i = 0; i < channels; i++)
              visit(
                pixel * channels + i,
                (window * outputsPerGroup + o) * channels + i,
                to + Math.floor(i / inputsPerGroup) * outputsPerGroup + o,
              );
        }
      }
    },
  };
}
