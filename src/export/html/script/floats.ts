import { elements } from '../../../core/value.ts';
import type { ExportGraph, ExportOperation, ExportTensor } from '../../../deploy/operations.ts';
import { activated } from './activations.ts';
import { channelShuffle, concat, imageOf, pairwise, upsample2d } from './elementwise.ts';
import { layerNorm, softmax } from './normalisation.ts';
import { conv2d, conv2dTranspose, dense, pool } from './windows.ts';

/** A network in float32, each sum in float64: from one sample as the network sees it to its output. */
export function floatNetwork({ input, output, operations }: ExportGraph): (x: Float32Array) => Float32Array {
  const values = new Map<ExportTensor, Float32Array>();
  const valuesOf = (tensor: ExportTensor): Float32Array => {
    const value = values.get(tensor) ?? new Float32Array(elements(tensor.shape));
    values.set(tensor, value);
    return value;
  };
  const steps = operations.map((operation) => {
    const [x = new Float32Array(), ...others] = operation.inputs.map(valuesOf);
    // The same elements in the same order.
    if (operation.type === 'reshape') values.set(operation.output, x);
    const y = valuesOf(operation.output);
    return stepOf(operation, x, others, y);
  });
  return (x) => {
    valuesOf(input).set(x);
    for (const step of steps) step();
    return valuesOf(output).slice();
  };
}

const itself = (sum: number) => sum;

/** What computes y, once for each sample. */
function stepOf(operation: ExportOperation, x: Float32Array, others: readonly Float32Array[], y: Float32Array): () => void {
  const [shape = [], beside = []] = operation.inputs.map((tensor) => tensor.shape);
  switch (operation.type) {
    case 'conv2d':
      return () => conv2d(operation.window, operation.groups, operation.filter, operation.bias?.data, x, 0, y, itself);
    case 'conv2dTranspose':
      return () => conv2dTranspose(operation.window, operation.groups, operation.filter, operation.bias?.data, x, y);
    case 'dense':
      return () => dense(operation.weights, operation.bias?.data, x, 0, y, itself);
    case 'maxPool2d':
    case 'avgPool2d':
      return () => pool(operation.type, operation.window, x, y, (sum, count) => sum / count);
    case 'scaleOffset': {
      const [scale, offset] = [operation.scale.data, operation.offset.data];
      return () => {
        for (let i = 0; i < x.length; i++) {
          const c = i % scale.length;
          y[i] = (x[i] as number) * (scale[c] as number) + (offset[c] as number);
        }
      };
    }
    case 'layerNorm':
      return () => layerNorm(operation, x, y);
    case 'prelu': {
      const slopes = operation.slope.data;
      return () => {
        for (let i = 0; i < x.length; i++) {
          const value = x[i] as number;
          y[i] = value > 0 ? value : value * (slopes[i % slopes.length] as number);
        }
      };
    }
    case 'activation':
      return () => activated(operation.activation, x, y);
    case 'softmax':
      return () => softmax(imageOf(shape)[2], x, y);
    case 'concat':
      return () =>
        concat(
          [x, ...others],
          operation.inputs.map((tensor) => tensor.shape),
          y,
        );
    case 'add':
    case 'multiply': {
      const shapes = { a: shape, b: beside, y: operation.output.shape };
      return () => pairwise(x, others[0] ?? x, y, shapes, operation.type === 'add' ? (a, b) => a + b : (a, b) => a * b);
    }
    case 'upsample2d':
      return () => upsample2d(operation.factor, x, shape, y);
    case 'channelShuffle':
      return () => channelShuffle(operation.groups, x, shape, y);
    case 'reshape':
      return () => {};
  }
}
