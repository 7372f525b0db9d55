import { describe, expect, test } from 'vitest';
import { float, OnnxGraph } from './support/onnx-graph.ts';
import { judged } from './support/onnx-judge.ts';

/** A graph of one idea: what its nodes make of an image x [N, 4, 7, 6], or of another input. */
interface Case {
  readonly name: string;
  readonly opset?: number;
  readonly input?: readonly number[];
  readonly build: (g: OnnxGraph, x: string) => string;
  /** The types of the layers that it becomes. */
  readonly layers: readonly string[];
}

const IMAGE = [2, 4, 7, 6];
const VECTOR = [3, 5];

const conv = (g: OnnxGraph, x: string, attributes = {}, weights: readonly number[] = [6, 4, 3, 3]) =>
  g.node('Conv', [x, g.random(weights, 0.3), g.random([weights[0] as number])], attributes);

const curve = (operator: string, attributes = {}, opset = 17): Case => ({
  name: `${operator} ${JSON.stringify(attributes)}`,
  opset,
  build: (g, x) => g.node(operator, [x], attributes),
  layers: ['activation'],
});

const pool = (operator: string, attributes: object, kind = operator === 'MaxPool' ? 'maxPool2d' : 'avgPool2d'): Case => ({
  name: `${operator} ${JSON.stringify(attributes)}`,
  opset: 19,
  build: (g, x) => g.node(operator, [x], attributes as never),
  layers: [kind],
});

