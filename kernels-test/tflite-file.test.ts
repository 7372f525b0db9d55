import { describe, expect, test } from 'vitest';
import { elements } from '../src/core/value.ts';
import type { TfliteTensor } from '../src/export/tflite/file.ts';
import { FlatBuffer } from '../src/export/tflite/flat-buffer.ts';
import type { OperatorName } from '../src/export/tflite/schema.ts';
import { lowestVersion } from '../src/export/tflite/versions.ts';
import { writeTflite } from '../src/export/tflite/write.ts';
import { parametersOf, resolve } from '../src/model/resolve.ts';
import {
  activation,
  avgPool2d,
  conv2d,
  conv2dTranspose,
  describe as counted,
  DataError,
  dense,
  depthwiseConv2d,
  encodeTflite,
  flatten,
  type InputDescription,
  type Layer,
  type Model,
  maxPool2d,
  model,
  OptionError,
  repeat,
  ShapeError,
  type TfliteFileOptions,
  upsample2d,
  type Weights,
  zoo,
} from '../src/node.ts';
import { activationModels, drawnWeights, layerModels, leavingZoo } from './support/exported-models.ts';
import { checkFlatBuffer } from './support/flat-buffer-check.ts';
import { integerNetwork } from './support/integer-network.ts';
import { readTflite } from './support/tflite-file.ts';

const encode = (m: Model, options?: TfliteFileOptions) => encodeTflite(m, drawnWeights(m, 1), options);
const read = (m: Model, options?: TfliteFileOptions) => readTflite(encode(m, options));
const operatorsOf = (m: Model) => read(m).operators.map(({ code, version }) => [code, version]);
const image = (...layers: Layer[]) => model([6, 6, 2], layers);

describe('a file', () => {
  test.each(layerModels())('has what every reader needs, and nothing besides: $title', ({ m }) => {
    const file = read(m);
    expect([file.identifier, file.schema]).toEqual(['TFL3', 3]);
    expect(file.tensors.filter(({ named }) => named)).toEqual([]);
    expect(file.metadata.size).toBe(0);
    const [empty, ...buffers] = file.buffers;
    expect(empty?.length).toBe(0);
    for (const { begin, length } of buffers) {
      expect(length).toBeGreaterThan(0);
      expect(begin % 16).toBe(0);
    }
    const [input, output] = [...file.inputs, ...file.outputs].map((tensor) => file.tensors[tensor]?.shape);
    expect(input).toEqual([1, ...m.input]);
    expect(output).toEqual([1, ...(resolve(m).at(-1)?.outputShape ?? [])]);
  });

  test('has each operator under its code in both fields, beyond 127 in the newer one', () => {
    const { operators } = read(image(conv2d(2, 3), activation('gelu')));
    expect(operators.map(({ code, oldCode }) => [code, oldCode])).toEqual([
      [3, 3],
      [150, 127],
    ]);
  });

  test('takes 1,212 bytes beside the weights of the network of 707 parameters', () => {
    const m = zoo['nahhas/proposed'] ?? expect.unreachable();
    expect(counted(m).parameters).toBe(707);
    expect(encodeTflite(m, drawnWeights(m, 1)).length - 4 * 707).toBe(1212);
  });

  test.each(Object.entries(leavingZoo).filter(([, m]) => counted(m).parameters < 4e6))('of %s has its weights once', (_, m) => {
    const zeros: Weights = new Map(
      parametersOf(m).map(({ name, shape }) => [name, { shape, data: new Float32Array(elements(shape)) }]),
    );
    const bytes = encodeTflite(m, zeros);
    expect(bytes.length - 4 * counted(m).parameters).toBeLessThan(16 * 1024);
    checkFlatBuffer(bytes);
  });

  test('has weights that are repeated or shared once', () => {
    const once = read(model([4], [dense(4)])).buffers.length;
    expect(read(model([4], [repeat(5, dense(4))])).buffers.length).toBe(once);
    expect(read(model([4], [dense(4, { shared: 'a' }), activation('tanh'), dense(4, { shared: 'a' })])).buffers.length).toBe(
      once,
    );
  });
});

