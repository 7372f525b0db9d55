import type { Shape } from '../../src/core/value.ts';
import { references } from '../../src/reference/index.ts';
import { divisorOf } from '../../src/reference/reduction.ts';
import type { Reference, Tensor64, Tensors64 } from '../../src/reference/reference.ts';
import { at, numberAttribute, sizes2 } from '../../src/reference/tensor.ts';
import { activationBounds } from './activation-bounds.ts';
import { type Bound, type Expectation, exact, expectation, mapRecord, stored } from './expectation.ts';
import { DIVISION, exponential, LOG1P, storing, sumError, TINY, UNIT } from './rounding.ts';

/** Without a reduction, what holds for each sample as the sum of a batch of one. */
function orEach(bound: Bound): Bound {
  const part = (tensor: Tensor64, n: number): Tensor64 => {
    const [batch = 1, ...rest] = tensor.shape;
    const width = tensor.data.length / batch;
    return { shape: [1, ...rest], data: tensor.data.slice(n * width, (n + 1) * width) };
  };
  const parts = <T>(inputs: Tensors64, each: (own: Tensors64, n: number) => T): T[] => {
    const batch = Object.values(inputs)[0]?.shape[0] ?? 1;
    return Array.from({ length: batch }, (_, n) =>
      each(
        mapRecord(inputs, (tensor) => part(tensor, n)),
        n,
      ),
    );
  };
  const joined = (shape: Shape, own: readonly Expectation[]): Expectation => ({
    shape,
    data: Float64Array.from(own.flatMap(({ data }) => [...data])),
    error: Float64Array.from(own.flatMap(({ error }) => [...error])),
  });
  return {
    output(inputs, attributes) {
      if (attributes.reduction !== 'none') return bound.output(inputs, attributes);
      const found = parts(inputs, (own) => bound.output(own, { ...attributes, reduction: 'sum' }));
      return joined([found.length], found);
    },
    gradients(inputs, outputGradient, attributes) {
      if (attributes.reduction !== 'none') return bound.gradients(inputs, outputGradient, attributes);
      const found = parts(inputs, (own, n) =>
        bound.gradients(own, { shape: [], data: outputGradient.data.slice(n, n + 1) }, { ...attributes, reduction: 'sum' }),
      );
      return mapRecord(found[0] ?? {}, (_, name) =>
        joined(
          inputs[name]?.shape ?? [],
          found.map((own) => own[name] as Expectation),
        ),
      );
    },
  };
}

/** A gradient that the loss stores before it is multiplied by the loss's own, `factor`, and stored again. */
function storedTwice(gradient: Expectation, factor: number): Expectation {
  const size = Math.abs(factor);
  const error = gradient.error.map((own, i) => own + size * storing(at(gradient.data, i) / size, own / size));
  return stored({ ...gradient, error });
}

/**
 * A row's loss is log1p(S) + (1 - s) (m - z[label]) + s mean(m - z), with m = max z and S = sum exp(z - m) but for one largest z: no term is
 * negative, so that each adds its relative error. S has that of the weighted exponentials and of its sum, of which the logarithm takes the
 * part S / (1 + S). m - z[label] is rounded, its factor three times more; the mean also has the errors of a sum and of 1 / K. The
 * row's sum has two roundings, and the mean over the rows adds the errors of a sum and a division.
 */
