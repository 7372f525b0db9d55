import { describe, expect, test } from 'vitest';
import {
  batchNorm,
  branch,
  conv2d,
  DataError,
  decodeOnnx,
  decodeSafetensors,
  dense,
  encodeSafetensors,
  flatten,
  model,
  OptionError,
  type Value,
  weightsFrom,
} from '../src/node.ts';
import { noise } from './support/onnx-graph.ts';
import { torchLeNet, torchMobileNet, torchResNet } from './support/onnx-networks.ts';
import { safetensorsOf, stateDict, torchSafetensors } from './support/torch-weights.ts';

const value = (shape: readonly number[], seed: number): Value => ({
  shape,
  data: Float32Array.from(
    noise(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
  ),
});

const LENET = ['conv1', 'conv2', 'fc1', 'fc2'].flatMap((name) => [`${name}.weight`, `${name}.bias`]);

describe('the weights of a PyTorch file are those of the ONNX file of the same network:', () => {
  test('by shapes alone, the rows behind a flattened image turned', () => {
    const { model: m, weights } = decodeOnnx(torchLeNet().bytes);
    const tensors = decodeSafetensors(encodeSafetensors(stateDict(torchLeNet().bytes, LENET))).tensors;
    expect(weightsFrom(m, tensors, { layout: 'pytorch' })).toEqual(weights);
  });

  test('by names, with counters that are no weights', () => {
    const { model: m, weights } = decodeOnnx(torchResNet().bytes);
    const modules = ['stem', 'bn', 'a1', 'a1n', 'a2', 'a2n', 'b1', 'b1n', 'b2', 'b2n', 'skip', 'skipn', 'fc'];
    const roles = modules.flatMap((name) => {
      if (name === 'fc') return ['fc.weight', 'fc.bias'];
      if (!name.endsWith('n')) return [`${name}.weight`];
      return ['weight', 'bias', 'running_mean', 'running_var'].map((role) => `${name}.${role}`);
    });
    const tensors = stateDict(torchResNet().bytes, roles);
    tensors.set('bn.num_batches_tracked', { shape: [], data: Float32Array.of(3) });
    const names = {
      conv2d_1: 'stem',
      batchNorm_1: 'bn',
      'residual_1/conv2d_1': 'a1',
      'residual_1/batchNorm_1': 'a1n',
      'residual_1/conv2d_2': 'a2',
      'residual_1/batchNorm_2': 'a2n',
      'residual_2/conv2d_1': 'b1',
      'residual_2/batchNorm_1': 'b1n',
      'residual_2/conv2d_2': 'b2',
      'residual_2/batchNorm_2': 'b2n',
      'residual_2/shortcut/conv2d_1': 'skip',
      'residual_2/shortcut/batchNorm_1': 'skipn',
      dense_1: 'fc',
      // A weight by its own name counts more than its layer's.
      'dense_1/bias': 'fc.bias',
    };
    expect(weightsFrom(m, tensors, { layout: 'pytorch', names })).toEqual(weights);
    expect(() => weightsFrom(m, tensors, { layout: 'pytorch' })).toThrow(/which of .*shapes alone do not tell.*names: \{/);
  });

  test('by channel', () => {
    const { bytes } = torchMobileNet();
    const { model: m, weights } = decodeOnnx(bytes);
    const tensors = stateDict(
      bytes,
      ['0', '1', '2', '3.fc1', '3.fc2', '4', '5'].flatMap((name) => [`${name}.weight`, `${name}.bias`]),
    );
    expect(weightsFrom(m, tensors, { layout: 'pytorch' })).toEqual(weights);
  });

  test('several of the same shapes in the order of their numbers, 10 behind 9', () => {
    const m = model([4], [dense(4), dense(4), dense(4)]);
    const tensors = new Map(
      ['layers.10', 'layers.2', 'layers.9'].flatMap((name, index): [string, Value][] => [
        [`${name}.weight`, value([4, 4], index)],
        [`${name}.bias`, value([4], index + 10)],
      ]),
    );
    const weights = weightsFrom(m, tensors, { layout: 'pytorch' });
    expect(['dense_1', 'dense_2', 'dense_3'].map((name) => weights.get(`${name}/bias`))).toEqual(
      ['layers.2', 'layers.9', 'layers.10'].map((name) => tensors.get(`${name}.bias`)),
    );
  });

  test('a normalisation of a flattened image is put in our order too', () => {
    const m = model([2, 2, 3], [flatten(), batchNorm(), dense(1)]);
    const roles = { weight: 'scale', bias: 'offset', running_mean: 'mean', running_var: 'variance' };
    const tensors = new Map<string, Value>(
      Object.keys(roles).map((role) => [`norm.${role}`, { shape: [12], data: Float32Array.from({ length: 12 }, (_, i) => i) }]),
    );
    tensors.set('out.weight', { shape: [1, 12], data: Float32Array.from({ length: 12 }, (_, i) => i) });
    tensors.set('out.bias', value([1], 1));
    const weights = weightsFrom(m, tensors, { layout: 'pytorch' });
    // Element [row, column, channel] was [channel, row, column].
    const turned = [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11];
    for (const role of Object.values(roles)) expect([...(weights.get(`batchNorm_1/${role}`)?.data ?? [])]).toEqual(turned);
    expect([...(weights.get('dense_1/weights')?.data ?? [])]).toEqual(turned);
  });
});

describe('what does not belong together is refused:', () => {
  const m = model([8, 8, 1], [conv2d(2, 3), flatten(), dense(3)]);
  const right = () =>
    new Map([
      ['a.weight', value([2, 1, 3, 3], 1)],
      ['a.bias', value([2], 2)],
      ['b.weight', value([3, 72], 3)],
      ['b.bias', value([3], 4)],
    ]);
  const from = (tensors: Map<string, Value>, names?: Record<string, string>) =>
    weightsFrom(m, tensors, { layout: 'pytorch', ...(names && { names }) });

  test('nothing of what fits', () => expect(from(right()).size).toBe(4));
  test('a tensor that is missing', () => {
    const tensors = right();
    tensors.delete('b.bias');
    expect(() => from(tensors)).toThrow(/dense_1 wants 1 of weight \[3, 72\], bias \[3\], but there are 0/);
    expect(() => from(tensors, { conv2d_1: 'a', dense_1: 'b' })).toThrow(
      /no tensor 'b.bias' for dense_1\/bias; there are a.weight/,
    );
  });
  test('one that is left over', () => {
    expect(() => from(right().set('c.weight', value([4], 1)))).toThrow(/no weights that take c.weight/);
  });
  test('one of another shape', () => {
    const tensors = right().set('b.weight', value([3, 71], 1));
    expect(() => from(tensors, { conv2d_1: 'a', dense_1: 'b' })).toThrow(
      /'b.weight' must have shape \[3, 72\] to become dense_1\/weights, but has \[3, 71\]/,
    );
  });
  test('names that are not enough, or too many', () => {
    expect(() => from(right(), { conv2d_1: 'a' })).toThrow(/nothing of dense_1; write \{ 'dense_1':/);
    expect(() => from(right(), { conv2d_1: 'a', dense_1: 'b', dense_2: 'c' })).toThrow(OptionError);
    expect(() => from(right(), { conv9: 'a', dense_1: 'b' })).toThrow(
      /names has conv9, which the model has not; it has conv2d_1, dense_1/,
    );
    const each = { 'dense_1/weights': 'b.weight', 'dense_1/bias': 'b.bias' };
    expect(() => from(right(), { conv2d_1: 'a', dense_1: 'b', ...each })).toThrow(
      /names has dense_1, and each weight of it by its own name too: leave out the one or the others/,
    );
  });
  test('flattened images that are concatenated', () => {
    const joined = model([2, 2, 3], [branch([flatten()], [conv2d(2, 1), flatten()]), dense(2)]);
    expect(() => weightsFrom(joined, new Map(), { layout: 'pytorch' })).toThrow(/branch_1 joins flattened images/);
  });
  test('another layout', () => {
    expect(() => weightsFrom(m, right(), { layout: 'caffe' as 'pytorch' })).toThrow(
      /layout must be 'pytorch' or 'keras', got "caffe"/,
    );
  });
});

describe('safetensors of other types are read as float32:', () => {
  const { tensors, metadata } = decodeSafetensors(torchSafetensors());
  test.each([
    ['I64', 'bn.num_batches_tracked', [], [7]],
    ['F32', 'bn.weight', [3], [1, 2, 3]],
    ['F16', 'conv.bias', [3], [1, -2, 0.5]],
    ['F64', 'fc.weight', [2], [Math.fround(0.1), Number.NEGATIVE_INFINITY]],
  ])('%s', (_, name, shape, data) => expect(tensors.get(name)).toEqual({ shape, data: Float32Array.from(data) }));
  test('BF16, to 8 bits of their fractions', () => {
    noise(12, 1).forEach((exact, index) => {
      expect(Math.abs((tensors.get('conv.weight')?.data[index] ?? 9) - exact)).toBeLessThan(Math.abs(exact) / 128);
    });
  });
  test('metadata', () => expect(metadata.get('format')).toBe('pt'));
  test.each([
    ['U8', Uint8Array.of(0, 255), [0, 255]],
    ['I8', Int8Array.of(-128, 127), [-128, 127]],
    ['I16', Int16Array.of(-3, 4), [-3, 4]],
    ['U16', Uint16Array.of(65535, 4), [65535, 4]],
    ['I32', Int32Array.of(-3, 4), [-3, 4]],
    ['U32', Uint32Array.of(3, 2 ** 31), [3, 2 ** 31]],
    ['U64', BigUint64Array.of(3n, 2n ** 63n), [3, 2 ** 63]],
    ['BOOL', Uint8Array.of(0, 1), [0, 1]],
  ])('%s', (dtype, elements, expected) => {
    const file = safetensorsOf({ a: { dtype, shape: [2], bytes: new Uint8Array(elements.buffer) } });
    expect([...(decodeSafetensors(file).tensors.get('a')?.data ?? [])]).toEqual(expected);
  });
  test('but not those of 8 bits', () => {
    const file = safetensorsOf({ a: { dtype: 'F8_E5M2', shape: [2], bytes: new Uint8Array(2) } });
    expect(() => decodeSafetensors(file)).toThrow(DataError);
  });
});
