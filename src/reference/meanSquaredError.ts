import { gradientsOfLosses, reduced } from './reduction.ts';
import type { Reference, Tensor64, Tensors64 } from './reference.ts';
import { addAt, at, given, map } from './tensor.ts';

/**
 * The mean over all M elements of (prediction - target)^2, or, with the attribute `reduction` 'sum', that times the rows: the sum
 * over the samples of each one's mean; with 'none' the mean of each. The gradients are 2 (prediction - target) dy / M, times the rows for
 * the sum and for 'none', and its negative.
 */
export const meanSquaredError: Reference = {
  forward(inputs, attributes) {
    const { prediction, target, rows, width } = batchOf(inputs);
    const losses = new Float64Array(rows);
    prediction.data.forEach((p, i) => {
      addAt(losses, Math.floor(i / width), (p - at(target, i)) ** 2 / width);
    });
    return reduced('meanSquaredError', attributes, losses);
  },
  gradient(inputs, outputGradient, attributes) {
    const { prediction, target, rows, width } = batchOf(inputs);
    const dy = gradientsOfLosses('meanSquaredError', attributes, rows, outputGradient);
    const gradient = map(prediction, (p, i) => (2 * at(dy, Math.floor(i / width)) * (p - at(target, i))) / width);
    return { prediction: gradient, target: map(gradient, (value) => -value) };
  },
};

/** The samples, and elements of each. */
function batchOf(inputs: Tensors64): { prediction: Tensor64; target: Float64Array; rows: number; width: number } {
  const prediction = given('meanSquaredError', inputs, 'prediction');
  const rows = prediction.shape[0] ?? 1;
  return { prediction, target: given('meanSquaredError', inputs, 'target').data, rows, width: prediction.data.length / rows };
}
