import { describe, expect, test, vi } from 'vitest';
import type { Operator } from '../src/import/onnx/importer.ts';
import { operators } from '../src/import/onnx/operators/registry.ts';
import {
  activation,
  avgPool2d,
  batchNorm,
  branch,
  channelShuffle,
  conv2d,
  conv2dTranspose,
  DataError,
  decodeOnnx,
  dense,
  depthwiseConv2d,
  dropout,
  encodeOnnx,
  flatten,
  gate,
  globalAvgPool2d,
  globalMaxPool2d,
  join,
  type Layer,
  type LayerType,
  layerNorm,
  type Model,
  maxPool2d,
  merge,
  model,
  prelu,
  repeat,
  reshape,
  residual,
  tap,
  upsample2d,
} from '../src/node.ts';
import { drawnInput, drawnWeights } from './support/exported-models.ts';
import { difference } from './support/inference64.ts';
import { OnnxGraph } from './support/onnx-graph.ts';
import { inputValue, ours, runOnnx, runReference } from './support/onnx-judge.ts';

const same = { padding: 'same' } as const;

/** What leaves an image [4, 6, 8] whose elements an ONNX file has in another order. */
const IMAGES: Readonly<Record<string, readonly Layer[]>> = {
  shuffle: [conv2d(8, 1), channelShuffle(2)],
  'two shuffles': [conv2d(8, 1), channelShuffle(2), channelShuffle(4)],
  'shuffle beside a convolution': [conv2d(4, 1), branch([channelShuffle(2)], [conv2d(4, 1)])],
  'shuffles beside each other': [conv2d(4, 1), branch([channelShuffle(2)], [channelShuffle(2), activation('relu')])],
  'shuffle of a concatenation': [branch([conv2d(4, 1)], [conv2d(4, 1)]), channelShuffle(4)],
  'shuffle and its image': [conv2d(8, 1), channelShuffle(2), residual(conv2d(8, 3, same))],
  'image of another': [conv2d(4, 1), reshape([2, 3, 16]), conv2d(32, 1), reshape([4, 6, 8])],
  'image across pixels and channels': [conv2d(6, 1), reshape([3, 8, 6]), conv2d(8, 1), reshape([4, 6, 8])],
  'image of a shuffle': [
    conv2d(4, 1),
    channelShuffle(2),
    reshape([2, 6, 8]),
    conv2d(16, 1),
    channelShuffle(2),
    reshape([4, 6, 8]),
  ],
  'image of a vector': [flatten(), dense(192), reshape([4, 6, 8])],
  'image of a shuffled vector': [flatten(), dense(192), channelShuffle(2), reshape([4, 6, 8])],
  'image of concatenated vectors': [flatten(), branch([dense(144)], [channelShuffle(3)]), reshape([4, 6, 8])],
  'image of concatenated images': [conv2d(4, 1), branch([flatten()], [channelShuffle(2), flatten()]), reshape([4, 6, 8])],
  'images of vectors beside each other': [
    flatten(),
    branch([dense(144), reshape([4, 6, 6])], [channelShuffle(2), reshape([4, 6, 2])]),
  ],
};

/** As many elements [24], from an image or a vector. */
const VECTORS: Readonly<Record<string, readonly Layer[]>> = {
  'flattened image': [maxPool2d(2), conv2d(4, 1), flatten()],
  'flattened shuffle': [maxPool2d(2), conv2d(4, 1), channelShuffle(2), flatten()],
  shuffle: [flatten(), dense(24), channelShuffle(4)],
  'shuffle beside a dense layer': [flatten(), dense(12), branch([channelShuffle(2)], [dense(12)])],
  'shuffled image beside it': [maxPool2d(2), conv2d(2, 1), branch([channelShuffle(2), flatten()], [flatten()])],
  'flattened images beside each other': [maxPool2d(2), branch([conv2d(2, 1), flatten()], [conv2d(2, 2, same), flatten()])],
  'flattened reshape': [maxPool2d(2), conv2d(4, 1), reshape([4, 2, 3]), activation('relu'), flatten()],
};