describe('tables, vectors and strings lie as FlatBuffers asks', () => {
  const input: InputDescription = { shape: [4], scale: 0.5, offset: -1, classNames: ['one', 'two', 'für'] };

  test.each([...layerModels(), ...activationModels()])('$title', ({ m }) => checkFlatBuffer(encode(m)));

  test('beside metadata', () => checkFlatBuffer(encode(model([4], [dense(3)]), { input })));

  test('of integers, whose zero points have 64 bits', () => {
    for (const file of [integerNetwork(1).inner, integerNetwork(1).outer.file]) checkFlatBuffer(writeTflite(file));
  });

  test('and lead to parts of their own file', () => {
    const other = new FlatBuffer().vector([1]);
    const file = new FlatBuffer();
    expect(() => file.vector([other])).toThrow(/no such part/);
    expect(() => file.table([[0, other]])).toThrow(/no such part/);
    expect(() => file.finish(other, 'TFL3')).toThrow(/no such part/);
  });

  describe('which is not so where a file', () => {
    const file = encode(image(conv2d(2, 3)));
    const root = new DataView(file.buffer).getUint32(0, true);

    function withWord(at: number, value: number): Uint8Array {
      const bytes = file.slice();
      new DataView(bytes.buffer).setInt32(at, value, true);
      return bytes;
    }

    test.each<[string, Uint8Array, RegExp]>([
      ['is cut', file.subarray(0, file.length - 4), /outside of the file/],
      ['goes on', Uint8Array.of(...file, 0, 0, 0, 0), /goes on/],
      ['has its root elsewhere', withWord(0, root + 2), /not aligned to 4/],
      ['has a vtable elsewhere', withWord(root, 1), /not aligned to 2/],
      [
        'has its constants a word further on',
        Uint8Array.of(...withWord(0, root + 4).subarray(0, 8), 0, 0, 0, 0, ...file.subarray(8)),
        /not aligned to 16/,
      ],
    ])('%s', (_, bytes, message) => {
      expect(() => checkFlatBuffer(bytes)).toThrow(message);
    });
  });
});

describe('weights that layers share', () => {
  test('are there in the form that each of them takes', () => {
    const m = model([4, 4, 1], [conv2d(2, 1, { shared: 'w' }), conv2d(1, 1), conv2d(2, 1, { shared: 'w' })]);
    expect(read(m).buffers.length - 1).toBe(4);
    const groups = model(
      [3, 3, 2],
      [
        conv2dTranspose(2, 2, { groups: 1, shared: 'w', bias: false }),
        conv2dTranspose(4, 2, { groups: 2, shared: 'w', bias: false }),
      ],
    );
    const { tensors } = read(groups);
    const filters = tensors.filter(({ buffer, type }) => buffer > 0 && type === 0).map(({ shape }) => shape);
    expect(filters).toEqual([
      [2, 2, 2, 2],
      [2, 2, 2, 1],
      [2, 2, 2, 1],
    ]);
  });
});

describe('operators', () => {
  const [conv, depthwise, dense_, relu, pad, tanh] = [3, 4, 9, 19, 34, 28];

  test.each<[string, Layer[], [number, number][]]>([
    ['of a convolution', [conv2d(3, 3, { padding: 'same' })], [[conv, 1]]],
    ['of a convolution in groups', [conv2d(4, 3, { groups: 2, dilations: 2 })], [[depthwise, 2]]],
    ['of a depthwise convolution', [depthwiseConv2d(3)], [[depthwise, 1]]],
    ['of a depthwise convolution with dilations', [depthwiseConv2d(2, { dilations: 2 })], [[depthwise, 2]]],
    ['of a transposed convolution without bias', [conv2dTranspose(2, 2, { bias: false })], [[67, 1]]],
    [
      'of a transposed convolution, and its activation apart',
      [conv2dTranspose(2, 2, { activation: 'relu' })],
      [
        [67, 3],
        [relu, 1],
      ],
    ],
    [
      'of poolings',
      [maxPool2d(2), avgPool2d(2)],
      [
        [17, 1],
        [1, 1],
      ],
    ],
    ['of an upsampling', [upsample2d(2)], [[97, 1]]],
    ['of an upsampling whose inverse float32 rounds down', [upsample2d(41)], [[97, 3]]],
    [
      'of padding that has no name',
      [conv2d(2, 3, { padding: [1, 0, 0, 1] })],
      [
        [pad, 1],
        [conv, 1],
      ],
    ],
    ["of padding that is TensorFlow's", [conv2d(2, 3, { padding: [1, 1, 1, 1] })], [[conv, 1]]],
    [
      'that take in an activation',
      [conv2d(2, 3, { activation: 'relu' }), flatten(), dense(2, { activation: 'relu6' })],
      [
        [conv, 1],
        [dense_, 1],
      ],
    ],
    [
      'whose activation stands alone',
      [conv2d(2, 3, { activation: 'tanh' })],
      [
        [conv, 1],
        [tanh, 1],
      ],
    ],
  ])('%s have the lowest version', (_, layers, expected) => {
    expect(operatorsOf(image(...layers))).toEqual(expected);
  });

  test('of a convolution in fewer groups than channels have the version that knows groups', () => {
    expect(operatorsOf(model([5, 5, 4], [conv2d(4, 3, { groups: 2 })]))).toEqual([[conv, 6]]);
  });

  test.each<[OperatorName, number, number]>([
    ['CONV_2D', 1, 3],
    ['DEPTHWISE_CONV_2D', 1, 3],
    ['FULLY_CONNECTED', 1, 4],
    ['MAX_POOL_2D', 1, 2],
    ['AVERAGE_POOL_2D', 1, 2],
    ['MUL', 1, 2],
    ['SOFTMAX', 1, 2],
    ['RESHAPE', 1, 1],
    ['DEQUANTIZE', 1, 2],
    ['TRANSPOSE_CONV', 1, 2],
    ['RESIZE_NEAREST_NEIGHBOR', 1, 2],
    ['QUANTIZE', 1, 1],
    ['ELU', 1, 1],
    ['HARD_SWISH', 1, 1],
    ['LEAKY_RELU', 1, 1],
    ['PRELU', 1, 1],
  ])('%s is of version %i for floats and %i for integers', (operator, float32, int8) => {
    const version = (type: 'float32' | 'int8') => {
      const quantization = { scales: [0.1], zeroPoints: [0], dimension: 0 };
      const tensors: TfliteTensor[] = [1, 2, 3].map(() => ({ type, shape: [1, 2, 2, 1], quantization }));
      return lowestVersion({ operator, inputs: [0, 1], outputs: [2], options: {} }, tensors);
    };
    expect([version('float32'), version('int8')]).toEqual([float32, int8]);
  });
});

