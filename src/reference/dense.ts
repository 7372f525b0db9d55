import { activationStep } from './activation.ts';
import type { Reference, Tensor64, Tensors64 } from './reference.ts';
import { addAt, at, dot, given, sizes2, zeros } from './tensor.ts';

/**
 * z[n, o] = bias[o] + sum over i of x[n, i] weights[i, o], y = activation(z).
 * Gradient: dx = dz weights^T, the weights' is x^T dz, the bias's is the sum of dz over n.
 */
export const dense: Reference = {
  forward(inputs, attributes) {
    return activationStep('dense', attributes).forward(multiplyOut(inputs));
  },
  gradient(inputs, outputGradient, attributes) {
    const x = given('dense', inputs, 'x');
    const weights = given('dense', inputs, 'weights');
    const [batch, inputSize] = sizes2('dense: x', x);
    const [, outputSize] = sizes2('dense: weights', weights);
    const dz = activationStep('dense', attributes).gradient(multiplyOut(inputs), outputGradient);
    const dx = zeros(x.shape);
    const dWeights = zeros(weights.shape);
    for (let i = 0; i < inputSize; i++) {
      for (let n = 0; n < batch; n++)
        dx.data[n * inputSize + i] = dot(outputSize, dz.data, n * outputSize, 1, weights.data, i * outputSize, 1);
      for (let o = 0; o < outputSize; o++)
        dWeights.data[i * outputSize + o] = dot(batch, dz.data, o, outputSize, x.data, i, inputSize);
    }
    const gradients: Record<string, Tensor64> = { x: dx, weights: dWeights };
    if (inputs.bias) {
      const bias = zeros(inputs.bias.shape);
      for (let n = 0; n < batch; n++) for (let o = 0; o < outputSize; o++) addAt(bias.data, o, at(dz.data, n * outputSize + o));
      gradients.bias = bias;
    }
    return gradients;
  },
};

function multiplyOut(inputs: Tensors64): Tensor64 {
  const x = given('dense', inputs, 'x');
  const weights = given('dense', inputs, 'weights');
  const [batch, inputSize] = sizes2('dense: x', x);
  const [, outputSize] = sizes2('dense: weights', weights);
  const z = zeros([batch, outputSize]);
  for (let n = 0; n < batch; n++)
    for (let o = 0; o < outputSize; o++) {
      const bias = inputs.bias ? at(inputs.bias.data, o) : 0;
      z.data[n * outputSize + o] = bias + dot(inputSize, x.data, n * inputSize, 1, weights.data, o, outputSize);
    }
  return z;
}
