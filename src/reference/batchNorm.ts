import { ShapeError } from '../core/errors.ts';
import type { Attributes, Reference, Tensor64, Tensors64 } from './reference.ts';
import { addAt, at, given, numberAttribute, rowsOf, zeros } from './tensor.ts';

/**
 * Per channel c (the last axis), over the M rows that all other axes make:
 * xhat = (x - mean) r with r = 1 / sqrt(variance + epsilon), y = scale xhat + offset.
 * Without the inputs mean and variance they are the batch's: mean = sum x / M, variance = sum (x - mean)^2 / M.
 *
 * Gradient: the offset's is sum dy, the scale's is sum dy xhat; with given statistics dx = scale r dy, and with the batch's,
 * which depend on x too, dx = scale r (dy - sum dy / M - xhat sum (dy xhat) / M)  (Ioffe and Szegedy 2015, section 3).
 */
export const batchNorm: Reference = {
  forward(inputs, attributes) {
    const { x, width, normalised } = normalise(inputs, attributes);
    const scale = given('batchNorm', inputs, 'scale');
    const offset = given('batchNorm', inputs, 'offset');
    const y = zeros(x.shape);
    for (let i = 0; i < x.data.length; i++)
      y.data[i] = at(scale.data, i % width) * at(normalised.data, i) + at(offset.data, i % width);
    return y;
  },
  gradient(inputs, outputGradient, attributes) {
    const { x, rows, width, normalised, reciprocal, fromBatch } = normalise(inputs, attributes);
    const scale = given('batchNorm', inputs, 'scale');
    const dScale = zeros(scale.shape);
    const dOffset = zeros(given('batchNorm', inputs, 'offset').shape);
    for (let i = 0; i < x.data.length; i++) {
      addAt(dScale.data, i % width, at(outputGradient.data, i) * at(normalised.data, i));
      addAt(dOffset.data, i % width, at(outputGradient.data, i));
    }
    const dx = zeros(x.shape);
    for (let i = 0; i < x.data.length; i++) {
      const c = i % width;
      const throughStatistics = fromBatch ? (at(dOffset.data, c) + at(normalised.data, i) * at(dScale.data, c)) / rows : 0;
      dx.data[i] = at(scale.data, c) * at(reciprocal, c) * (at(outputGradient.data, i) - throughStatistics);
    }
    return { x: dx, scale: dScale, offset: dOffset };
  },
};

interface Normalised {
  readonly x: Tensor64;
  readonly rows: number;
  readonly width: number;
  /** xhat */
  readonly normalised: Tensor64;
  /** r, one a channel */
  readonly reciprocal: Float64Array;
  readonly fromBatch: boolean;
}

function normalise(inputs: Tensors64, attributes: Attributes): Normalised {
  const x = given('batchNorm', inputs, 'x');
  const [rows, width] = rowsOf('batchNorm: x', x);
  const epsilon = numberAttribute('batchNorm', attributes, 'epsilon', 1e-3);
  if (!inputs.mean !== !inputs.variance) throw new ShapeError('batchNorm: give both mean and variance, or neither');
  const statistics = inputs.mean && inputs.variance && { mean: inputs.mean.data, variance: inputs.variance.data };
  const { mean, variance } = statistics ?? batchStatistics(x.data, rows, width);
  const reciprocal = variance.map((v) => 1 / Math.sqrt(v + epsilon));
  const normalised = zeros(x.shape);
  for (let i = 0; i < x.data.length; i++) normalised.data[i] = (at(x.data, i) - at(mean, i % width)) * at(reciprocal, i % width);
  return { x, rows, width, normalised, reciprocal, fromBatch: !statistics };
}

function batchStatistics(x: Float64Array, rows: number, width: number): { mean: Float64Array; variance: Float64Array } {
  const mean = new Float64Array(width);
  const variance = new Float64Array(width);
  for (let i = 0; i < x.length; i++) addAt(mean, i % width, at(x, i) / rows);
  for (let i = 0; i < x.length; i++) addAt(variance, i % width, (at(x, i) - at(mean, i % width)) ** 2 / rows);
  return { mean, variance };
}
