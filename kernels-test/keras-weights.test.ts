import { File, Module, ready } from 'h5wasm';
import { describe, expect, test, vi } from 'vitest';
import {
  batchNorm,
  branch,
  conv2d,
  conv2dTranspose,
  DataError,
  decodeKeras,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  layerNorm,
  model,
  prelu,
  type Value,
  weightsFrom,
} from '../src/node.ts';
import { inference64 } from './support/inference64.ts';
import {
  archive,
  type Hdf5,
  hdf5,
  LAYERS,
  legacy,
  legacyOfThree,
  legacyWeights,
  value,
  variables,
} from './support/keras-files.ts';
import { outcomes } from './support/mutations.ts';

const network = model(
  [8, 8, 2],
  [
    conv2d(4, 3, { padding: 'same' }),
    batchNorm(),
    depthwiseConv2d(3, { multiplier: 2, strides: [2, 2], padding: 'same' }),
    prelu(),
    conv2d(8, 3, { groups: 2, padding: 'same', bias: false }),
    batchNorm(),
    conv2dTranspose(3, 2, { strides: 2 }),
    layerNorm(),
    dropout(0.5),
    flatten(),
    dense(5, { activation: 'relu' }),
    dense(5),
  ],
);

/** Keras' variables of each layer, as ours. */
const OURS = {
  conv2d_1: ['conv2d', 'filter', 'bias'],
  batchNorm_1: ['batch_normalization', 'scale', 'offset', 'mean', 'variance'],
  depthwiseConv2d_1: ['depthwise_conv2d', 'filter', 'bias'],
  prelu_1: ['p_re_lu', 'slope'],
  conv2d_2: ['conv2d_1', 'filter'],
  batchNorm_2: ['batch_normalization_1', 'scale', 'offset', 'mean', 'variance'],
  conv2dTranspose_1: ['conv2d_transpose', 'filter', 'bias'],
  layerNorm_1: ['layer_normalization', 'scale', 'offset'],
  dense_1: ['dense', 'weights', 'bias'],
  dense_2: ['dense_1', 'weights', 'bias'],
};

describe('the weights of a Keras file are those of the model, in their order:', () => {
  test.each<[string, () => Promise<Uint8Array>]>([
    ['.keras', async () => archive({ 'model.weights.h5': await hdf5(variables()) })],
    ['.keras that was compressed', async () => archive({ 'model.weights.h5': await hdf5(variables()) }, 9)],
    ['.weights.h5', () => hdf5(variables())],
    ['.weights.h5, compressed', () => hdf5(variables(), true)],
    [
      '.keras of TensorFlow 2.13',
      async () => archive({ 'model.weights.h5': await hdf5(variables('_layer_checkpoint_dependencies')) }),
    ],
    ['.h5 of Keras 2', () => hdf5(legacy())],
    ['.h5 of Keras 2, weights alone', () => hdf5(legacyWeights())],
    ['.h5 of Keras 3', () => hdf5(legacyOfThree())],
  ])('%s', async (_, file) => {
    const { tensors } = await decodeKeras(await file());
    const weights = weightsFrom(network, tensors, { layout: 'keras' });
    const expected = Object.entries(OURS).flatMap(([ours, [theirs = '', ...roles]]) =>
      roles.map((role, place) => [`${ours}/${role}`, [...(LAYERS[theirs]?.[place]?.data ?? [])]] as const),
    );
    expect(new Map([...weights].map(([name, { data }]) => [name, [...data]]))).toEqual(new Map(expected));
  });

  test('names are those of the file', async () => {
    const names = async (file: Hdf5) => [...(await decodeKeras(await hdf5(file))).tensors.keys()].slice(0, 4).sort();
    expect(await names(variables())).toContain('batch_normalization/0');
    expect(await names(legacy())).toContain('batch_normalization/moving_mean');
    const inner = { shape: [1], data: Float32Array.of(1) };
    expect(await names({ 'model_weights/resnet/c1/kernel:0': inner, 'model_weights/resnet/c2/kernel:0': inner })).toEqual([
      'resnet/c1/kernel',
      'resnet/c2/kernel',
    ]);
    expect(await names({ 'layers/functional/layers/conv2d/vars/0': inner })).toEqual(['functional/layers/conv2d/0']);
    // A model that is a class of its own.
    expect(await names({ 'conv1/vars/0': inner, 'head/vars/0': inner, 'optimizer/vars/0': inner })).toEqual([
      'conv1/0',
      'head/0',
    ]);
  });

  test('numbers of other types are read as float32', async () => {
    const { tensors } = await decodeKeras(
      await hdf5({
        'layers/a/vars/0': { shape: [2], data: Float64Array.of(0.1, -2) },
        'layers/a/vars/1': { shape: [], data: BigInt64Array.of(-3n) },
        'layers/a/vars/2': { shape: [2, 1], data: Uint32Array.of(3, 2 ** 31) },
      }),
    );
    expect(tensors).toEqual(
      new Map([
        ['a/0', { shape: [2], data: Float32Array.of(0.1, -2) }],
        ['a/1', { shape: [], data: Float32Array.of(-3) }],
        ['a/2', { shape: [2, 1], data: Float32Array.of(3, 2 ** 31) }],
      ]),
    );
  });
});

