import { references } from '../../src/reference/index.ts';
import type { Attributes, Reference, Tensor64, Tensors64 } from '../../src/reference/reference.ts';
import { at, numberAttribute, rowsOf } from '../../src/reference/tensor.ts';
import { type Bound, expectation, stored } from './expectation.ts';
import { DIVISION, RECIPROCAL_SQUARE_ROOT, storing, sumError, UNIT } from './rounding.ts';

/** The errors of one channel's statistics and of the values that they normalise. */
interface ChannelErrors {
  /** r = 1 / sqrt(variance + epsilon), and its relative error. */
  readonly reciprocal: number;
  readonly reciprocalError: number;
  /** xhat and its error, a row each. */
  readonly normalised: Float64Array;
  readonly normalisedError: Float64Array;
}

/**
 * The mean's error is that of a sum of M terms and a division. A deviation d = x - mean has that error and a rounding; where a kernel
 * folds the normalisation into x a + b, the roundings are of x and of mean instead, so they count by |x| + |mean|. The variance is a
 * mean of squares of deviations, which an error of the mean raises by its square alone, since they add up to 0: the sum of x^2 less
 * the square of the mean would lose far more, and is not allowed for. 1 / sqrt halves what comes in.
 */
function channelErrors(inputs: Tensors64, attributes: Attributes, channel: number): ChannelErrors {
  const x = inputs.x as Tensor64;
  const [rows, width] = rowsOf('batchNorm: x', x);
  const epsilon = numberAttribute('batchNorm', attributes, 'epsilon', 1e-3);
  const values = Float64Array.from({ length: rows }, (_, row) => at(x.data, row * width + channel));
  const average = (data: Float64Array) => data.reduce((sum, value) => sum + value / rows, 0);
  const given = inputs.mean && inputs.variance;
  const mean = given ? at((inputs.mean as Tensor64).data, channel) : average(values);
  const deviations = values.map((value) => value - mean);
  const meanError = given ? 0 : (sumError(rows) + DIVISION) * average(values.map(Math.abs));
  const deviationErrors = values.map((value) => meanError + 3 * UNIT * (Math.abs(value) + Math.abs(mean)));
  const variance = given ? at((inputs.variance as Tensor64).data, channel) : average(deviations.map((d) => d * d));
  const varianceError = given ? 0 : meanError ** 2 + (sumError(rows) + 3 * UNIT + DIVISION) * variance;
  const reciprocal = 1 / Math.sqrt(variance + epsilon);
  const reciprocalError = (varianceError * reciprocal ** 2) / 2 + 2 * UNIT + RECIPROCAL_SQUARE_ROOT;
  return {
    reciprocal,
    reciprocalError,
    normalised: deviations.map((d) => d * reciprocal),
    normalisedError: deviations.map(
      (d, i) => reciprocal * (at(deviationErrors, i) + (Math.abs(d) + at(deviationErrors, i)) * (reciprocalError + UNIT)),
    ),
  };
}

function allChannels(inputs: Tensors64, attributes: Attributes): ChannelErrors[] {
  const [, width] = rowsOf('batchNorm: x', inputs.x as Tensor64);
  return Array.from({ length: width }, (_, channel) => channelErrors(inputs, attributes, channel));
}

