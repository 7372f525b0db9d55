import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import { ModelProtoSchema } from '../src/formats/onnx/onnx_pb.ts';
import { DataError, decodeOnnx } from '../src/node.ts';
import { BOOL, FLOAT, float, OnnxGraph } from './support/onnx-graph.ts';
import { torchLeNet } from './support/onnx-networks.ts';

interface Refusal {
  readonly name: string;
  readonly build: (g: OnnxGraph, x: string) => string;
  /** What the message must name, besides the operator. */
  readonly names: readonly (string | RegExp)[];
  readonly input?: readonly (number | string)[];
  readonly opset?: number;
}

const filter = (g: OnnxGraph, ...shape: number[]) => g.random(shape);

const REFUSALS: readonly Refusal[] = [
  {
    name: 'an operator that has no layer',
    build: (g, x) => g.node('NoSuchOperator', [x]),
    names: ['NoSuchOperator_0', '(NoSuchOperator)', 'no layer', 'Conv'],
  },
  {
    name: 'an operator that is called like what every object has',
    build: (g, x) => g.node('constructor', [x]),
    names: ['(constructor)', 'no layer'],
  },
  {
    name: 'an operator of another domain',
    build: (g, x) => g.node('FusedConv', [x], {}, 'com.example'),
    names: ['FusedConv', "domain 'com.example'", 'standard operators'],
  },
  {
    name: 'an attribute that nothing knows',
    build: (g, x) => g.node('Relu', [x], { speed: 3 }),
    names: ['Relu_0', "attribute 'speed'"],
  },
  {
    name: 'an input that nothing knows',
    build: (g, x) => g.node('Relu', [x, g.random([3])]),
    names: ['(Relu)', "input 1, 'weight_0'"],
  },
  {
    name: 'dropout of training',
    build: (g, x) =>
      g.node('Dropout', [x, '', g.tensor({ name: 'training', dims: [], dataType: BOOL, rawData: Uint8Array.of(1) })]),
    names: ['(Dropout)', 'training_mode'],
  },
  {
    name: 'elu of another alpha',
    build: (g, x) => g.node('Elu', [x], { alpha: 0.5 }),
    names: ["attribute 'alpha'", '0.5', 'needed is 1'],
  },
  {
    name: 'the approximate gelu',
    opset: 20,
    build: (g, x) => g.node('Gelu', [x], { approximate: 'tanh' }),
    names: ["attribute 'approximate'", "'tanh'", "'none'"],
  },
  {
    name: 'pads below 0',
    build: (g, x) => g.node('Conv', [x, filter(g, 2, 3, 1, 1)], { pads: [-1, 0, 0, 0] }),
    names: ["attribute 'pads'", 'at least 0'],
  },
  {
    name: 'a convolution in one dimension',
    build: (g, x) => g.node('Conv', [x, filter(g, 2, 3, 3)]),
    names: ['(Conv)', 'one or three dimensions'],
  },
  {
    name: 'a filter for other channels',
    build: (g, x) => g.node('Conv', [x, filter(g, 2, 5, 3, 3)]),
    names: ['(Conv)', '5 channels', 'its input has 3'],
  },
  {
    name: 'a filter larger than the image',
    build: (g, x) => g.node('Conv', [x, filter(g, 2, 3, 9, 9)]),
    names: ['(Conv)', 'window of height 9'],
  },
  {
    name: 'a filter that depends on the input',
    build: (g, x) => g.node('Conv', [x, g.node('Relu', [x])]),
    names: ['(Conv)', 'depends on the input', 'needed is a constant'],
  },
  {
    name: 'a dilated pool',
    build: (g, x) => g.node('MaxPool', [x], { kernel_shape: [2, 2], dilations: [2, 2] }),
    names: ["attribute 'dilations'"],
  },
  { name: 'a pool without a size', build: (g, x) => g.node('MaxPool', [x]), names: ["attribute 'kernel_shape'", 'missing'] },
  {
    name: 'the indices of a maximum',
    build: (g, x) => g.node('Cast', [g.nodeOf('MaxPool', [x], { kernel_shape: [2, 2] }, '', 2)[1] as string], { to: 1 }),
    names: ['(Cast)', 'MaxPool_0_output_1'],
  },
  {
    name: 'a mean over the channels',
    build: (g, x) => g.node('ReduceMean', [x], { axes: [1] }),
    names: ['(ReduceMean)', 'global pool'],
  },
  { name: 'a mean over the batch', build: (g, x) => g.node('ReduceMean', [x], { axes: [0] }), names: ['(ReduceMean)', 'batch'] },
  {
    name: 'a transposition of the batch',
    build: (g, x) => g.node('Transpose', [x], { perm: [1, 0, 2, 3] }),
    names: ["attribute 'perm'", 'batch'],
  },
  {
    name: 'a transposition that a layer would have to do',
    build: (g, x) => g.node('MaxPool', [g.node('Transpose', [x], { perm: [0, 2, 1, 3] })], { kernel_shape: [2, 2] }),
    names: ['(MaxPool)', 'transpos'],
  },
  {
    name: 'a reshaping across channels and pixels',
    build: (g, x) => g.node('Reshape', [g.node('Conv', [x, filter(g, 3, 3, 1, 1)]), g.integers([-1, 16, 4, 3])]),
    names: ['(Reshape)', '[16, 4, 3]'],
  },
  {
    name: 'a reshaping to another size',
    build: (g, x) => g.node('Reshape', [x, g.integers([-1, 100])]),
    names: ['(Reshape)', '100'],
  },
  {
    name: 'normalisation by the batch',
    build: (g, x) => g.node('BatchNormalization', [x, ...[0, 1, 2, 3].map(() => g.random([3]))], { training_mode: 1 }),
    names: ["attribute 'training_mode'", 'model.eval()'],
  },
  {
    name: 'a difference of two tensors',
    build: (g, x) => g.node('Sub', [g.node('Relu', [x]), g.node('Tanh', [x])]),
    names: ['(Sub)', 'needed is a constant'],
  },
  {
    name: 'a bias of pixels',
    build: (g, x) => g.node('Add', [x, g.random([1, 1, 8, 8])]),
    names: ['(Add)', 'one a channel'],
  },
  {
    name: 'factors of pixels',
    build: (g, x) => g.node('Mul', [x, g.node('Conv', [x, filter(g, 1, 3, 1, 1)])]),
    names: ['(Mul)', 'one factor a channel'],
  },
  {
    name: 'a concatenation of rows',
    build: (g, x) => g.node('Concat', [x, x], { axis: 2 }),
    names: ["attribute 'axis'", 'channels'],
  },
  { name: 'the error function alone', build: (g, x) => g.node('Erf', [x]), names: ['Erf_0', 'gelu'] },
  {
    name: 'a softmax of rows',
    build: (g, x) => g.node('Softmax', [x], { axis: 2 }),
    names: ["attribute 'axis'", '2 is not', 'channels of each pixel'],
  },
  {
    name: 'a softmax of an axis that there is not',
    build: (g, x) => g.node('Softmax', [x], { axis: 4 }),
    names: ["attribute 'axis'", '4 is not'],
  },
  {
    name: 'a logarithm of a softmax',
    build: (g, x) => g.node('LogSoftmax', [g.node('Relu', [x])]),
    names: ["output: 'Relu_0_output_0'"],
  },
  {
    name: 'linear interpolation',
    build: (g, x) => g.node('Resize', [x, '', g.floats([4], [1, 1, 2, 2])], { mode: 'linear' }),
    names: ["attribute 'mode'", "'linear'", "'nearest'"],
  },
  {
    name: 'padding by copies',
    build: (g, x) => g.node('Pad', [x, g.integers([0, 0, 1, 1, 0, 0, 1, 1])], { mode: 'reflect' }),
    names: ["attribute 'mode'", "'reflect'"],
  },
  {
    name: 'attention',
    build: (g, x) => g.node('MatMul', [g.node('Flatten', [x]), g.node('Flatten', [x])]),
    names: ['(MatMul)', 'attention'],
  },
  {
    name: 'a reading of what no node makes',
    build: (g) => g.node('Relu', ['nothing']),
    names: ["'nothing'"],
  },
  {
    name: 'images of sizes that are left open',
    input: ['N', 3, 'height', 'width'],
    build: (g, x) => g.node('Relu', [x]),
    names: ["input 'x'", "'height'", 'export it'],
  },
  { name: 'a video', input: ['N', 3, 4, 8, 8], build: (g, x) => g.node('Relu', [x]), names: ["input 'x'", '[N, 3, 4, 8, 8]'] },
  { name: 'an old operator set', opset: 6, build: (g, x) => g.node('Relu', [x]), names: ['opset 6', '7 to'] },
  {
    name: 'a tensor in another file',
    build: (g, x) =>
      g.node('Add', [
        x,
        g.tensor({
          name: 'far',
          dims: [3n],
          dataType: FLOAT,
          dataLocation: 1,
          externalData: [{ key: 'location', value: 'far.bin' }],
        }),
      ]),
    names: ["'far'", 'far.bin', 'onnx.save'],
  },
  {
    name: 'a tensor of texts',
    build: (g, x) => g.node('Add', [x, g.tensor({ name: 'words', dims: [1n], dataType: 8, stringData: [new Uint8Array([65])] })]),
    names: ["'words'", 'STRING'],
  },
  {
    name: 'a tensor with other data than its shape',
    build: (g, x) => g.node('Add', [x, g.tensor({ name: 'short', dims: [3n], dataType: FLOAT, rawData: new Uint8Array(8) })]),
    names: ["'short'", '3 elements', '8 bytes'],
  },
  {
    name: 'clipping from above alone',
    build: (g, x) => g.node('Clip', [x, '', g.floats([], [1])]),
    names: ['(Clip)', 'lower limit'],
  },
  {
    name: 'paths that cross',
    build: (g, x) => {
      const [a, b] = [g.node('Relu', [x]), g.node('Tanh', [x])];
      const sum = g.node('Add', [a, b]);
      return g.node('Mul', [g.node('Mul', [sum, g.node('Sigmoid', [a])]), g.node('Relu', [b])]);
    },
    names: ['(Add)', 'cross'],
  },
  {
    name: 'a slice of channels',
    build: (g, x) => g.node('Slice', [x, g.integers([0]), g.integers([1]), g.integers([1])]),
    names: ['(Slice)', 'no layer'],
  },
  {
    name: 'a bias that is a float',
    build: (g, x) => g.node('Gemm', [g.node('Flatten', [x]), g.random([192, 2])], { alpha: float(Number.NaN) }),
    names: ["'alpha'", 'finite'],
  },
];

