import { divisorOf } from './reduction.ts';
import type { Attributes, Reference, Tensor64 } from './reference.ts';
import { at, given, map } from './tensor.ts';

/**
 * The mean over all M elements of (prediction - target)^2, or, with the attribute `reduction` 'sum', that times the rows: the sum
 * over the samples of each one's mean. The gradients are 2 (prediction - target) dy / M, times the rows for the sum, and its negative.
 */
export const meanSquaredError: Reference = {
  forward(inputs, attributes) {
    const prediction = given('meanSquaredError', inputs, 'prediction');
    const target = given('meanSquaredError', inputs, 'target').data;
    const sum = prediction.data.reduce((total, p, i) => total + (p - at(target, i)) ** 2, 0);
    return { shape: [], data: Float64Array.of(sum / divisor(prediction, attributes)) };
  },
  gradient(inputs, outputGradient, attributes) {
    const prediction = given('meanSquaredError', inputs, 'prediction');
    const target = given('meanSquaredError', inputs, 'target').data;
    const factor = (2 * at(outputGradient.data, 0)) / divisor(prediction, attributes);
    const gradient = map(prediction, (p, i) => factor * (p - at(target, i)));
    return { prediction: gradient, target: map(gradient, (value) => -value) };
  },
};

function divisor({ shape, data }: Tensor64, attributes: Attributes): number {
  const rows = shape[0] ?? 1;
  return (data.length / rows) * divisorOf('meanSquaredError', attributes, rows);
}