export const batchNorm: Bound = {
  /** y = scale xhat + offset: xhat's error, a product and a sum. */
  output(inputs, attributes) {
    const y = (references.batchNorm as Reference).forward(inputs, attributes);
    const channels = allChannels(inputs, attributes);
    const width = channels.length;
    const scale = (inputs.scale as Tensor64).data;
    const offset = (inputs.offset as Tensor64).data;
    const result = expectation(y, (_, i) => {
      const { normalised, normalisedError } = channels[i % width] as ChannelErrors;
      const row = Math.floor(i / width);
      const product = Math.abs(at(scale, i % width)) * (at(normalisedError, row) + 2 * UNIT * Math.abs(at(normalised, row)));
      return product + 2 * UNIT * Math.abs(at(offset, i % width));
    });
    return stored(result);
  },
  /**
   * The offset's gradient is a sum of dy, the scale's of dy xhat. dx = scale r t with t = dy - A - xhat B, A and B those sums over M:
   * their errors and xhat's, three roundings of t's terms, and r's relative error with three more.
   */
  gradients(inputs, outputGradient, attributes) {
    const gradients = (references.batchNorm as Reference).gradient(inputs, outputGradient, attributes);
    const channels = allChannels(inputs, attributes);
    const width = channels.length;
    const rows = outputGradient.data.length / width;
    const fromBatch = !inputs.mean;
    const perChannel = channels.map((channel, c) => {
      const totals = { dy: 0, dyMagnitude: 0, product: 0, productMagnitude: 0, inherited: 0 };
      for (let row = 0; row < rows; row++) {
        const dy = at(outputGradient.data, row * width + c);
        totals.dy += dy;
        totals.dyMagnitude += Math.abs(dy);
        totals.product += dy * at(channel.normalised, row);
        totals.productMagnitude += Math.abs(dy * at(channel.normalised, row));
        totals.inherited += Math.abs(dy) * at(channel.normalisedError, row);
      }
      const offsetError = sumError(rows) * totals.dyMagnitude;
      const scaleError = totals.inherited + sumError(rows) * (totals.productMagnitude + totals.inherited);
      return { ...totals, offsetError, scaleError };
    });
    const dx = expectation(gradients.x as Tensor64, (value, i) => {
      const c = i % width;
      const row = Math.floor(i / width);
      const { reciprocal, reciprocalError, normalised, normalisedError } = channels[c] as ChannelErrors;
      const factor = Math.abs(at((inputs.scale as Tensor64).data, c)) * reciprocal;
      const ofFactor = Math.abs(value) * (reciprocalError + 3 * UNIT);
      if (!fromBatch) return ofFactor;
      const { dy, product, offsetError, scaleError } = perChannel[c] as (typeof perChannel)[number];
      const [xhat, xhatError] = [Math.abs(at(normalised, row)), at(normalisedError, row)];
      const [a, b] = [Math.abs(dy) / rows, Math.abs(product) / rows];
      const aError = offsetError / rows + DIVISION * a;
      const bError = scaleError / rows + DIVISION * b;
      const roundings = 3 * UNIT * (Math.abs(at(outputGradient.data, i)) + a + xhat * b);
      const tError = aError + (xhat + xhatError) * bError + b * xhatError + roundings;
      return ofFactor + factor * (1 + reciprocalError) * tError;
    });
    return {
      x: stored(dx),
      scale: expectation(gradients.scale as Tensor64, (_, c) => perChannel[c]?.scaleError ?? 0),
      offset: expectation(gradients.offset as Tensor64, (_, c) => perChannel[c]?.offsetError ?? 0),
    };
  },
};

/** A layer normalisation sees as batch normalisation's channels what is normalised together: rows of x, turned into columns. */
function groupErrors(inputs: Tensors64, attributes: Attributes): { length: number; groups: ChannelErrors[] } {
  const x = inputs.x as Tensor64;
  const length = x.data.length / (attributes.axes === 'sample' ? (x.shape[0] ?? 1) : x.data.length / (x.shape.at(-1) ?? 1));
  const count = x.data.length / length;
  const data = x.data.map((_, i) => at(x.data, (i % count) * length + Math.floor(i / count)));
  const turned: Tensors64 = { x: { shape: [length, count], data } };
  return { length, groups: Array.from({ length: count }, (_, group) => channelErrors(turned, attributes, group)) };
}