describe('what has no layer is refused by name', () => {
  test.each(REFUSALS)('$name', ({ build, names, input = ['N', 3, 8, 8], opset = 17 }) => {
    const g = new OnnxGraph(opset);
    const bytes = g.bytes(build(g, g.input(input)));
    let found: unknown;
    try {
      decodeOnnx(bytes);
    } catch (error) {
      found = error;
    }
    expect(found).toBeInstanceOf(DataError);
    for (const name of names) expect((found as Error).message).toMatch(name);
  });
});

describe('a graph of several ends', () => {
  const g = new OnnxGraph();
  const x = g.input(['N', 3, 8, 8]);
  const logits = g.node(
    'Gemm',
    [g.node('GlobalAveragePool', [x]), g.random([3, 4])].map((name, index) => (index === 0 ? g.node('Flatten', [name]) : name)),
  );
  const bytes = g.bytes([g.node('LogSoftmax', [logits]), logits]);

  test('wants the name of one', () => {
    expect(() => decodeOnnx(bytes)).toThrow(/2 outputs, 'LogSoftmax_\d+_output_0', 'Gemm_\d+_output_0'.*\{ output: 'name' \}/);
  });

  test('ends where it is told to', () => {
    expect(decodeOnnx(bytes, { output: logits }).model.layers.map(({ type }) => type)).toEqual(['globalAvgPool2d', 'dense']);
  });
});

