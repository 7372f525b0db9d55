import type { CaseTable } from './case.ts';
import { type ConvolutionSpec, transposedConvolution } from './linear.ts';

const essential: readonly ConvolutionSpec[] = [
  { x: [3, 4, 5, 3], window: [3, 3], outputs: 4, strides: [2, 2], padding: 'same', activation: 'relu', bias: true },
  { x: [1, 4, 3, 5], window: [2, 3], outputs: 2, strides: [2, 1] },
  { x: [3, 4, 4, 4], window: [3, 3], outputs: 6, groups: 2, padding: [1, 0, 1, 2], activation: 'tanh', bias: true },
];

const further: readonly ConvolutionSpec[] = [
  { x: [1, 1, 1, 1], window: [1, 1], outputs: 1, bias: true },
  { x: [3, 7, 7, 8], window: [2, 2], outputs: 4, strides: [2, 2], bias: true },
  { x: [2, 5, 6, 3], window: [4, 4], outputs: 5, strides: [2, 2], padding: 'same', activation: 'sigmoid', bias: true },
  { x: [3, 5, 4, 2], window: [3, 3], outputs: 3, padding: 'same', activation: { type: 'leakyRelu', slope: 0.2 }, bias: true },
  // A stride larger than the window leaves pixels that only the bias reaches.
  { x: [1, 3, 4, 3], window: [2, 2], outputs: 4, strides: [3, 4], bias: true },
  { x: [1, 3, 4, 3], window: [1, 2], outputs: 4, strides: [3, 4], padding: 'same', activation: 'relu', bias: true },
  { x: [3, 4, 3, 4], window: [3, 2], outputs: 5, dilations: [2, 3], padding: [1, 1, 0, 2], bias: true },
  { x: [1, 5, 5, 4], window: [3, 3], outputs: 4, groups: 4, strides: [2, 2], padding: 'same', bias: true },
  { x: [1, 4, 4, 6], window: [3, 3], outputs: 3, groups: 3, strides: [2, 2] },
  { x: [2, 3, 3, 16], window: [3, 3], outputs: 32, strides: [2, 2], padding: 'same', activation: 'softmax', bias: true },
  { x: [50, 3, 3, 2], window: [5, 5], outputs: 1, strides: [2, 2], padding: [2, 1, 2, 1] },
];

export const conv2dTransposeCases = (): CaseTable => ({
  essential: essential.map(transposedConvolution),
  further: further.map(transposedConvolution),
});