const ANY: Partial<Readonly<Record<LayerType, readonly Layer[]>>> = {
  flatten: [flatten()],
  dropout: [dropout(0.5)],
  batchNorm: [batchNorm()],
  activation: [activation('silu')],
  layerNorm: [layerNorm()],
  prelu: [prelu()],
  channelShuffle: [channelShuffle(4)],
  branch: [branch([activation('relu')], [])],
  residual: [residual(activation('tanh'))],
  repeat: [repeat(2, prelu())],
  merge: [merge('multiply', [activation('tanh')], [batchNorm()])],
  tap: [tap('kept'), activation('tanh'), join('kept', 'add')],
  join: [tap('kept'), activation('tanh'), join('kept', 'concat')],
};

/** What reads it: every type of layer. */
const OF_IMAGES: Readonly<Record<LayerType, readonly Layer[]>> = {
  ...(ANY as typeof OF_IMAGES),
  conv2d: [conv2d(4, 3, { ...same, groups: 2 })],
  depthwiseConv2d: [depthwiseConv2d(3)],
  conv2dTranspose: [conv2dTranspose(4, 3, { strides: 2 })],
  maxPool2d: [maxPool2d(2)],
  avgPool2d: [avgPool2d(2)],
  globalAvgPool2d: [globalAvgPool2d()],
  globalMaxPool2d: [globalMaxPool2d()],
  upsample2d: [upsample2d(2)],
  dense: [flatten(), dense(3)],
  gate: [gate(globalAvgPool2d(), dense(8, { activation: 'sigmoid' }))],
  reshape: [reshape([2, 3, 32])],
  residual: [residual(conv2d(8, 3, same))],
};

const OF_VECTORS = {
  ...ANY,
  dense: [dense(3)],
  gate: [gate(dense(24, { activation: 'sigmoid' }))],
  reshape: [reshape([2, 3, 4])],
  residual: [residual(dense(24))],
};

const MORE = {
  'softmax of pixels': [activation('softmax')],
  'layerNorm of samples': [layerNorm({ axes: 'sample' })],
  'layerNorm of samples by two numbers': [layerNorm({ axes: 'sample', scalar: true })],
};

/** How far what a model computes is from what it computes after it went out and came in. */
function apart(m: Model): number {
  const weights = drawnWeights(m, 3);
  const x = drawnInput(m, 2, 3);
  const found = decodeOnnx(encodeOnnx(m, weights));
  const [before, after] = [runReference(m, weights, x), runReference(found.model, found.weights, x)];
  expect(after.shape).toEqual(before.shape);
  return difference(before, after);
}

const pairs = (from: Readonly<Record<string, readonly Layer[]>>, to: Readonly<Record<string, readonly Layer[]>>) =>
  Object.entries(from).flatMap(([made, layers]) =>
    Object.entries(to).map(([reader, more]) => [made, reader, model([4, 6, 2], [...layers, ...more])] as const),
  );

describe('whatever reads it, a network computes the same after it went out and came in', () => {
  test.each(pairs(IMAGES, { ...OF_IMAGES, ...MORE }))('image: %s, %s', (_, _reader, m) => expect(apart(m)).toBeLessThan(1e-5));
  test.each(pairs(VECTORS, { ...OF_VECTORS, ...MORE }))('vector: %s, %s', (_, _reader, m) => expect(apart(m)).toBeLessThan(1e-5));
});

type Build = (g: OnnxGraph, x: string) => string;

const shuffledChannels: Build = (g, x) => {
  const groups = g.node('Reshape', [x, g.integers([0, 2, 2, 4, 4])]);
  return g.node('Reshape', [g.node('Transpose', [groups], { perm: [0, 2, 1, 3, 4] }), g.integers([0, 4, 4, 4])]);
};
const transposed =
  (...perm: number[]): Build =>
  (g, x) =>
    g.node('Transpose', [x], { perm: [0, ...perm] });
const halves: Build = (g, x) => g.node('Conv', [x, g.random([2, 4, 1, 1])]);