describe('a file that would take up memory or time is refused', () => {
  const model = (graph: object) =>
    toBinary(ModelProtoSchema, create(ModelProtoSchema, { opsetImport: [{ domain: '', version: 17n }], graph }));

  test('a shape to be filled', () => {
    const g = new OnnxGraph();
    const x = g.input(['N', 4]);
    const bytes = g.bytes(g.node('Add', [x, g.node('ConstantOfShape', [g.integers([2 ** 20, 2 ** 12])])]));
    expect(() => decodeOnnx(bytes)).toThrow(/ConstantOfShape.*asks for 4294967296 numbers/);
  });

  test('an input that is scaled channel by channel, of 2^30 channels', () => {
    const g = new OnnxGraph();
    const x = g.input(['N', 2 ** 30]);
    expect(() => decodeOnnx(g.bytes(g.node('Mul', [x, g.floats([], [2])])))).toThrow(/Mul.*asks for 1073741824 numbers/);
  });

  test('a million messages of two bytes', () => {
    const node = Uint8Array.from({ length: 2_000_000 }, (_, i) => (i % 2 === 0 ? 0x0a : 0));
    const length = [...varint(node.length)];
    const bytes = Uint8Array.from([0x3a, ...length, ...node]);
    expect(() => decodeOnnx(bytes)).toThrow(/more messages than a network needs/);
  });

  test('messages in messages without end', () => {
    let bytes = new Uint8Array();
    for (let depth = 0; depth < 100; depth++)
      bytes = Uint8Array.from([
        ...(depth % 3 === 0 ? [0x0a] : depth % 3 === 1 ? [0x2a] : [0x32]),
        ...varint(bytes.length),
        ...bytes,
      ]);
    expect(() => decodeOnnx(Uint8Array.from([0x3a, ...varint(bytes.length), ...bytes]))).toThrow(DataError);
  });

  test('more nodes than networks have', () => {
    const node = Array.from({ length: 5001 }, (_, i) => ({ opType: 'Relu', input: [`${i}`], output: [`${i + 1}`] }));
    expect(() => decodeOnnx(model({ node, input: [], output: [{ name: '5001' }] }))).toThrow(/5001 nodes/);
  });

  test.each([
    ['to the first of them', (chain: readonly string[], x: string) => [chain.at(-1) ?? x, x], /more than 64 deep/],
    ['to the one before the last', (chain: readonly string[], x: string) => [chain.at(-1) ?? x, chain.at(-2) ?? x], undefined],
    ['to themselves', (chain: readonly string[], x: string) => [chain.at(-1) ?? x, chain.at(-1) ?? x], undefined],
  ])('4,000 nodes that add in a row %s', (_, inputs, message) => {
    const g = new OnnxGraph();
    const x = g.node('Gemm', [g.input(['N', 4]), g.random([4, 4])]);
    const chain: string[] = [];
    for (let i = 0; i < 4000; i++) chain.push(g.node('Add', inputs(chain, x)));
    const bytes = g.bytes(chain.at(-1) ?? x);
    const began = performance.now();
    if (message) expect(() => decodeOnnx(bytes)).toThrow(message);
    else expect(decodeOnnx(bytes).model.layers.length).toBeGreaterThan(4000);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('an empty file, and half of one', () => {
    expect(() => decodeOnnx(new Uint8Array())).toThrow(/holds no graph/);
    const { bytes } = torchLeNet();
    expect(() => decodeOnnx(bytes.subarray(0, bytes.length / 2))).toThrow(/truncated/);
  });
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}
