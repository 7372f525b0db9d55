import type { Attributes, Reference, Tensor64, Tensors64 } from './reference.ts';
import { addAt, at, given, numberAttribute, rowsOf, zeros } from './tensor.ts';

/**
 * Over the channels of each pixel, or with the attribute `axes` 'sample' over each sample: xhat = (x - mean) r with
 * r = 1 / sqrt(variance + epsilon) and the population variance, y = scale xhat + offset, scale and offset one a channel or one for all
 * (Ba, Kiros and Hinton 2016).
 *
 * Gradient: with d = dy scale, dx = r (d - mean d - xhat mean(d xhat)); the scale's is the sum of dy xhat, the offset's of dy.
 */
export const layerNorm: Reference = {
  forward(inputs, attributes) {
    const { normalised } = normalise(inputs, attributes);
    const [scale, offset] = [given('layerNorm', inputs, 'scale').data, given('layerNorm', inputs, 'offset').data];
    const data = normalised.data.map((value, i) => at(scale, i % scale.length) * value + at(offset, i % offset.length));
    return { shape: normalised.shape, data };
  },
  gradient(inputs, outputGradient, attributes) {
    const { x, length, normalised, reciprocals } = normalise(inputs, attributes);
    const scale = given('layerNorm', inputs, 'scale');
    const [dx, dScale, dOffset] = [zeros(x.shape), zeros(scale.shape), zeros(given('layerNorm', inputs, 'offset').shape)];
    const d = outputGradient.data.map((dy, i) => dy * at(scale.data, i % scale.data.length));
    const means = reciprocals.map(() => 0);
    const products = reciprocals.map(() => 0);
    outputGradient.data.forEach((dy, i) => {
      const group = Math.floor(i / length);
      addAt(means, group, at(d, i) / length);
      addAt(products, group, (at(d, i) * at(normalised.data, i)) / length);
      addAt(dScale.data, i % dScale.data.length, dy * at(normalised.data, i));
      addAt(dOffset.data, i % dOffset.data.length, dy);
    });
    d.forEach((value, i) => {
      const group = Math.floor(i / length);
      dx.data[i] = at(reciprocals, group) * (value - at(means, group) - at(normalised.data, i) * at(products, group));
    });
    return { x: dx, scale: dScale, offset: dOffset };
  },
};

interface Normalised {
  readonly x: Tensor64;
  /** Elements that are normalised together. */
  readonly length: number;
  /** xhat */
  readonly normalised: Tensor64;
  /** r, one a group */
  readonly reciprocals: Float64Array;
}

function normalise(inputs: Tensors64, attributes: Attributes): Normalised {
  const x = given('layerNorm', inputs, 'x');
  const [, channels] = rowsOf('layerNorm: x', x);
  const length = attributes.axes === 'sample' ? x.data.length / (x.shape[0] ?? 1) : channels;
  const epsilon = numberAttribute('layerNorm', attributes, 'epsilon', 1e-3);
  const groups = x.data.length / length;
  const normalised = zeros(x.shape);
  const reciprocals = new Float64Array(groups);
  for (let group = 0; group < groups; group++) {
    const values = x.data.subarray(group * length, (group + 1) * length);
    const mean = values.reduce((sum, value) => sum + value / length, 0);
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / length, 0);
    const reciprocal = 1 / Math.sqrt(variance + epsilon);
    reciprocals[group] = reciprocal;
    normalised.data.set(
      values.map((value) => (value - mean) * reciprocal),
      group * length,
    );
  }
  return { x, length, normalised, reciprocals };
}