test('float16 is read, which the file of a test is made to have', async () => {
  const halves = new Float32Array(Uint16Array.of(0x3c00, 0xc000, 0, 0).buffer);
  const file = Buffer.from(await hdf5({ 'layers/a/vars/0': { shape: [2], data: halves } }));
  // What follows the flags of the type: bytes; offset, bits; where exponent and fraction lie, and how long they are; the exponent's bias.
  const float32 = Buffer.from('1f000400000000002000170800177f000000', 'hex');
  const float16 = Buffer.from('0f0002000000000010000a05000a0f000000', 'hex');
  expect(file.indexOf(float32)).toBeGreaterThan(0);
  float16.copy(file, file.indexOf(float32));
  const { tensors } = await decodeKeras(new Uint8Array(file));
  expect(tensors).toEqual(new Map([['a/0', { shape: [2], data: Float32Array.of(1, -2) }]]));
});

describe('layers compute what Keras defines, of', () => {
  const run = (m: ReturnType<typeof model>, tensors: Record<string, Value>, x: Value) => {
    const weights = weightsFrom(m, new Map(Object.entries(tensors)), { layout: 'keras' });
    return [...inference64(m, weights, { shape: [1, ...x.shape], data: x.data }).data];
  };
  const at = ({ shape, data }: Value, ...index: number[]) =>
    data[index.reduce((sum, i, axis) => sum * (shape[axis] ?? 1) + i, 0)] ?? Number.NaN;
  const close = (found: number[], expected: number[]) => {
    expect(found.length).toBe(expected.length);
    for (const [i, y] of found.entries()) expect(Math.abs(y - (expected[i] ?? Number.NaN))).toBeLessThan(1e-12);
  };
  const range = (n: number) => Array.from({ length: n }, (_, i) => i);
  const x = value([4, 3, 2], 1);

  test('depthwise kernels [height, width, channels, multiplier]', () => {
    const kernel = value([2, 2, 2, 3], 2);
    const y = range(3 * 2 * 6).map((i) => {
      const [row, column, channel, m] = [Math.floor(i / 12), Math.floor(i / 6) % 2, Math.floor((i % 6) / 3), i % 3];
      return range(4).reduce((sum, k) => {
        const [u, v] = [k >> 1, k & 1];
        return sum + at(x, row + u, column + v, channel) * at(kernel, u, v, channel, m);
      }, 0);
    });
    const m = model([4, 3, 2], [depthwiseConv2d(2, { multiplier: 3, padding: 'valid', bias: false })]);
    close(run(m, { 'depthwise_conv2d/depthwise_kernel': kernel }, x), y);
  });

  test('transposed kernels [height, width, outputs, inputs]', () => {
    const kernel = value([2, 2, 3, 2], 3);
    const y = new Array<number>(8 * 6 * 3).fill(0);
    for (const row of range(4))
      for (const column of range(3))
        for (const k of range(4))
          for (const out of range(3))
            for (const channel of range(2)) {
              const place = ((row * 2 + (k >> 1)) * 6 + column * 2 + (k & 1)) * 3 + out;
              y[place] = (y[place] ?? 0) + at(x, row, column, channel) * at(kernel, k >> 1, k & 1, out, channel);
            }
    const m = model([4, 3, 2], [conv2dTranspose(3, 2, { strides: 2, padding: 'valid', bias: false })]);
    close(run(m, { 'conv2d_transpose/0': kernel }, x), y);
  });

  test('dense kernels behind flattened images, and slopes that all channels share', () => {
    const kernel = value([24, 5], 4);
    const sloped = (v: number) => (v >= 0 ? v : v * 0.25);
    const y = range(5).map((out) => range(24).reduce((sum, i) => sum + sloped(x.data[i] ?? 0) * at(kernel, i, out), 0));
    const m = model([4, 3, 2], [prelu(), flatten(), dense(5, { bias: false })]);
    const tensors = { 'p_re_lu/alpha': { shape: [1, 1, 1], data: Float32Array.of(0.25) }, 'dense/kernel': kernel };
    const weights = weightsFrom(m, new Map(Object.entries(tensors)), {
      layout: 'keras',
      names: { prelu_1: 'p_re_lu', dense_1: 'dense' },
    });
    expect([...(weights.get('prelu_1/slope')?.data ?? [])]).toEqual([0.25, 0.25]);
    close(run(m, { ...tensors, 'p_re_lu/alpha': { shape: [1, 1, 2], data: Float32Array.of(0.25, 0.25) } }, x), y);
  });
});

