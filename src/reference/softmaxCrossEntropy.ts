import { DataError } from '../core/errors.ts';
import { gradientsOfLosses, reduced } from './reduction.ts';
import type { Reference, Tensor64, Tensors64 } from './reference.ts';
import { softmax } from './softmax.ts';
import { addAt, at, given, numberAttribute, sizes2, zeros } from './tensor.ts';

/**
 * The mean or sum (attribute `reduction` ['mean']) over the rows n, or with 'none' of each, of -sum_k t[n, k] log p[n, k], p = softmax(logits), computed as
 * sum_k t ((m - z_k) + log sum_i e^(z_i - m)), m = max z, which is right however large z is.
 * t = (1 - s) onehot(label) + s / K, s = attribute `labelSmoothing` [0].
 *
 * Gradient: (p - t) dy / rows for each logit, without the division for the sum and for 'none'; the labels have none.
 */
export const softmaxCrossEntropy: Reference = {
  forward(inputs, attributes) {
    const { logits, width, labels, rows } = batchOf(inputs);
    const smoothing = numberAttribute('softmaxCrossEntropy', attributes, 'labelSmoothing', 0);
    const losses = new Float64Array(rows);
    labels.forEach((label, n) => {
      const z = logits.data.subarray(n * width, (n + 1) * width);
      const largest = z.reduce((a, b) => Math.max(a, b));
      const logSum = Math.log(z.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
      for (let k = 0; k < width; k++) {
        const share = target(label, k, width, smoothing);
        // A class without a share may have a logit of -Infinity.
        if (share !== 0) addAt(losses, n, share * (largest - at(z, k) + logSum));
      }
    });
    return reduced('softmaxCrossEntropy', attributes, losses);
  },
  gradient(inputs, outputGradient, attributes) {
    const { logits, width, labels, rows } = batchOf(inputs);
    const smoothing = numberAttribute('softmaxCrossEntropy', attributes, 'labelSmoothing', 0);
    const probabilities = softmax.forward({ x: logits }, {});
    const dy = gradientsOfLosses('softmaxCrossEntropy', attributes, rows, outputGradient);
    const gradient = zeros(logits.shape);
    labels.forEach((label, n) => {
      for (let k = 0; k < width; k++) {
        const difference = at(probabilities.data, n * width + k) - target(label, k, width, smoothing);
        gradient.data[n * width + k] = difference * at(dy, n);
      }
    });
    return { logits: gradient };
  },
};

function target(label: number, k: number, classes: number, smoothing: number): number {
  return (k === label ? 1 - smoothing : 0) + smoothing / classes;
}

function batchOf(inputs: Tensors64): { logits: Tensor64; width: number; labels: Float64Array; rows: number } {
  const logits = given('softmaxCrossEntropy', inputs, 'logits');
  const labels = given('softmaxCrossEntropy', inputs, 'labels').data;
  const [, width] = sizes2('softmaxCrossEntropy: logits', logits);
  labels.forEach((label, n) => {
    if (!Number.isInteger(label) || label < 0 || label >= width)
      throw new DataError(`softmaxCrossEntropy: label ${n} is ${label}; it must be a class from 0 to ${width - 1}`);
  });
  return { logits, width, labels, rows: labels.length };
}
