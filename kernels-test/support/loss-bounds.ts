import { references } from '../../src/reference/index.ts';
import type { Reference, Tensor64 } from '../../src/reference/reference.ts';
import { at, numberAttribute, sizes2 } from '../../src/reference/tensor.ts';
import { activationBounds } from './activation-bounds.ts';
import { type Bound, type Expectation, exact, expectation, stored } from './expectation.ts';
import { DIVISION, exponential, logarithm, storing, sumError, UNIT } from './rounding.ts';

/** A gradient that the loss stores before it is multiplied by the loss's own, `factor`, and stored again. */
function storedTwice(gradient: Expectation, factor: number): Expectation {
  const size = Math.abs(factor);
  const error = gradient.error.map((own, i) => own + size * storing(at(gradient.data, i) / size, own / size));
  return stored({ ...gradient, error });
}

/**
 * A row's loss is log S + m - sum t z with S = sum exp(z - m), m = max z. S has the relative error of the weighted exponentials and
 * of its sum, which the logarithm turns into an absolute one, beside its own; m, each t z and the result are rounded (three roundings
 * for the factors of t). The mean adds that of a sum and a division.
 */
export const softmaxCrossEntropy: Bound = {
  output(inputs, attributes) {
    const reference = references.softmaxCrossEntropy as Reference;
    const loss = reference.forward(inputs, attributes);
    const logits = inputs.logits as Tensor64;
    const labels = (inputs.labels as Tensor64).data;
    const smoothing = numberAttribute('softmaxCrossEntropy', attributes, 'labelSmoothing', 0);
    const [batch, width] = sizes2('logits', logits);
    const rows = labels.length;
    const probabilities = (references.softmax as Reference).forward({ x: logits }, {});
    let total = 0;
    for (let n = 0; n < batch; n++) {
      const z = logits.data.subarray(n * width, (n + 1) * width);
      const largest = Math.max(...z);
      let sum = 0;
      let ofSum = sumError(width);
      let products = 0;
      z.forEach((logit, k) => {
        sum += Math.exp(logit - largest);
        ofSum += at(probabilities.data, n * width + k) * (exponential(logit - largest) + UNIT * Math.abs(logit - largest));
        products += Math.abs(logit) * ((k === at(labels, n) ? 1 - smoothing : 0) + smoothing / width);
      });
      const ofLogarithm = ofSum + logarithm(Math.log(sum));
      total += ofLogarithm + (3 * UNIT + sumError(width)) * products + 4 * UNIT * (Math.abs(largest) + Math.log(sum));
    }
    const ofMean = (sumError(batch) + DIVISION) * at(loss.data, 0);
    return expectation(loss, () => (total / rows) * (1 + sumError(batch)) + ofMean);
  },
  /** (p - t) dy / rows: p's error, three roundings of t and one of the difference, a product and a division. */
  gradients(inputs, outputGradient, attributes) {
    const reference = references.softmaxCrossEntropy as Reference;
    const gradient = reference.gradient(inputs, outputGradient, attributes).logits as Tensor64;
    const labels = (inputs.labels as Tensor64).data;
    const rows = labels.length;
    const p = activationBounds.softmax.output(exact(inputs.logits as Tensor64), {});
    const logits = expectation(gradient, (value, i) => {
      const difference = at(p.error, i) + 4 * UNIT * (at(p.data, i) + 1);
      return (Math.abs(at(outputGradient.data, 0)) * difference) / rows + (2 * UNIT + DIVISION) * Math.abs(value);
    });
    return { logits: storedTwice(logits, at(outputGradient.data, 0)) };
  },
};

/** A mean of squares, each with one rounding of the difference (twice) and one of the square; the gradient is a product of four. */
export const meanSquaredError: Bound = {
  output(inputs, attributes) {
    const loss = (references.meanSquaredError as Reference).forward(inputs, attributes);
    const terms = (inputs.prediction as Tensor64).data.length;
    return expectation(loss, (value) => (sumError(terms) + 3 * UNIT + DIVISION) * value);
  },
  gradients(inputs, outputGradient, attributes) {
    const { prediction, target } = (references.meanSquaredError as Reference).gradient(inputs, outputGradient, attributes);
    const error = (value: number) => (4 * UNIT + DIVISION) * Math.abs(value);
    const twice = (gradient: Tensor64) => storedTwice(expectation(gradient, error), at(outputGradient.data, 0));
    return { prediction: twice(prediction as Tensor64), target: twice(target as Tensor64) };
  },
};
