import { elements } from '../../src/core/value.ts';
import { references } from '../../src/reference/index.ts';
import type { Attributes, Reference, Tensor64, Tensors64 } from '../../src/reference/reference.ts';
import { at, sizes2, sizes4 } from '../../src/reference/tensor.ts';
import { fusedActivation } from './activation-bounds.ts';
import { absolute, type Bound, type Expectation, exact, expectation, mapRecord, stored } from './expectation.ts';
import { DIVISION, errorOfSum, quantumOf, storing, sumError, TINY, UNIT } from './rounding.ts';

/** How many products each sum of a layer adds up: of an output, and of the gradient of each input. */
type Terms = (inputs: Tensors64, output: Tensor64, attributes: Attributes) => Record<'output' | string, number>;

/**
 * conv2d and dense: z = sum x w + bias, y = f(z). The magnitude of a sum is the same operation on absolute values. The gradients are
 * sums of products of dz, which comes with f's error, with w, x or 1.
 */
function linearLayer(op: 'conv2d' | 'conv2dTranspose' | 'dense', weightsName: string, terms: Terms): Bound {
  const reference = references[op] as Reference;
  const quantum = (...factors: (Tensor64 | undefined)[]) =>
    factors.reduce((product, factor) => product * (factor ? quantumOf(factor.data) : 1), 1);
  const sums = (inputs: Tensors64, attributes: Attributes): Expectation => {
    const z = reference.forward(inputs, attributes);
    const magnitude = reference.forward(mapRecord(inputs, absolute), attributes);
    const ofProducts = quantum(inputs.x, inputs[weightsName]);
    const ofAll = inputs.bias ? Math.min(ofProducts, quantum(inputs.bias)) : ofProducts;
    const { output = 0 } = terms(inputs, z, attributes);
    return expectation(z, (_, i) => errorOfSum(output, at(magnitude.data, i), ofAll));
  };
  return {
    output(inputs, attributes) {
      const { bound, options, separate } = fusedActivation(attributes);
      const z = sums(inputs, { ...attributes, activation: undefined });
      return stored(bound.output(separate ? stored(z) : z, options));
    },
    gradients(inputs, outputGradient, attributes) {
      const { bound, options, separate } = fusedActivation(attributes);
      const unactivated = { ...attributes, activation: undefined };
      const z = separate ? stored(sums(inputs, unactivated)) : sums(inputs, unactivated);
      const gradientOfSum = bound.gradient(z, outputGradient, options);
      const dz = attributes.activation === undefined ? gradientOfSum : stored(gradientOfSum);
      const lengths = terms(inputs, z, attributes);
      const magnitudes = mapRecord(inputs, absolute);
      const magnitude = reference.gradient(magnitudes, absolute(dz), unactivated);
      const inherited = dz.error.some((error) => error > 0)
        ? reference.gradient(magnitudes, { shape: dz.shape, data: dz.error }, unactivated)
        : undefined;
      const factors: Record<string, Tensor64 | undefined> = { x: inputs[weightsName], [weightsName]: inputs.x };
      return mapRecord(reference.gradient(inputs, dz, unactivated), (gradient, name) => {
        const unit = quantum(dz, factors[name]);
        const own = magnitude[name] ?? gradient;
        const ofActivation = inherited?.[name];
        const result = expectation(gradient, (_, i) => {
          const carried = ofActivation ? at(ofActivation.data, i) : 0;
          return errorOfSum(lengths[name] ?? 0, at(own.data, i) + carried, unit) + carried;
        });
        // The gradients of parameters are float32 in any precision.
        return name === 'x' ? stored(result) : result;
      });
    },
  };
}

export const conv2d = linearLayer('conv2d', 'filter', (inputs, output, attributes) => {
  const [height, width, channelsPerGroup, outputs] = sizes4('filter', inputs.filter as Tensor64);
  const pixels = elements(output.shape) / outputs;
  const outputsPerGroup = outputs / Number(attributes.groups ?? 1);
  return { output: height * width * channelsPerGroup + 1, x: height * width * outputsPerGroup, filter: pixels, bias: pixels };
});

export const conv2dTranspose = linearLayer('conv2dTranspose', 'filter', (inputs, output, attributes) => {
  const [height, width, outputsPerGroup, channels] = sizes4('filter', inputs.filter as Tensor64);
  const groups = Number(attributes.groups ?? 1);
  const taps = height * width;
  return {
    output: (taps * channels) / groups + 1,
    x: taps * outputsPerGroup,
    filter: elements((inputs.x as Tensor64).shape) / channels,
    bias: elements(output.shape) / (outputsPerGroup * groups),
  };
});

