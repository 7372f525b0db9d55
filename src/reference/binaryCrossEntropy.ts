import { DataError } from '../core/errors.ts';
import { gradientsOfLosses, reduced } from './reduction.ts';
import type { Reference, Tensor64, Tensors64 } from './reference.ts';
import { at, given, map } from './tensor.ts';

/**
 * The mean or sum (attribute `reduction` ['mean']) over the samples, or with 'none' of each, of -log sigmoid(z) where the label is 1 and -log(1 - sigmoid(z))
 * where it is 0, computed as max(-z, 0) or max(z, 0), plus log(1 + exp(-|z|)).
 *
 * Gradient: (sigmoid(z) - label) dy / samples, without the division for the sum and for 'none'; the labels have none.
 */
export const binaryCrossEntropy: Reference = {
  forward(inputs, attributes) {
    const { logits, labels } = batchOf(inputs);
    const losses = logits.data.map((z, n) => Math.max(at(labels, n) === 1 ? -z : z, 0) + Math.log1p(Math.exp(-Math.abs(z))));
    return reduced('binaryCrossEntropy', attributes, losses);
  },
  gradient(inputs, outputGradient, attributes) {
    const { logits, labels } = batchOf(inputs);
    const dy = gradientsOfLosses('binaryCrossEntropy', attributes, labels.length, outputGradient);
    // 1 / (1 + exp(-z)) - 1 = -1 / (1 + exp(z)), which loses nothing where z is large.
    return { logits: map(logits, (z, n) => (at(labels, n) === 1 ? -1 / (1 + Math.exp(z)) : 1 / (1 + Math.exp(-z))) * at(dy, n)) };
  },
};

function batchOf(inputs: Tensors64): { logits: Tensor64; labels: Float64Array } {
  const labels = given('binaryCrossEntropy', inputs, 'labels').data;
  labels.forEach((label, n) => {
    if (label !== 0 && label !== 1) throw new DataError(`binaryCrossEntropy: label ${n} is ${label}; it must be 0 or 1`);
  });
  return { logits: given('binaryCrossEntropy', inputs, 'logits'), labels };
}