const CASES: readonly Case[] = [
  // Convolutions
  { name: 'Conv without attributes', build: (g, x) => conv(g, x), layers: ['conv2d'] },
  { name: 'Conv without a bias', build: (g, x) => g.node('Conv', [x, g.random([6, 4, 3, 3])]), layers: ['conv2d'] },
  { name: 'Conv with asymmetric pads', build: (g, x) => conv(g, x, { pads: [0, 1, 2, 3], strides: [2, 1] }), layers: ['conv2d'] },
  { name: 'Conv with dilations', build: (g, x) => conv(g, x, { dilations: [2, 1], pads: [2, 1, 2, 1] }), layers: ['conv2d'] },
  ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].map(
    (padding): Case => ({
      name: `Conv ${padding}`,
      build: (g, x) => conv(g, x, { auto_pad: padding, strides: [2, 2], kernel_shape: [2, 3] }, [6, 4, 2, 3]),
      layers: ['conv2d'],
    }),
  ),
  { name: 'Conv in groups', build: (g, x) => conv(g, x, { group: 2 }, [6, 2, 3, 3]), layers: ['conv2d'] },
  { name: 'Conv by channel', build: (g, x) => conv(g, x, { group: 4 }, [4, 1, 3, 3]), layers: ['depthwiseConv2d'] },
  { name: 'Conv by channel, two each', build: (g, x) => conv(g, x, { group: 4 }, [8, 1, 3, 3]), layers: ['depthwiseConv2d'] },
  {
    name: 'ConvTranspose',
    build: (g, x) =>
      g.node('ConvTranspose', [x, g.random([4, 3, 3, 3]), g.random([3])], {
        strides: [2, 2],
        pads: [1, 1, 1, 1],
        output_padding: [1, 1],
      }),
    layers: ['conv2dTranspose'],
  },
  {
    name: 'ConvTranspose in groups, scaled',
    build: (g, x) =>
      g.node('Mul', [g.node('ConvTranspose', [x, g.random([4, 3, 2, 3])], { group: 2, strides: [2, 1] }), g.random([6, 1, 1])]),
    layers: ['conv2dTranspose'],
  },
  {
    name: 'Pad before a Conv',
    build: (g, x) => conv(g, g.node('Pad', [x, g.integers([0, 0, 1, 2, 0, 0, 3, 0])]), { pads: [1, 0, 0, 1] }),
    layers: ['conv2d'],
  },
  {
    name: 'Pad of opset 10 alone',
    opset: 10,
    build: (g, x) => g.node('Pad', [x], { pads: [0, 0, 1, 2, 0, 0, 3, 0] }),
    layers: ['depthwiseConv2d'],
  },
  {
    name: 'Pad before a MaxPool of what is not below 0',
    build: (g, x) =>
      g.node('MaxPool', [g.node('Pad', [g.node('Relu', [x]), g.integers([0, 0, 1, 1, 0, 0, 1, 1])])], {
        kernel_shape: [3, 3],
        strides: [2, 2],
      }),
    layers: ['activation', 'maxPool2d'],
  },
  {
    name: 'Pad before a MaxPool of anything',
    build: (g, x) =>
      g.node('MaxPool', [g.node('Pad', [x, g.integers([0, 0, 1, 1, 0, 0, 1, 1])])], { kernel_shape: [2, 2], strides: [2, 2] }),
    layers: ['depthwiseConv2d', 'maxPool2d'],
  },
  // Pools
  pool('MaxPool', { kernel_shape: [2, 2], strides: [2, 2] }),
  pool('MaxPool', { kernel_shape: [3, 2], pads: [1, 0, 1, 1] }),
  pool('MaxPool', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
  pool('MaxPool', { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' }),
  pool('AveragePool', { kernel_shape: [2, 3], strides: [2, 1] }),
  pool('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
  pool('AveragePool', { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 }, 'depthwiseConv2d'),
  pool('AveragePool', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
  pool('GlobalAveragePool', {}, 'globalAvgPool2d'),
  pool('GlobalMaxPool', {}, 'globalMaxPool2d'),
  {
    name: 'ReduceMean of attributes',
    build: (g, x) => g.node('ReduceMean', [x], { axes: [2, 3], keepdims: 0 }),
    layers: ['globalAvgPool2d'],
  },
  {
    name: 'ReduceMean of inputs',
    opset: 18,
    build: (g, x) => g.node('ReduceMean', [x, g.integers([-1, -2])]),
    layers: ['globalAvgPool2d'],
  },
  { name: 'ReduceMax', build: (g, x) => g.node('ReduceMax', [x], { axes: [2, 3], keepdims: 0 }), layers: ['globalMaxPool2d'] },
  // Activations
  ...['Relu', 'Sigmoid', 'Tanh', 'HardSwish'].map((operator) => curve(operator)),
  curve('LeakyRelu'),
  curve('LeakyRelu', { alpha: 0.3 }),
  curve('Elu'),
  curve('Gelu', {}, 20),
  curve('HardSigmoid', { alpha: 1 / 6 }),
  { name: 'HardSigmoid as Keras has it', build: (g, x) => g.node('HardSigmoid', [x]), layers: ['batchNorm', 'activation'] },
  {
    name: 'Clip of inputs, relu6',
    build: (g, x) => g.node('Clip', [x, g.floats([], [0]), g.floats([], [6])]),
    layers: ['activation'],
  },
  {
    name: 'Clip of attributes, relu6',
    opset: 10,
    build: (g, x) => g.node('Clip', [x], { min: float(0), max: float(6) }),
    layers: ['activation'],
  },
  { name: 'Clip from below', build: (g, x) => g.node('Clip', [x, g.floats([], [0])]), layers: ['activation'] },
  {
    name: 'Clip from -0.5 to 0.75, behind a Conv',
    build: (g, x) => g.node('Clip', [conv(g, x), g.floats([], [-0.5]), g.floats([], [0.75])]),
    layers: ['conv2d', 'batchNorm'],
  },
  { name: 'PRelu of channels', build: (g, x) => g.node('PRelu', [x, g.random([4, 1, 1])]), layers: ['prelu'] },
  { name: 'PRelu of one', build: (g, x) => g.node('PRelu', [x, g.random([1])]), layers: ['prelu'] },
  { name: 'silu', build: (g, x) => g.node('Mul', [x, g.node('Sigmoid', [x])]), layers: ['activation'] },
  {
    name: 'hardSwish as x * Clip(x + 3) / 6',
    build: (g, x) =>
      g.node('Div', [
        g.node('Mul', [x, g.node('Clip', [g.node('Add', [x, g.floats([], [3])]), g.floats([], [0]), g.floats([], [6])])]),
        g.floats([], [6]),
      ]),
    layers: ['activation'],
  },
  {
    name: 'hardSwish as x * HardSigmoid(x)',
    build: (g, x) => g.node('Mul', [x, g.node('HardSigmoid', [x], { alpha: 1 / 6 })]),
    layers: ['activation'],
  },
  {
    name: 'hardSigmoid as Clip(x + 3) / 6',
    build: (g, x) =>
      g.node('Mul', [
        g.node('Clip', [g.node('Add', [x, g.floats([], [3])]), g.floats([], [0]), g.floats([], [6])]),
        g.floats([], [1 / 6]),
      ]),
    layers: ['activation'],
  },
  {
    name: 'gelu as PyTorch writes it',
    build: (g, x) => {
      const erf = g.node('Erf', [g.node('Div', [x, g.floats([], [Math.SQRT2])])]);
      return g.node('Mul', [g.node('Mul', [x, g.node('Add', [erf, g.floats([], [1])])]), g.floats([], [0.5])]);
    },
    layers: ['activation'],
  },
  {
    name: 'gelu as Keras writes it',
    build: (g, x) => {
      const erf = g.node('Erf', [g.node('Mul', [x, g.floats([], [Math.SQRT1_2])])]);
      return g.node('Mul', [g.node('Mul', [g.floats([], [0.5]), x]), g.node('Add', [g.floats([], [1]), erf])]);
    },
    layers: ['activation'],
  },
  // Dense layers
  { name: 'Gemm', input: VECTOR, build: (g, x) => g.node('Gemm', [x, g.random([5, 4]), g.random([4])]), layers: ['dense'] },
  {
    name: 'Gemm with transB, alpha and beta',
    input: VECTOR,
    build: (g, x) => g.node('Gemm', [x, g.random([4, 5]), g.random([1, 4])], { transB: 1, alpha: 0.5, beta: float(2) }),
    layers: ['dense'],
  },
  { name: 'Gemm without a bias', input: VECTOR, build: (g, x) => g.node('Gemm', [x, g.random([5, 4])]), layers: ['dense'] },
  {
    name: 'MatMul and Add',
    input: VECTOR,
    build: (g, x) => g.node('Add', [g.random([4]), g.node('MatMul', [x, g.random([5, 4])])]),
    layers: ['dense'],
  },
  {
    name: 'Flatten of channels first, and Gemm',
    build: (g, x) => g.node('Gemm', [g.node('Flatten', [conv(g, x)]), g.random([6 * 5 * 4, 3])]),
    layers: ['conv2d', 'flatten', 'dense'],
  },
  {
    name: 'BatchNormalization of flattened channels first',
    build: (g, x) => {
      const flat = g.node('Flatten', [x]);
      const [scale, offset, mean] = [1, 2, 3].map(() => g.random([168]));
      return g.node('Gemm', [
        g.node('BatchNormalization', [
          flat,
          scale as string,
          offset as string,
          mean as string,
          g.floats(
            [168],
            Array.from({ length: 168 }, (_, i) => 0.5 + i / 100),
          ),
        ]),
        g.random([168, 2], 0.1),
      ]);
    },
    layers: ['flatten', 'batchNorm', 'dense'],
  },
  { name: 'Softmax', input: VECTOR, build: (g, x) => g.node('Softmax', [x]), layers: ['activation'] },
  { name: 'Softmax of opset 11', opset: 11, input: VECTOR, build: (g, x) => g.node('Softmax', [x]), layers: ['activation'] },
  { name: 'Softmax of the channels', build: (g, x) => g.node('Softmax', [x], { axis: 1 }), layers: ['activation'] },
  {
    name: 'Softmax of a flattened image',
    build: (g, x) => g.node('Gemm', [g.node('Softmax', [g.node('Flatten', [x])]), g.random([168, 2])]),
    layers: ['flatten', 'activation', 'dense'],
  },
  {
    name: 'Softmax of opset 11 over an image',
    opset: 11,
    build: (g, x) => conv(g, g.node('Softmax', [x])),
    layers: ['flatten', 'activation', 'reshape', 'conv2d'],
  },
  // Shapes
  {
    name: 'channels last and back, with a MatMul of pixels between',
    build: (g, x) => {
      const last = g.node('Transpose', [x], { perm: [0, 2, 3, 1] });
      const product = g.node('Add', [g.node('MatMul', [last, g.random([4, 3])]), g.random([3])]);
      return g.node('Transpose', [product], { perm: [0, 3, 1, 2] });
    },
    layers: ['conv2d'],
  },
  {
    name: 'channel shuffle',
    build: (g, x) => {
      const parts = g.node('Reshape', [x, g.integers([0, 2, 2, 7, 6])]);
      const turned = g.node('Transpose', [parts], { perm: [0, 2, 1, 3, 4] });
      return conv(g, g.node('Reshape', [turned, g.integers([-1, 4, 7, 6])]));
    },
    layers: ['channelShuffle', 'conv2d'],
  },
  {
    name: 'Squeeze and Unsqueeze',
    build: (g, x) => {
      const pooled = g.node('GlobalAveragePool', [x]);
      const vector = g.node('Squeeze', [pooled, g.integers([2, 3])]);
      return conv(g, g.node('Unsqueeze', [vector, g.integers([2, -1])]), {}, [3, 4, 1, 1]);
    },
    layers: ['globalAvgPool2d', 'reshape', 'conv2d'],
  },
  {
    name: 'Squeeze and Unsqueeze of opset 11',
    opset: 11,
    build: (g, x) => g.node('Unsqueeze', [g.node('Squeeze', [g.node('GlobalMaxPool', [x])], { axes: [2, 3] })], { axes: [2, 3] }),
    layers: ['globalMaxPool2d'],
  },
  {
    name: 'Reshape by the shape of another',
    build: (g, x) => {
      const shape = g.node('Shape', [x]);
      const batch = g.node('Unsqueeze', [g.node('Gather', [shape, g.integers([0], [])]), g.integers([0])]);
      const sizes = g.node('Concat', [batch, g.integers([-1])], { axis: 0 });
      return g.node('Gemm', [g.node('Reshape', [x, sizes]), g.random([168, 3], 0.1)]);
    },
    layers: ['flatten', 'dense'],
  },
  {
    name: 'Reshape by a slice of a shape',
    build: (g, x) => {
      const shape = g.node('Cast', [g.node('Shape', [x])], { to: 6 });
      const batch = g.node('Slice', [shape, g.integers([0]), g.integers([1]), g.integers([0])]);
      const sizes = g.node('Cast', [g.node('Concat', [batch, g.node('Cast', [g.integers([168])], { to: 6 })], { axis: 0 })], {
        to: 7,
      });
      return g.node('Gemm', [g.node('Reshape', [x, sizes]), g.random([168, 3], 0.1)]);
    },
    layers: ['flatten', 'dense'],
  },
  {
    name: 'Identity, Dropout, Cast',
    build: (g, x) => g.node('Relu', [g.node('Cast', [g.node('Dropout', [g.node('Identity', [x])])], { to: 1 })]),
    layers: ['activation'],
  },
  {
    name: 'Resize',
    build: (g, x) =>
      g.node('Resize', [x, '', g.floats([4], [1, 1, 2, 3])], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      }),
    layers: ['upsample2d'],
  },
  {
    name: 'Resize to sizes, half pixels',
    build: (g, x) => g.node('Resize', [x, '', '', g.integers([2, 4, 14, 12])], { mode: 'nearest' }),
    layers: ['upsample2d'],
  },
  {
    name: 'Upsample',
    opset: 9,
    build: (g, x) => g.node('Upsample', [x, g.floats([4], [1, 1, 2, 2])], { mode: 'nearest' }),
    layers: ['upsample2d'],
  },
  // Scales and offsets
  {
    name: 'scales and offsets behind a Conv become its own',
    build: (g, x) => g.node('Relu', [g.node('Sub', [g.node('Mul', [conv(g, x), g.random([6, 1, 1])]), g.random([1, 6, 1, 1])])]),
    layers: ['conv2d'],
  },
  {
    name: 'what is done to the input first',
    build: (g, x) => conv(g, g.node('Div', [g.node('Sub', [x, g.random([4, 1, 1])]), g.floats([4, 1, 1], [0.2, 0.3, 0.4, 0.5])])),
    layers: ['batchNorm', 'conv2d'],
  },
  {
    name: 'scales behind a normalisation',
    build: (g, x) => {
      const normal = g.node(
        'BatchNormalization',
        [x, g.random([4]), g.random([4]), g.random([4]), g.floats([4], [0.5, 1, 2, 3])],
        { epsilon: 1e-3 },
      );
      return g.node('Add', [g.node('Mul', [normal, g.random([4, 1, 1])]), g.floats([1], [0.25])]);
    },
    layers: ['batchNorm'],
  },
  {
    name: 'LayerNormalization of channels last',
    build: (g, x) => {
      const last = g.node('Transpose', [x], { perm: [0, 2, 3, 1] });
      return g.node('Transpose', [g.node('LayerNormalization', [last, g.random([4]), g.random([4])])], { perm: [0, 3, 1, 2] });
    },
    layers: ['layerNorm'],
  },
  // Constants that are calculated
  {
    name: 'weights that are transposed, reshaped and scaled in the file',
    input: VECTOR,
    build: (g, x) => {
      const turned = g.node('Transpose', [g.node('Reshape', [g.random([20]), g.integers([4, 5])])]);
      return g.node('MatMul', [x, g.node('Mul', [turned, g.random([4])])]);
    },
    layers: ['dense'],
  },
];

describe('an operator is what onnxruntime makes of it', () => {
  test.each(CASES)('$name', async ({ opset = 17, input = IMAGE, build, layers }) => {
    const g = new OnnxGraph(opset);
    const bytes = g.bytes(build(g, g.input(['N', ...input.slice(1)])));
    const { model, apart } = await judged(bytes, input);
    expect(model.layers.map(({ type }) => type)).toEqual(layers);
    expect(apart).toBeLessThan(1e-5);
  });
});