describe('which weights belong to which layers', () => {
  const m = model([4], [dense(4), dense(4), dense(4)]);
  const named = (names: readonly string[]) =>
    new Map(
      names.flatMap((name, index): [string, Value][] => [
        [`${name}/kernel`, value([4, 4], index)],
        [`${name}/bias`, value([4], index + 10)],
      ]),
    );

  test('is told by numbers, the first of which is left out', () => {
    const tensors = named(['dense_10', 'dense', 'dense_2']);
    const weights = weightsFrom(m, tensors, { layout: 'keras' });
    expect(['dense_1', 'dense_2', 'dense_3'].map((name) => weights.get(`${name}/bias`)?.data)).toEqual(
      ['dense', 'dense_2', 'dense_10'].map((name) => tensors.get(`${name}/bias`)?.data),
    );
  });

  test('is refused where names do not tell, and taken from a map', () => {
    const tensors = named(['first', 'second', 'third']);
    expect(() => weightsFrom(m, tensors, { layout: 'keras' })).toThrow(/which of first, second, third are dense_1.*names: \{/);
    const names = { dense_1: 'third', dense_2: 'first', dense_3: 'second', 'dense_3/bias': 'second/bias' };
    expect(weightsFrom(m, tensors, { layout: 'keras', names }).get('dense_1/bias')?.data).toEqual(
      tensors.get('third/bias')?.data,
    );
  });

  test('is refused where one is missing, left over or of another shape', () => {
    expect(() => weightsFrom(m, named(['dense', 'dense_1']), { layout: 'keras' })).toThrow(
      /want 3 of kernel \[4, 4\], bias \[4\], but there are 2/,
    );
    const tensors = named(['dense', 'dense_1', 'dense_2']).set('dense_3/kernel', value([2, 2], 1));
    expect(() => weightsFrom(m, tensors, { layout: 'keras' })).toThrow(/no weights that take dense_3\/kernel/);
    const names = { dense_1: 'dense', dense_2: 'dense_1', dense_3: 'dense_3' };
    expect(() => weightsFrom(m, tensors, { layout: 'keras', names })).toThrow(/must have shape \[4, 4\] .*but has \[2, 2\]/);
  });

  test('a layer that is two of ours is told weight by weight', () => {
    const separable = model([8, 8, 2], [depthwiseConv2d(3, { bias: false }), conv2d(4, 1)]);
    const [depthwise, pointwise, bias] = [value([3, 3, 2, 1], 1), value([1, 1, 2, 4], 2), value([4], 3)];
    const names = {
      'depthwiseConv2d_1/filter': 'separable_conv2d/0',
      'conv2d_1/filter': 'separable_conv2d/1',
      'conv2d_1/bias': 'separable_conv2d/2',
    };
    const tensors = new Map([depthwise, pointwise, bias].map((v, i) => [`separable_conv2d/${i}`, v]));
    const weights = weightsFrom(separable, tensors, { layout: 'keras', names });
    expect([...weights.values()].map(({ data }) => data)).toEqual([depthwise.data, pointwise.data, bias.data]);
  });

  test('and a weight that Keras leaves out is put beside them', () => {
    const normalised = model([4], [batchNorm(), dense(2)]);
    const tensors = new Map([
      ...['0', '1', '2'].map((place, i) => [`batch_normalization/${place}`, value([4], i)] as const),
      ['dense/0', value([4, 2], 4)],
      ['dense/1', value([2], 5)],
      ['ones', { shape: [4], data: new Float32Array(4).fill(1) }],
    ]);
    const names = {
      'batchNorm_1/scale': 'ones',
      'batchNorm_1/offset': 'batch_normalization/0',
      'batchNorm_1/mean': 'batch_normalization/1',
      'batchNorm_1/variance': 'batch_normalization/2',
      dense_1: 'dense',
    };
    const weights = weightsFrom(normalised, tensors, { layout: 'keras', names });
    expect([...(weights.get('batchNorm_1/scale')?.data ?? [])]).toEqual([1, 1, 1, 1]);
    expect(weights.get('batchNorm_1/variance')?.data).toEqual(tensors.get('batch_normalization/2')?.data);
  });

  test('flattened images that are concatenated lie as in Keras', () => {
    const joined = model([2, 2, 3], [branch([flatten()], [conv2d(2, 1), flatten()]), dense(2)]);
    const tensors = new Map([
      ['conv2d/0', value([1, 1, 3, 2], 1)],
      ['conv2d/1', value([2], 2)],
      ['dense/0', value([20, 2], 3)],
      ['dense/1', value([2], 4)],
    ]);
    expect(weightsFrom(joined, tensors, { layout: 'keras' }).size).toBe(4);
  });
});

describe('a file that is not to be read is a DataError:', () => {
  const refused = async (bytes: Uint8Array, text: RegExp) => {
    const error = await decodeKeras(bytes).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(text);
  };

  test('neither format, nothing, or cut short', async () => {
    await refused(new Uint8Array(100), /neither a .keras file, which is a zip archive, nor an HDF5 file/);
    await refused(new Uint8Array(), /neither/);
    const file = await hdf5(legacy());
    await refused(file.slice(0, file.length / 2), /damaged or cut short/);
    await refused(archive({ 'model.weights.h5': file }).slice(0, 1000), /the archive is damaged/);
  });

  test('without weights', async () => {
    await refused(archive({ 'model.weights.npz': new Uint8Array(10) }), /has no model.weights.h5; it has .*model.weights.npz/);
    await refused(await hdf5({ 'layers/flatten/vars': null }), /no weights of layers/);
  });

  test('an archive whose weights were changed', async () => {
    const file = archive({ 'model.weights.h5': await hdf5(variables()) });
    const changed = file.slice();
    changed[file.length >> 1] = ~(file[file.length >> 1] ?? 0);
    await refused(changed, /model.weights.h5 in the archive is damaged/);
  });

  test('one that unpacks to more than it can hold', async () => {
    await refused(
      archive({ 'model.weights.h5': new Uint8Array(1e6) }, 9),
      /of 1000000 bytes is larger than an archive of this size/,
    );
    const zeros = { shape: [1000, 1000], data: new Float32Array(1e6) };
    await refused(await hdf5({ 'layers/dense/vars/0': zeros }, true), /layers\/dense\/vars\/0 of \[1000, 1000\] is larger than/);
  });

  test('compressed weights that were changed', async () => {
    const file = await hdf5({ 'layers/dense/vars/0': value([40, 40], 1) }, true);
    // Near its end lie the weights.
    file[file.length - 2000] = ~(file.at(-2000) ?? 0);
    await refused(file, /layers\/dense\/vars\/0 is damaged/);
  });

  test('groups that hold themselves', async () => {
    await refused(await hdf5({ 'layers/dense/vars/0': value([4], 1) }, false, { 'layers/dense/again': 'layers' }), /24 deep/);
  });

  test('texts for weights', async () => {
    await ready;
    const file = new File('/texts.h5', 'w');
    file.create_group('dense');
    file.create_dataset({ name: 'dense/kernel', data: ['a', 'b'] });
    file.close();
    await refused(Module.FS.readFile('/texts.h5') as Uint8Array<ArrayBuffer>, /dense\/kernel holds no integers or floats/);
  });

  test('thousand mutations, without a word on the console', async () => {
    const small = { 'layers/dense/vars/0': value([4, 3], 1), 'layers/dense/vars/1': value([3], 2) };
    const files = [await hdf5(small), await hdf5(small, true), archive({ 'model.weights.h5': await hdf5(small) }, 9)];
    const spoken = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { read, refused: damaged } = await outcomes(files, decodeKeras);
    expect(spoken).not.toHaveBeenCalled();
    spoken.mockRestore();
    expect(Math.min(read, damaged)).toBeGreaterThan(100);
    // What was damaged leaves nothing behind.
    expect((await decodeKeras(files[0] as Uint8Array)).tensors.size).toBe(2);
  });
});

test('says how to install h5wasm where it is not', async () => {
  const file = await hdf5({ 'layers/dense/vars/0': value([4, 3], 1) });
  vi.resetModules();
  vi.doMock('h5wasm', () => {
    throw new Error("Cannot find package 'h5wasm'");
  });
  const { decodeKeras: without } = await import('../src/import/keras/decode.ts');
  await expect(without(file)).rejects.toThrow(/the package h5wasm.*npm install h5wasm/);
  vi.doUnmock('h5wasm');
});