export const dense = linearLayer('dense', 'weights', (inputs) => {
  const [inputSize, outputSize] = sizes2('weights', inputs.weights as Tensor64);
  const [batch] = sizes2('x', inputs.x as Tensor64);
  return { output: inputSize + 1, x: outputSize, weights: batch, bias: batch };
});

/** Sums of products; the gradient of a factor that is broadcast is a sum of such sums. */
export const matmul: Bound = {
  output(inputs, attributes) {
    const reference = references.matmul as Reference;
    const magnitude = reference.forward(mapRecord(inputs, absolute), attributes);
    const shape = (inputs.a as Tensor64).shape;
    const terms = (attributes.transposeA ? shape.at(-2) : shape.at(-1)) ?? 1;
    return stored(expectation(reference.forward(inputs, attributes), (_, i) => sumError(terms) * at(magnitude.data, i) + TINY));
  },
  gradients(inputs, outputGradient, attributes) {
    const reference = references.matmul as Reference;
    const magnitude = reference.gradient(mapRecord(inputs, absolute), absolute(outputGradient), attributes);
    const products = productsOf(inputs, outputGradient, attributes);
    return mapRecord(reference.gradient(inputs, outputGradient, attributes), (gradient, name) => {
      const own = magnitude[name] ?? gradient;
      // The sums of a batch are stored before they are added.
      const error = (i: number) => (2 * sumError(products / gradient.data.length) + storing(1, 0)) * at(own.data, i) + TINY;
      return stored(expectation(gradient, (_, i) => error(i)));
    });
  },
};

/** Products of all sums. */
function productsOf(inputs: Tensors64, output: Tensor64, attributes: Attributes): number {
  const { shape } = inputs.a as Tensor64;
  return output.data.length * ((attributes.transposeA ? shape.at(-2) : shape.at(-1)) ?? 1);
}

/** The windows that an element lies in, at most: how many terms a pooling's gradient adds up. */
function overlap(attributes: Attributes): number {
  const [height = 1, width = 1] = attributes.size as number[];
  const [down = height, across = width] = (attributes.strides ?? []) as number[];
  return Math.ceil(height / down) * Math.ceil(width / across);
}

/** The maximum is exact, its gradient a sum of output gradients. */
export const maxPool2d: Bound = {
  output: (inputs, attributes) => expectation((references.maxPool2d as Reference).forward(inputs, attributes), () => 0),
  gradients(inputs, outputGradient, attributes) {
    const reference = references.maxPool2d as Reference;
    const magnitude = reference.gradient(inputs, absolute(outputGradient), attributes).x as Tensor64;
    const quantum = quantumOf(outputGradient.data);
    return mapRecord(reference.gradient(inputs, outputGradient, attributes), (gradient) =>
      stored(expectation(gradient, (_, i) => errorOfSum(overlap(attributes), at(magnitude.data, i), quantum))),
    );
  },
};

/** Each element wins at most one window. */
export const globalMaxPool2d: Bound = {
  output: (inputs) => exact((references.globalMaxPool2d as Reference).forward(inputs, {})),
  gradients: (inputs, outputGradient) =>
    mapRecord((references.globalMaxPool2d as Reference).gradient(inputs, outputGradient, {}), exact),
};

/** A mean: a sum, then a division or a product with a rounded reciprocal; in the gradient the division comes first. */
function averaging(op: 'avgPool2d' | 'globalAvgPool2d', terms: (x: Tensor64, attributes: Attributes) => [number, number]): Bound {
  const reference = references[op] as Reference;
  const scaled = (tensor: Tensor64, magnitude: Tensor64, count: number) =>
    stored(expectation(tensor, (_, i) => (sumError(count) + DIVISION + 2 * UNIT) * at(magnitude.data, i)));
  return {
    output(inputs, attributes) {
      const magnitude = reference.forward(mapRecord(inputs, absolute), attributes);
      return scaled(reference.forward(inputs, attributes), magnitude, terms(inputs.x as Tensor64, attributes)[0]);
    },
    gradients(inputs, outputGradient, attributes) {
      const magnitude = reference.gradient(inputs, absolute(outputGradient), attributes);
      return mapRecord(reference.gradient(inputs, outputGradient, attributes), (gradient, name) =>
        scaled(gradient, magnitude[name] ?? gradient, terms(inputs.x as Tensor64, attributes)[1]),
      );
    },
  };
}

export const avgPool2d = averaging('avgPool2d', (_x, attributes) => {
  const [height = 1, width = 1] = attributes.size as number[];
  return [height * width, overlap(attributes)];
});

export const globalAvgPool2d = averaging('globalAvgPool2d', (x) => {
  const [, height, width] = sizes4('x', x);
  return [height * width, 1];
});
