import {
  activation,
  avgPool2d,
  batchNorm,
  branch,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAvgPool2d,
  join,
  type Layer,
  type LayerType,
  type Model,
  maxPool2d,
  merge,
  repeat,
  reshape,
  residual,
  tap,
} from '../../src/node.ts';

/** A layer among what it needs around it, and what is to be known of them all, worked out by hand. */
export interface LayerCase {
  readonly title: string;
  readonly input: Model['input'];
  readonly layers: readonly Layer[];
  readonly output: readonly number[];
  readonly parameters?: number;
  /** Besides the input's. */
  readonly activations?: number;
  readonly macs?: number;
  /** The most activations alive at once. */
  readonly peak: number;
}

const same = { padding: 'same' } as const;

/** Cases of every layer type: one without does not compile. */
export const layerCases: { readonly [T in LayerType]: readonly [LayerCase, ...LayerCase[]] } = {
  conv2d: [
    {
      title: 'strided, padded on its sides, in groups',
      input: [7, 6, 4],
      layers: [conv2d(6, [3, 2], { strides: [2, 1], padding: [1, 0, 2, 1], groups: 2, activation: 'relu' })],
      output: [3, 8, 6],
      parameters: 3 * 2 * 2 * 6 + 6,
      activations: 3 * 8 * 6,
      macs: 3 * 8 * 6 * 3 * 2 * 2,
      peak: 7 * 6 * 4 + 3 * 8 * 6,
    },
    {
      title: 'twice with shared weights, a normalisation of its own after each',
      input: [5, 5, 4],
      layers: [conv2d(4, 3, { ...same, shared: 'w' }), batchNorm(), conv2d(4, 3, { ...same, shared: 'w' }), batchNorm()],
      output: [5, 5, 4],
      parameters: 9 * 4 * 4 + 4 + 2 * 8,
      activations: 2 * 100,
      macs: 2 * 100 * 36,
      peak: 200,
    },
    {
      title: 'frozen, under one that is trained',
      input: [5, 5, 2],
      layers: [conv2d(4, 3, { trainable: false, activation: 'tanh' }), conv2d(2, 1)],
      output: [3, 3, 2],
      parameters: 9 * 2 * 4 + 4 + 4 * 2 + 2,
      activations: 36 + 18,
      macs: 36 * 18 + 18 * 4,
      peak: 50 + 36,
    },
  ],
  depthwiseConv2d: [
    {
      title: 'two filters a channel, without bias',
      input: [5, 6, 3],
      layers: [depthwiseConv2d(3, { multiplier: 2, bias: false, weightDecay: 0.1 })],
      output: [3, 4, 6],
      parameters: 9 * 6,
      activations: 72,
      macs: 72 * 9,
      peak: 90 + 72,
    },
  ],
  maxPool2d: [
    {
      title: 'overlapping',
      input: [6, 7, 3],
      layers: [maxPool2d(3, { strides: 2, ...same })],
      output: [3, 4, 3],
      activations: 36,
      peak: 126 + 36,
    },
  ],
  avgPool2d: [
    { title: 'of rows', input: [6, 4, 3], layers: [avgPool2d([1, 2])], output: [6, 2, 3], activations: 36, peak: 72 + 36 },
  ],
  globalAvgPool2d: [
    {
      title: 'of an image',
      input: [4, 5, 3],
      layers: [conv2d(3, 1), globalAvgPool2d()],
      output: [3],
      parameters: 12,
      activations: 63,
      macs: 180,
      peak: 120,
    },
  ],
  dense: [
    {
      title: 'with an activation',
      input: [7],
      layers: [dense(5, { activation: 'tanh' })],
      output: [5],
      parameters: 40,
      activations: 5,
      macs: 35,
      peak: 12,
    },
    {
      title: 'three times with shared weights, once of them in a path',
      input: [6],
      layers: [
        dense(6, { shared: 'a', activation: 'tanh', weightDecay: 0.1 }),
        branch([], [dense(6, { shared: 'a', weightDecay: 0.1 })]),
        dense(6),
        dense(6, { shared: 'a', weightDecay: 0.1 }),
      ],
      output: [6],
      parameters: 42 + 78,
      activations: 24,
      macs: 3 * 36 + 72,
      peak: 18,
    },
  ],
  flatten: [{ title: 'of an image', input: [2, 3, 4], layers: [flatten()], output: [24], peak: 24 }],
  dropout: [
    {
      title: 'of a vector',
      input: [9],
      layers: [dense(8, { activation: 'relu' }), dropout(0.4)],
      output: [8],
      parameters: 80,
      activations: 8,
      macs: 72,
      peak: 17,
    },
  ],
  batchNorm: [
    {
      title: 'of an image',
      input: [3, 4, 2],
      layers: [batchNorm({ momentum: 0.8 }), conv2d(2, 1)],
      output: [3, 4, 2],
      parameters: 4 + 6,
      activations: 24,
      macs: 48,
      peak: 48,
    },
    {
      title: 'frozen: by the running statistics, which stay, with a trained layer below',
      input: [3, 4, 2],
      layers: [conv2d(3, 1), batchNorm({ trainable: false })],
      output: [3, 4, 3],
      parameters: 9 + 6,
      activations: 36,
      macs: 72,
      peak: 24 + 36,
    },
  ],
  activation: [
    {
      title: 'of an image that is kept too',
      input: [3, 3, 2],
      layers: [branch([activation('sigmoid')], [conv2d(1, 1)])],
      output: [3, 3, 3],
      parameters: 3,
      activations: 9,
      macs: 18,
      peak: 18 + 18 + 9,
    },
  ],
  reshape: [
    {
      title: 'of a vector to an image',
      input: [12],
      layers: [reshape([2, 3, 2]), conv2d(2, 2)],
      output: [1, 2, 2],
      parameters: 18,
      activations: 4,
      macs: 32,
      peak: 16,
    },
    {
      title: 'of an image to another',
      input: [4, 3, 2],
      layers: [conv2d(2, 1), reshape([2, 2, 6])],
      output: [2, 2, 6],
      parameters: 6,
      activations: 24,
      macs: 48,
      peak: 48,
    },
  ],
  branch: [
    {
      title: 'with an identity',
      input: [3, 3, 2],
      layers: [branch([conv2d(3, 1)], [])],
      output: [3, 3, 5],
      parameters: 9,
      activations: 27,
      macs: 54,
      peak: 27 + 18 + 18,
    },
  ],
  residual: [
    {
      title: 'of two layers',
      input: [4, 4, 2],
      layers: [residual(conv2d(4, 3, same), conv2d(2, 1))],
      output: [4, 4, 2],
      parameters: 76 + 10,
      activations: 64 + 32,
      macs: 64 * 18 + 32 * 4,
      peak: 32 + 64 + 32,
    },
    {
      title: 'with a projection as its shortcut',
      input: [4, 4, 2],
      layers: [residual({ shortcut: [conv2d(5, 1, { strides: 2 })] }, conv2d(5, 3, { ...same, strides: 2 }), batchNorm())],
      output: [2, 2, 5],
      parameters: 15 + 95 + 10,
      activations: 40,
      macs: 20 * 2 + 20 * 18,
      peak: 32 + 20 + 20,
    },
  ],
  repeat: [
    {
      title: 'three times, the running statistics moved each time, the dropout drawn anew',
      input: [4, 4, 3],
      layers: [repeat(3, conv2d(3, 3, { ...same, activation: 'tanh' }), batchNorm({ momentum: 0.5 }), dropout(0.3))],
      output: [4, 4, 3],
      parameters: 81 + 3 + 6,
      activations: 3 * 48,
      macs: 3 * 48 * 27,
      peak: 96,
    },
    {
      title: 'in a repeat, with a tap inside',
      input: [5],
      layers: [repeat(2, dense(5), repeat(2, tap('x'), dense(5, { activation: 'sigmoid' }), join('x', 'add')))],
      output: [5],
      parameters: 60,
      activations: 2 * 5 + 4 * 5,
      macs: 2 * 25 + 4 * 25,
      peak: 10,
    },
  ],
  merge: [
    {
      title: 'of two paths by a product',
      input: [5],
      layers: [merge('multiply', [dense(4)], [dense(4, { activation: 'sigmoid' })])],
      output: [4],
      parameters: 48,
      activations: 8,
      macs: 40,
      peak: 5 + 4 + 4,
    },
    {
      title: 'of three paths by a sum, one the identity',
      input: [5],
      layers: [merge('add', [dense(5)], [], [dense(5, { bias: false })])],
      output: [5],
      parameters: 55,
      activations: 10,
      macs: 50,
      peak: 15,
    },
  ],
  tap: [
    {
      title: 'joined twice, once inside of a branch',
      input: [4, 4, 2],
      layers: [conv2d(3, 1), tap('a'), conv2d(3, 3, same), branch([join('a', 'add')], [conv2d(2, 1)]), join('a')],
      output: [4, 4, 8],
      parameters: 9 + 84 + 8,
      activations: 48 + 48 + 32,
      macs: 48 * 2 + 48 * 27 + 32 * 3,
      peak: 48 + 48 + 48 + 32,
    },
  ],
  join: [
    {
      title: 'of a distant layer, as a U-net does',
      input: [4, 4, 2],
      layers: [conv2d(3, 3, same), tap('high'), maxPool2d(1), conv2d(2, 1), join('high'), conv2d(2, 1)],
      output: [4, 4, 2],
      parameters: 57 + 8 + 12,
      activations: 48 + 48 + 32 + 32,
      macs: 48 * 18 + 32 * 3 + 32 * 5,
      peak: 48 + 48 + 32,
    },
    {
      title: 'of what the layer before it reads too, as dense networks do',
      input: [3, 3, 2],
      layers: [tap('x'), conv2d(3, 1), join('x'), tap('y'), conv2d(2, 1), join('y')],
      output: [3, 3, 7],
      parameters: 9 + 12,
      activations: 27 + 18,
      macs: 54 + 90,
      // Both times the tap is copied behind what the convolution makes.
      peak: 45 + 18 + 45,
    },
  ],
};