export const layerNorm: Bound = {
  /** y = scale xhat + offset: the error of xhat as it is stored, a product and a sum. */
  output(inputs, attributes) {
    const { length, groups } = groupErrors(inputs, attributes);
    const [scale, offset] = [(inputs.scale as Tensor64).data, (inputs.offset as Tensor64).data];
    const result = expectation((references.layerNorm as Reference).forward(inputs, attributes), (_, i) => {
      const { normalised, normalisedError } = groups[Math.floor(i / length)] as ChannelErrors;
      const [xhat, own] = [at(normalised, i % length), at(normalisedError, i % length)];
      const error = own + storing(xhat, own) + 2 * UNIT * Math.abs(xhat);
      return Math.abs(at(scale, i % scale.length)) * error + 2 * UNIT * Math.abs(at(offset, i % offset.length));
    });
    return stored(result);
  },
  /**
   * The offset's gradient is a sum of dy, the scale's of dy xhat. With d = dy scale, rounded and stored, dx = r (d - A - xhat B), A and B
   * the means of d and d xhat: the errors of their sums, divisions and factors, those of the three terms, and r's with two roundings more.
   */
  gradients(inputs, outputGradient, attributes) {
    const gradients = (references.layerNorm as Reference).gradient(inputs, outputGradient, attributes);
    const { length, groups } = groupErrors(inputs, attributes);
    const scale = (inputs.scale as Tensor64).data;
    const xhatOf = (i: number): [number, number] => {
      const { normalised, normalisedError } = groups[Math.floor(i / length)] as ChannelErrors;
      const [xhat, own] = [at(normalised, i % length), at(normalisedError, i % length)];
      return [xhat, own + storing(xhat, own)];
    };
    const dOf = (i: number): [number, number] => {
      const d = at(outputGradient.data, i) * at(scale, i % scale.length);
      const own = UNIT * Math.abs(d);
      return [d, own + storing(d, own)];
    };
    const channels = scale.length;
    const terms = outputGradient.data.length / channels;
    const offsetErrors = new Float64Array(channels);
    const scaleErrors = new Float64Array(channels);
    outputGradient.data.forEach((dy, i) => {
      const [xhat, xhatError] = xhatOf(i);
      const c = i % channels;
      offsetErrors[c] = at(offsetErrors, c) + sumError(terms) * Math.abs(dy);
      scaleErrors[c] = at(scaleErrors, c) + Math.abs(dy) * (xhatError + (sumError(terms) + UNIT) * (Math.abs(xhat) + xhatError));
    });
    const perGroup = groups.map((_, group) => {
      const means = { a: 0, aError: 0, b: 0, bError: 0 };
      for (let i = group * length; i < (group + 1) * length; i++) {
        const [d, dError] = dOf(i);
        const [xhat, xhatError] = xhatOf(i);
        const relative = sumError(length) + DIVISION + UNIT;
        const product = Math.abs(d * xhat);
        const productError = Math.abs(d) * xhatError + Math.abs(xhat) * dError + dError * xhatError;
        means.a += d / length;
        means.aError += (dError + relative * (Math.abs(d) + dError)) / length;
        means.b += (d * xhat) / length;
        means.bError += (productError + relative * (product + productError)) / length;
      }
      return means;
    });
    const dx = expectation(gradients.x as Tensor64, (value, i) => {
      const { reciprocal, reciprocalError } = groups[Math.floor(i / length)] as ChannelErrors;
      const { a, aError, b, bError } = perGroup[Math.floor(i / length)] as (typeof perGroup)[number];
      const [d, dError] = dOf(i);
      const [xhat, xhatError] = xhatOf(i);
      const roundings = 3 * UNIT * (Math.abs(d) + Math.abs(a) + Math.abs(xhat * b));
      const error = dError + aError + (Math.abs(xhat) + xhatError) * bError + Math.abs(b) * xhatError + roundings;
      return Math.abs(value) * (reciprocalError + 2 * UNIT) + reciprocal * (1 + reciprocalError) * error;
    });
    return {
      x: stored(dx),
      scale: stored(expectation(gradients.scale as Tensor64, (_, c) => at(scaleErrors, c))),
      offset: stored(expectation(gradients.offset as Tensor64, (_, c) => at(offsetErrors, c))),
    };
  },
};

/** 1 / (1 - rate) by one side in float32, from a rate rounded to it: that rounding counts by rate / (1 - rate); then a division and two products. */
function dropoutError(attributes: Attributes): number {
  const rate = numberAttribute('dropout', attributes, 'rate');
  return UNIT * (rate / (1 - rate)) + DIVISION + 3 * UNIT;
}

export const dropout: Bound = {
  output: (inputs, attributes) =>
    stored(
      expectation((references.dropout as Reference).forward(inputs, attributes), (y) => dropoutError(attributes) * Math.abs(y)),
    ),
  gradients: (inputs, outputGradient, attributes) => ({
    x: stored(
      expectation(
        (references.dropout as Reference).gradient(inputs, outputGradient, attributes).x as Tensor64,
        (dx) => dropoutError(attributes) * Math.abs(dx),
      ),
    ),
  }),
};
