import { type Example, image, type Nested } from './example.ts';
import { lossExamples } from './worked-losses.ts';

function filter(rows: readonly (readonly number[])[]): Nested {
  return rows.map((row) => row.map((element) => [[element]]));
}

const [ln2, ln3] = [Math.LN2, Math.log(3)];
const oneToNine = image([
  [1, 2, 3],
  [4, 5, 6],
  [7, 8, 9],
]);
const oneToThirteen = image([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]]);
const sixOnes = filter([[1, 1, 1, 1, 1, 1]]);

/** Calls of every operation whose results were worked out by hand. */
export const examples: readonly Example[] = [
  {
    op: 'conv2d',
    says: 'does not turn the filter over',
    inputs: {
      x: oneToNine,
      filter: filter([
        [1, 0],
        [0, -1],
      ]),
      bias: [10],
    },
    output: image([
      [6, 6],
      [6, 6],
    ]),
  },
  {
    op: 'conv2d',
    says: "pads an even filter at the bottom and right, as TensorFlow's same does",
    inputs: {
      x: oneToNine,
      filter: filter([
        [1, 0],
        [0, -1],
      ]),
    },
    attributes: { padding: 'same' },
    output: image([
      [-4, -4, 3],
      [-4, -4, 6],
      [7, 8, 9],
    ]),
  },
  {
    op: 'conv2d',
    says: "drops the last columns of TensorFlow's example (13 wide, filter 6, stride 5) under valid",
    inputs: { x: oneToThirteen, filter: sixOnes },
    attributes: { strides: [1, 5], padding: 'valid' },
    output: image([[21, 51]]),
  },
  {
    op: 'conv2d',
    says: 'pads the same example by 1 on the left and 2 on the right under same',
    inputs: { x: oneToThirteen, filter: sixOnes },
    attributes: { strides: [1, 5], padding: 'same' },
    output: image([[15, 45, 46]]),
  },
  {
    op: 'conv2d',
    says: 'spreads the taps of a dilated filter',
    inputs: { x: image([[1, 2, 4, 8, 16]]), filter: filter([[1, 1, 1]]) },
    attributes: { dilations: [1, 2] },
    output: image([[21]]),
  },
  {
    op: 'conv2d',
    says: 'gives each group its own channels',
    inputs: {
      x: [[[[1, 2, 3, 4]]]],
      filter: [
        [
          [
            [1, 10],
            [100, 1000],
          ],
        ],
      ],
    },
    attributes: { groups: 2 },
    output: [[[[201, 4030]]]],
  },
  {
    op: 'conv2d',
    says: 'keeps the outputs of one channel together in a depthwise convolution with a multiplier',
    inputs: { x: [[[[1, 2]]]], filter: [[[[1, 10, 100, 1000]]]] },
    attributes: { groups: 2 },
    output: [[[[1, 10, 200, 2000]]]],
  },
  {
    op: 'conv2d',
    says: 'gives each factor the other times the output gradient',
    inputs: {
      x: image([
        [1, 2],
        [3, 4],
      ]),
      filter: filter([
        [5, 6],
        [7, 8],
      ]),
      bias: [-1],
    },
    attributes: { activation: 'relu' },
    output: image([[69]]),
    outputGradient: image([[2]]),
    gradients: {
      x: image([
        [10, 12],
        [14, 16],
      ]),
      filter: filter([
        [2, 4],
        [6, 8],
      ]),
      bias: [2],
    },
  },
  {
    op: 'dense',
    says: 'is a matrix product',
    inputs: {
      x: [[1, 2]],
      weights: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      bias: [10, 20, 30],
    },
    output: [[19, 32, 45]],
    outputGradient: [[1, 0, -1]],
    gradients: {
      x: [[-2, -2]],
      weights: [
        [1, 0, -1],
        [2, 0, -2],
      ],
      bias: [1, 0, -1],
    },
  },
  {
    op: 'dense',
    says: 'has a softmax over its outputs',
    inputs: { x: [[1]], weights: [[0, ln3]] },
    attributes: { activation: 'softmax' },
    output: [[0.25, 0.75]],
  },
  {
    op: 'maxPool2d',
    says: 'sends the gradient of equal values to the first in row-major order',
    inputs: {
      x: image([
        [4, 5],
        [5, 5],
      ]),
    },
    attributes: { size: [2, 2] },
    output: image([[5]]),
    outputGradient: image([[3]]),
    gradients: {
      x: image([
        [0, 3],
        [0, 0],
      ]),
    },
  },
  {
    op: 'maxPool2d',
    says: 'adds the gradients of windows that overlap',
    inputs: { x: image([[1, 3, 2]]) },
    attributes: { size: [1, 2], strides: [1, 1] },
    output: image([[3, 3]]),
    outputGradient: image([[1, 10]]),
    gradients: { x: image([[0, 11, 0]]) },
  },
  {
    op: 'maxPool2d',
    says: 'never takes padding for a maximum',
    inputs: { x: image([[-1]]) },
    attributes: { size: [2, 2], padding: [1, 0, 1, 0] },
    output: image([[-1]]),
  },
  {
    op: 'avgPool2d',
    says: 'does not count padding',
    inputs: { x: image([[1, 2, 6]]) },
    attributes: { size: [1, 2], padding: 'same' },
    output: image([[1.5, 6]]),
    outputGradient: image([[2, 5]]),
    gradients: { x: image([[1, 1, 5]]) },
  },
  {
    op: 'globalAvgPool2d',
    says: 'is the mean of each channel',
    inputs: {
      x: [
        [
          [
            [1, 10],
            [2, 20],
          ],
          [
            [3, 30],
            [6, 60],
          ],
        ],
      ],
    },
    output: [[3, 30]],
    outputGradient: [[8, 4]],
    gradients: {
      x: [
        [
          [
            [2, 1],
            [2, 1],
          ],
          [
            [2, 1],
            [2, 1],
          ],
        ],
      ],
    },
  },
  {
    op: 'relu',
    says: 'has no slope at 0',
    inputs: { x: [-1, 0, 2] },
    output: [0, 0, 2],
    outputGradient: [5, 5, 5],
    gradients: { x: [0, 0, 5] },
  },
  {
    op: 'leakyRelu',
    says: 'has its slope at 0',
    inputs: { x: [-4, 0, 2] },
    attributes: { slope: 0.25 },
    output: [-1, 0, 2],
    outputGradient: [8, 8, 8],
    gradients: { x: [2, 2, 8] },
  },
  { op: 'leakyRelu', says: 'has a slope of 0.01 by default', inputs: { x: [-1] }, output: [-0.01] },
  {
    op: 'sigmoid',
    says: 'is 3/4 at ln 3',
    inputs: { x: [0, ln3] },
    output: [0.5, 0.75],
    outputGradient: [16, 16],
    gradients: { x: [4, 3] },
  },
  {
    op: 'tanh',
    says: 'is 3/5 at ln 2',
    inputs: { x: [0, ln2] },
    output: [0, 0.6],
    outputGradient: [25, 25],
    gradients: { x: [25, 16] },
  },
  {
    op: 'elu',
    says: 'is -1/2 at -ln 2, and has the slope 1 at 0',
    inputs: { x: [-ln2, 0, 2] },
    output: [-0.5, 0, 2],
    outputGradient: [4, 4, 4],
    gradients: { x: [2, 4, 4] },
  },
  {
    op: 'gelu',
    says: 'weighs 1 and -1 by the normal distribution, 0.841344746 and 0.158655254',
    inputs: { x: [-1, 0, 1] },
    output: [-0.15865525393145707, 0, 0.8413447460685429],
    outputGradient: [1, 1, 1],
    gradients: { x: [-0.0833154705876863, 0.5, 1.0833154705876864] },
  },
  {
    op: 'silu',
    says: 'is 3/4 of ln 3 at ln 3',
    inputs: { x: [-ln3, 0, ln3] },
    output: [-0.25 * ln3, 0, 0.75 * ln3],
    outputGradient: [16, 16, 16],
    gradients: { x: [4 - 3 * ln3, 8, 12 + 3 * ln3] },
  },
  {
    op: 'hardSwish',
    says: 'is 0 up to -3 and x from 3 on, with their slopes',
    inputs: { x: [-4, -3, 0, 1, 3, 5] },
    output: [0, 0, 0, 2 / 3, 3, 5],
    outputGradient: [6, 6, 6, 6, 6, 6],
    gradients: { x: [0, 0, 3, 5, 6, 6] },
  },
  {
    op: 'hardSigmoid',
    says: 'is 0 up to -3 and 1 from 3 on, with no slope',
    inputs: { x: [-4, -3, 0, 1.5, 3] },
    output: [0, 0, 0.5, 0.75, 1],
    outputGradient: [6, 6, 6, 6, 6],
    gradients: { x: [0, 0, 1, 1, 0] },
  },
  {
    op: 'relu6',
    says: 'has no slope at 0 and 6',
    inputs: { x: [-1, 0, 3, 6, 8] },
    output: [0, 0, 3, 6, 6],
    outputGradient: [5, 5, 5, 5, 5],
    gradients: { x: [0, 0, 5, 0, 0] },
  },
  {
    op: 'softmax',
    says: 'is 1/4 and 3/4 for logits ln 3 apart',
    inputs: {
      x: [
        [0, ln3],
        [1000, 1000],
      ],
    },
    output: [
      [0.25, 0.75],
      [0.5, 0.5],
    ],
    outputGradient: [
      [4, 0],
      [1, 1],
    ],
    gradients: {
      x: [
        [0.75, -0.75],
        [0, 0],
      ],
    },
  },
  {
    op: 'concat',
    says: 'follows the order of the record',
    inputs: {
      b: [
        [3, 4],
        [5, 6],
      ],
      a: [[1], [2]],
    },
    output: [
      [3, 4, 1],
      [5, 6, 2],
    ],
    outputGradient: [
      [1, 2, 3],
      [4, 5, 6],
    ],
    gradients: {
      b: [
        [1, 2],
        [4, 5],
      ],
      a: [[3], [6]],
    },
  },
  {
    op: 'add',
    says: 'adds',
    inputs: { a: [1, 2], b: [3, 5] },
    output: [4, 7],
    outputGradient: [1, 2],
    gradients: { a: [1, 2], b: [1, 2] },
  },
  {
    op: 'multiply',
    says: 'multiplies',
    inputs: { a: [1, 2], b: [3, 5] },
    output: [3, 10],
    outputGradient: [1, 2],
    gradients: { a: [3, 10], b: [1, 4] },
  },
  {
    op: 'batchNorm',
    says: 'divides by the number of rows, not one less, and its gradient passes through the statistics',
    inputs: { x: [[1], [3]], scale: [2], offset: [10] },
    attributes: { epsilon: 0 },
    output: [[8], [12]],
    outputGradient: [[1], [0]],
    gradients: { x: [[0], [0]], scale: [-1], offset: [1] },
  },
  {
    op: 'batchNorm',
    says: 'takes given statistics as constants',
    inputs: { x: [[5]], scale: [2], offset: [10], mean: [1], variance: [4] },
    attributes: { epsilon: 0 },
    output: [[14]],
    outputGradient: [[3]],
    gradients: { x: [[3]], scale: [6], offset: [3] },
  },
  {
    op: 'dropout',
    says: "keeps where the generator's word (0x6b200159, 0.4184 of 2^32, for a key and counter of 0) is no less than the rate",
    inputs: { x: [6] },
    attributes: { rate: 0.4, seed: 0, step: 0 },
    output: [10],
    outputGradient: [3],
    gradients: { x: [5] },
  },
  { op: 'dropout', says: 'drops below the rate', inputs: { x: [6] }, attributes: { rate: 0.42, seed: 0, step: 0 }, output: [0] },
  {
    op: 'conv2dTranspose',
    says: 'spreads each pixel over a window, and adds up where windows overlap',
    inputs: { x: image([[1, 2]]), filter: filter([[10, 1, 3]]), bias: [100] },
    attributes: { strides: [1, 2] },
    output: image([[110, 101, 123, 102, 106]]),
    outputGradient: image([[1, 0, 2, 0, 3]]),
    gradients: { x: image([[16, 29]]), filter: filter([[5, 0, 8]]), bias: [6] },
  },
  {
    op: 'conv2dTranspose',
    says: 'gives same padding stride times the size, cut as the convolution pads it (Keras)',
    inputs: { x: image([[1, 2]]), filter: filter([[10, 1, 3]]) },
    attributes: { strides: [1, 2], padding: 'same' },
    output: image([[10, 1, 23, 2]]),
  },
  {
    op: 'conv2dTranspose',
    says: 'cuts explicit padding off the sum (PyTorch)',
    inputs: { x: image([[1, 2]]), filter: filter([[10, 1, 3]]) },
    attributes: { padding: [0, 0, 1, 1] },
    output: image([[21, 5]]),
  },
  {
    op: 'globalMaxPool2d',
    says: 'gives the gradient to the first of equals',
    inputs: { x: image([[3, 5, 5]]) },
    output: [[5]],
    outputGradient: [[2]],
    gradients: { x: image([[0, 2, 0]]) },
  },
  {
    op: 'upsample2d',
    says: 'repeats rows and columns, and sums their gradients',
    inputs: { x: image([[1, 2]]) },
    attributes: { factor: [2, 1] },
    output: image([
      [1, 2],
      [1, 2],
    ]),
    outputGradient: image([
      [1, 2],
      [10, 20],
    ]),
    gradients: { x: image([[11, 22]]) },
  },
  {
    op: 'transpose',
    says: 'turns rows into columns',
    inputs: { x: [[1, 2, 3]] },
    output: [[1], [2], [3]],
    outputGradient: [[4], [5], [6]],
    gradients: { x: [[4, 5, 6]] },
  },
  {
    op: 'prelu',
    says: 'has a slope for each channel',
    inputs: { x: [[-2, -2, 3]], slope: [0.5, 2, 7] },
    output: [[-1, -4, 3]],
    outputGradient: [[1, 10, 100]],
    gradients: { x: [[0.5, 20, 100]], slope: [-2, -20, 0] },
  },
  {
    op: 'add',
    says: 'repeats a row, whose gradient is the sum of the rows',
    inputs: {
      a: [
        [1, 2],
        [3, 4],
      ],
      b: [10, 20],
    },
    output: [
      [11, 22],
      [13, 24],
    ],
    outputGradient: [
      [1, 2],
      [3, 4],
    ],
    gradients: {
      a: [
        [1, 2],
        [3, 4],
      ],
      b: [4, 6],
    },
  },
  {
    op: 'subtract',
    says: 'subtracts',
    inputs: { a: [1, 2], b: [3, 5] },
    output: [-2, -3],
    outputGradient: [1, 2],
    gradients: { a: [1, 2], b: [-1, -2] },
  },
  {
    op: 'divide',
    says: 'divides',
    inputs: { a: [1, 6], b: [4, 2] },
    output: [0.25, 3],
    outputGradient: [1, 2],
    gradients: { a: [0.25, 1], b: [-0.0625, -3] },
  },
  {
    op: 'maximum',
    says: 'shares the gradient of equal ones',
    inputs: { a: [1, 5, 2], b: [3, 5, 1] },
    output: [3, 5, 2],
    outputGradient: [1, 2, 3],
    gradients: { a: [0, 1, 3], b: [1, 1, 0] },
  },
  {
    op: 'minimum',
    says: 'shares the gradient of equal ones',
    inputs: { a: [1, 5, 2], b: [3, 5, 1] },
    output: [1, 5, 1],
    outputGradient: [1, 2, 3],
    gradients: { a: [1, 1, 0], b: [0, 1, 3] },
  },
  {
    op: 'negative',
    says: 'turns the sign',
    inputs: { x: [1, -2] },
    output: [-1, 2],
    outputGradient: [3, 4],
    gradients: { x: [-3, -4] },
  },
  { op: 'exp', says: 'of log 2 is 2', inputs: { x: [0, ln2] }, output: [1, 2], outputGradient: [3, 4], gradients: { x: [3, 8] } },
  {
    op: 'log',
    says: 'is the natural one',
    inputs: { x: [1, 3] },
    output: [0, ln3],
    outputGradient: [3, 6],
    gradients: { x: [3, 2] },
  },
  { op: 'sqrt', says: 'takes roots', inputs: { x: [4, 9] }, output: [2, 3], outputGradient: [4, 6], gradients: { x: [1, 1] } },
  {
    op: 'abs',
    says: 'has no slope at 0',
    inputs: { x: [-2, 0, 3] },
    output: [2, 0, 3],
    outputGradient: [1, 2, 3],
    gradients: { x: [-1, 0, 3] },
  },
  {
    op: 'sum',
    says: 'counts negative axes from the last',
    inputs: {
      x: [
        [1, 2],
        [3, 4],
      ],
    },
    attributes: { axes: [-1] },
    output: [3, 7],
    outputGradient: [10, 20],
    gradients: {
      x: [
        [10, 10],
        [20, 20],
      ],
    },
  },
  {
    op: 'mean',
    says: 'keeps axes where it is asked to, and takes all of them otherwise',
    inputs: {
      x: [
        [1, 2],
        [3, 6],
      ],
    },
    attributes: { keepDims: true },
    output: [[3]],
    outputGradient: [[8]],
    gradients: {
      x: [
        [2, 2],
        [2, 2],
      ],
    },
  },
  {
    op: 'layerNorm',
    says: 'normalises the channels of each pixel',
    inputs: {
      x: [
        [1, 3],
        [7, 5],
      ],
      scale: [2, 3],
      offset: [10, 20],
    },
    attributes: { epsilon: 1e-30 },
    output: [
      [8, 23],
      [12, 17],
    ],
    outputGradient: [
      [1, 0],
      [0, 1],
    ],
    gradients: {
      x: [
        [0, 0],
        [0, 0],
      ],
      scale: [-1, -1],
      offset: [1, 1],
    },
  },
  {
    op: 'layerNorm',
    says: 'normalises each sample, with one scale and offset',
    inputs: { x: [[[1, 3]], [[5, 7]]], scale: [2], offset: [10] },
    attributes: { axes: 'sample', epsilon: 1e-30 },
    output: [[[8, 12]], [[8, 12]]],
  },
  {
    op: 'gather',
    says: 'takes rows by their numbers, and sums the gradients of one that is taken twice',
    inputs: {
      x: [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      indices: [2, 0, 2],
    },
    output: [
      [5, 6],
      [1, 2],
      [5, 6],
    ],
    outputGradient: [
      [1, 2],
      [3, 4],
      [10, 20],
    ],
    gradients: {
      x: [
        [3, 4],
        [0, 0],
        [11, 22],
      ],
    },
  },
  {
    op: 'matmul',
    says: 'multiplies row by column',
    inputs: {
      a: [[1, 2]],
      b: [
        [3, 5],
        [4, 6],
      ],
    },
    output: [[11, 17]],
    outputGradient: [[1, 10]],
    gradients: {
      a: [[53, 64]],
      b: [
        [1, 10],
        [2, 20],
      ],
    },
  },
  {
    op: 'matmul',
    says: 'transposes, and repeats a matrix for each of a batch',
    inputs: { a: [[1], [2]], b: [[[3, 4]], [[5, 6]]] },
    attributes: { transposeA: true, transposeB: true },
    output: [[[11]], [[17]]],
    outputGradient: [[[1]], [[10]]],
    gradients: { a: [[53], [64]], b: [[[1, 2]], [[10, 20]]] },
  },
  ...lossExamples,
];