test.each([
  { scales: [0.5, 0.5, 0.3], version: 2 },
  { scales: [0.5, 0.5, 0.25], version: 3 },
  { scales: [2, 3, 0.1], version: 3 },
])(
  'MUL of integers is of version $version where scales are $scales: from 3 on a product may be larger than its scale',
  ({ scales, version }) => {
    const tensors = scales.map(
      (scale): TfliteTensor => ({
        type: 'int8',
        shape: [1, 4],
        quantization: { scales: [scale], zeroPoints: [0], dimension: 0 },
      }),
    );
    expect(lowestVersion({ operator: 'MUL', inputs: [0, 1], outputs: [2], options: {} }, tensors)).toBe(version);
  },
);

test('integers have their scales and zero points', () => {
  const { tensors } = readTflite(writeTflite(integerNetwork(1).inner));
  expect(tensors[0]).toMatchObject({ type: 9, scales: [Math.fround(2 / 255)], zeroPoints: [-1] });
  expect(tensors[1]).toMatchObject({ type: 9, scales: [0.004, 0.01, 0.02].map(Math.fround), zeroPoints: [0, 0, 0] });
  expect(tensors[2]).toMatchObject({ type: 2 });
});

describe('options', () => {
  const m = model([4], [dense(3)]);
  const input: InputDescription = { shape: [4], scale: 0.5, offset: -1, classNames: ['one', 'two', 'für'] };

  test('input is kept in the metadata', () => {
    const { metadata } = read(m, { input });
    expect([...metadata.keys()]).toEqual(['input']);
    expect(JSON.parse(metadata.get('input') ?? '')).toEqual(input);
  });

  test('softmax ends the network', () => {
    expect(read(m, { softmax: true }).operators.map(({ code }) => code)).toEqual([9, 25]);
    expect(read(m, { io: 'float32' }).operators.map(({ code }) => code)).toEqual([9]);
  });

  test.each<[string, object, RegExp]>([
    ['an input of another model', { input: { ...input, shape: [5] } }, /encodeTflite: input.*\[5\]/],
    ['a softmax that is no truth value', { softmax: 1 }, /softmax must be true or false, got 1/],
    ['integers at the input', { io: 'int8' }, /io must be 'float32', got "?'?int8/],
    ['a quantization', { quantization: {} }, /encodeTflite.*quantization/],
  ])('refuse %s', (_, options, message) => {
    const encode = () => encodeTflite(m, drawnWeights(m, 1), options as TfliteFileOptions);
    expect(encode).toThrow(message);
  });

  test('refuse weights of another model, or without a value', () => {
    expect(() => encodeTflite(m, new Map())).toThrow(ShapeError);
    const weights = new Map([
      ...drawnWeights(m, 1),
      ['dense_1/bias', { shape: [3], data: Float32Array.of(0, Number.NaN, 0) }],
    ]) as Weights;
    expect(() => encodeTflite(m, weights)).toThrow(DataError);
    expect(() => encodeTflite(model([4], [dense(1)]), drawnWeights(model([4], [dense(1)]), 1), { softmax: true })).toThrow(
      OptionError,
    );
  });

  test('dilations of a transposed convolution that would fill a file with zeros are refused, and name the layer', () => {
    const wide = model([2, 2, 1], [conv2dTranspose(1, 2, { dilations: 20_000, name: 'wide' })]);
    expect(() => encodeTflite(wide, drawnWeights(wide, 1))).toThrow(/^wide: .*use smaller dilations/);
  });

  test('a network that no file has room for is refused before it is written', () => {
    const tensors: TfliteTensor[] = [{ type: 'float32', shape: [2 ** 28], data: new Float32Array(2 ** 28) }];
    expect(() => writeTflite({ tensors, operators: [], inputs: [], outputs: [], metadata: [] })).toThrow(OptionError);
  });
});
