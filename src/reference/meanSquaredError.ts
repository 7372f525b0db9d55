import type { Reference } from './reference.ts';
import { at, given, map } from './tensor.ts';

/** The mean over all M elements of (prediction - target)^2; the gradients are 2 (prediction - target) dy / M and its negative. */
export const meanSquaredError: Reference = {
  forward(inputs) {
    const prediction = given('meanSquaredError', inputs, 'prediction').data;
    const target = given('meanSquaredError', inputs, 'target').data;
    const sum = prediction.reduce((total, p, i) => total + (p - at(target, i)) ** 2, 0);
    return { shape: [], data: Float64Array.of(sum / prediction.length) };
  },
  gradient(inputs, outputGradient) {
    const prediction = given('meanSquaredError', inputs, 'prediction');
    const target = given('meanSquaredError', inputs, 'target').data;
    const factor = (2 * at(outputGradient.data, 0)) / prediction.data.length;
    const gradient = map(prediction, (p, i) => factor * (p - at(target, i)));
    return { prediction: gradient, target: map(gradient, (value) => -value) };
  },
};