/** Other orders of the elements of x [N, 4, 4, 4]. */
const VIEWS: Readonly<Record<string, Build>> = {
  plain: (_, x) => x,
  shuffled: shuffledChannels,
  'channels last': transposed(2, 3, 1),
  'height and width': transposed(1, 3, 2),
  'width, channels, height': transposed(3, 1, 2),
  'shuffled and channels last': (g, x) => transposed(2, 3, 1)(g, shuffledChannels(g, x)),
  'from a vector': (g, x) =>
    g.node('Reshape', [g.node('Gemm', [g.node('Flatten', [x]), g.random([64, 64], 0.2)]), g.integers([-1, 4, 4, 4])]),
  'across axes': (g, x) =>
    g.node('Reshape', [g.node('Relu', [g.node('Reshape', [x, g.integers([0, 2, 8, 4])])]), g.integers([0, 4, 4, 4])]),
  'padded while it is shuffled': (g, x) => {
    const less = g.node('Conv', [x, g.random([4, 4, 2, 1])]);
    const groups = g.node('Reshape', [less, g.integers([0, 2, 2, 3, 4])]);
    const padded = g.node('Pad', [groups, g.integers([0, 0, 0, 1, 0, 0, 0, 0, 0, 0])]);
    return g.node('Reshape', [g.node('Transpose', [padded], { perm: [0, 2, 1, 3, 4] }), g.integers([0, 4, 4, 4])]);
  },
  concatenated: (g, x) => g.node('Concat', [halves(g, x), halves(g, shuffledChannels(g, x))], { axis: 1 }),
  'shuffled beside itself': (g, x) =>
    g.node('Conv', [g.node('Concat', [shuffledChannels(g, x), x], { axis: 1 }), g.random([4, 8, 1, 1])]),
};

const alone =
  (operator: string, attributes = {}): Build =>
  (g, x) =>
    g.node(operator, [x], attributes);
const weighted =
  (operator: string, shapes: readonly (readonly number[])[], attributes = {}): Build =>
  (g, x) =>
    g.node(operator, [x, ...shapes.map((shape) => g.random(shape))], attributes);

const READERS: Readonly<Record<string, Build>> = {
  none: (_, x) => x,
  Conv: weighted('Conv', [[6, 4, 3, 3], [6]]),
  'Conv in groups': weighted('Conv', [[6, 2, 3, 3]], { group: 2 }),
  'Conv by channel': weighted('Conv', [[4, 1, 3, 3]], { group: 4 }),
  ConvTranspose: weighted('ConvTranspose', [[4, 3, 2, 2]], { strides: [2, 2] }),
  MaxPool: alone('MaxPool', { kernel_shape: [2, 2], strides: [2, 2] }),
  AveragePool: alone('AveragePool', { kernel_shape: [3, 3] }),
  GlobalMaxPool: alone('GlobalMaxPool'),
  ReduceMean: alone('ReduceMean', { axes: [2, 3] }),
  Upsample: (g, x) =>
    g.node('Resize', [x, '', g.floats([4], [1, 1, 2, 2])], {
      coordinate_transformation_mode: 'asymmetric',
      nearest_mode: 'floor',
    }),
  MatMul: weighted('MatMul', [[4, 3]]),
  BatchNormalization: (g, x) =>
    g.node('BatchNormalization', [x, g.random([4]), g.random([4]), g.random([4]), g.floats([4], [0.5, 1, 2, 3])]),
  'LayerNormalization of the last axis': weighted('LayerNormalization', [[4], [4]], { axis: -1 }),
  'LayerNormalization of all': weighted(
    'LayerNormalization',
    [
      [4, 4, 4],
      [4, 4, 4],
    ],
    { axis: 1 },
  ),
  'Softmax of channels': alone('Softmax', { axis: 1 }),
  'Softmax of the last axis': alone('Softmax', { axis: -1 }),
  PRelu: weighted('PRelu', [[4, 1, 1]]),
  'Mul of channels': weighted('Mul', [[4, 1, 1]]),
  'Mul of the last axis': weighted('Mul', [[4]]),
  'Add of its curve': (g, x) => g.node('Add', [x, g.node('Tanh', [x])]),
  'Mul of itself pooled': (g, x) => g.node('Mul', [x, g.node('Sigmoid', [g.node('GlobalAveragePool', [x])])]),
  Concat: (g, x) => g.node('Concat', [x, g.node('Tanh', [x])], { axis: 1 }),
  'Concat of flattened ones': (g, x) =>
    g.node('Concat', [g.node('Flatten', [x]), g.node('Flatten', [g.node('Tanh', [x])])], { axis: 1 }),
  Pad: (g, x) => g.node('Pad', [x, g.integers([0, 0, 1, 0, 0, 0, 0, 2])]),
};