export const softmaxCrossEntropy: Bound = orEach({
  output(inputs, attributes) {
    const reference = references.softmaxCrossEntropy as Reference;
    const loss = reference.forward(inputs, attributes);
    const logits = inputs.logits as Tensor64;
    const labels = (inputs.labels as Tensor64).data;
    const smoothing = numberAttribute('softmaxCrossEntropy', attributes, 'labelSmoothing', 0);
    const [batch, width] = sizes2('logits', logits);
    const rows = divisorOf('softmaxCrossEntropy', attributes, labels.length);
    let total = 0;
    for (let n = 0; n < batch; n++) {
      const z = logits.data.subarray(n * width, (n + 1) * width);
      const largest = z.reduce((a, b) => Math.max(a, b));
      const first = z.indexOf(largest);
      let sum = 0;
      let ofSum = TINY * width;
      let mean = 0;
      z.forEach((logit, k) => {
        const below = largest - logit;
        mean += below / width;
        if (k === first) return;
        sum += Math.exp(-below);
        ofSum += Math.exp(-below) * (exponential(below) + UNIT * below + sumError(width));
      });
      const atLabel = (1 - smoothing) * (largest - at(z, at(labels, n)));
      const logarithm = Math.log1p(sum);
      const smoothed = smoothing * mean;
      total += ofSum / (1 + sum) + LOG1P * logarithm + 4 * UNIT * atLabel + (5 * UNIT + DIVISION + sumError(width)) * smoothed;
      total += 2 * UNIT * (logarithm + atLabel + smoothed);
    }
    const ofMean = (sumError(batch) + DIVISION) * at(loss.data, 0);
    return expectation(loss, () => (total / rows) * (1 + sumError(batch)) + ofMean);
  },
  /** (p - t) dy / rows: p's error, three roundings of t and one of the difference, a product and a division. */
  gradients(inputs, outputGradient, attributes) {
    const reference = references.softmaxCrossEntropy as Reference;
    const gradient = reference.gradient(inputs, outputGradient, attributes).logits as Tensor64;
    const labels = (inputs.labels as Tensor64).data;
    const rows = divisorOf('softmaxCrossEntropy', attributes, labels.length);
    const p = activationBounds.softmax.output(exact(inputs.logits as Tensor64), {});
    const logits = expectation(gradient, (value, i) => {
      const difference = at(p.error, i) + 4 * UNIT * (at(p.data, i) + 1);
      return (Math.abs(at(outputGradient.data, 0)) * difference) / rows + (2 * UNIT + DIVISION) * Math.abs(value);
    });
    return { logits: storedTwice(logits, at(outputGradient.data, 0)) };
  },
});

/** A mean of squares, each with one rounding of the difference (twice) and one of the square; the gradient is a product of four. */
export const meanSquaredError: Bound = orEach({
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
});

/**
 * With u = z for label 0 and -z for label 1, exactly, and e = exp(-|u|), which may be flushed to 0: a sample's loss is
 * max(u, 0) + log1p(e): the logarithm turns e's error into an absolute one (1 + e >= 1) beside its own; then a rounding. The mean adds
 * the errors of a sum and a division.
 */
export const binaryCrossEntropy: Bound = orEach({
  output(inputs, attributes) {
    const loss = (references.binaryCrossEntropy as Reference).forward(inputs, attributes);
    const { data } = inputs.logits as Tensor64;
    const labels = (inputs.labels as Tensor64).data;
    let total = 0;
    data.forEach((z, n) => {
      const u = at(labels, n) === 1 ? -z : z;
      const e = Math.exp(-Math.abs(z));
      const log = Math.log1p(e);
      total += e * exponential(z) + TINY + LOG1P * log + UNIT * (Math.max(u, 0) + log);
    });
    const divisor = divisorOf('binaryCrossEntropy', attributes, data.length);
    return expectation(
      loss,
      (value) => (total / divisor) * (1 + sumError(data.length)) + (sumError(data.length) + DIVISION) * value,
    );
  },
  /** sigmoid(u) dy / samples: e in the numerator and in 1 + e, that sum's rounding, three products and two divisions. */
  gradients(inputs, outputGradient, attributes) {
    const { logits } = (references.binaryCrossEntropy as Reference).gradient(inputs, outputGradient, attributes);
    const { data } = inputs.logits as Tensor64;
    const error = (value: number, n: number) =>
      (2 * exponential(at(data, n)) + 4 * UNIT + 2 * DIVISION) * Math.abs(value) +
      4 * TINY * Math.max(1, Math.abs(at(outputGradient.data, 0)));
    return { logits: storedTwice(expectation(logits as Tensor64, error), at(outputGradient.data, 0)) };
  },
});