/** How many elements they leave, where these are not 64. */
const LEFT: Readonly<Record<string, number>> = {
  Conv: 24,
  'Conv in groups': 24,
  'Conv by channel': 16,
  ConvTranspose: 192,
  MaxPool: 16,
  AveragePool: 16,
  GlobalMaxPool: 4,
  ReduceMean: 4,
  Upsample: 256,
  MatMul: 48,
  Concat: 128,
  'Concat of flattened ones': 128,
  Pad: 120,
};

const SHAPE = [2, 4, 4, 4];

/** How far the model of a file is from what onnxruntime makes of it; undefined where it is refused. */
async function apartFromFile(build: Build): Promise<number | undefined> {
  const g = new OnnxGraph();
  const bytes = g.bytes(build(g, g.node('Conv', [g.input(SHAPE), g.random([4, 4, 1, 1])])));
  const x = inputValue(SHAPE);
  try {
    const { model: found, weights } = decodeOnnx(bytes);
    return difference(await runOnnx(bytes, x), runReference(found, weights, ours(x)));
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

test.each(Object.entries(VIEWS))('whatever reads it, a file is read as onnxruntime reads it, or refused: %s', async (_, view) => {
  const read: number[] = [];
  for (const [reader, build] of Object.entries(READERS)) {
    const apart = await apartFromFile((g, x) => {
      const flat = g.node('Tanh', [g.node('Flatten', [build(g, view(g, x))])]);
      return g.node('Gemm', [flat, g.random([LEFT[reader] ?? 64, 3])]);
    });
    if (apart !== undefined) read.push(apart);
  }
  // Without a layer that transposes, few can read the rows and columns of an image as its channels.
  expect(read.length).toBeGreaterThanOrEqual(4);
  expect(Math.max(...read)).toBeLessThan(1e-5);
});

test('a vector becomes the image that the file has, also in a file of ours, whose images have their channels last', () => {
  expect(apart(model([6], [dense(24), reshape([2, 3, 4])]))).toBeLessThan(1e-5);
  expect(apart(model([24], [reshape([2, 3, 4])]))).toBeLessThan(1e-5);
});

test('what is wrong in an operator is not taken for a file that can be read in no way', () => {
  const g = new OnnxGraph();
  const bytes = g.bytes(g.node('Relu', [g.input(SHAPE)]));
  const relu = vi.spyOn(operators as Record<string, Operator>, 'Relu');
  try {
    relu.mockImplementation(() => {
      throw new TypeError('not a function');
    });
    expect(() => decodeOnnx(bytes)).toThrow(TypeError);
    relu.mockImplementationOnce((node) => {
      throw node.fault('it is read in the other way', 'needed is this');
    });
    expect(() => decodeOnnx(bytes)).toThrow(TypeError);
  } finally {
    relu.mockRestore();
  }
});

test.each([
  ['Relu', (g: OnnxGraph, x: string) => g.node('Relu', [x])],
  ['Add', (g: OnnxGraph, x: string) => g.node('Add', [x, x])],
] as const)('the order of a vector is that of the dense layer before it, 4,000 nodes of %s further up', (_, step) => {
  const g = new OnnxGraph();
  let x = g.node('Gemm', [g.input(['N', 64]), g.random([64, 64], 0.2)]);
  for (let i = 0; i < 4000; i++) x = step(g, x);
  const image = g.node('Reshape', [x, g.integers([-1, 4, 4, 4])]);
  const { model: found } = decodeOnnx(g.bytes(g.node('Conv', [image, g.random([4, 4, 1, 1])])));
  expect(found.layers.length).toBeGreaterThan(4000);
  expect(found.layers.slice(-2).map(({ type }) => type)).toEqual(['reshape', 'conv2d']);
});
