import { describe, expect, test } from 'vitest';
import { deployed } from '../src/deploy/deployed.ts';
import { exportGraph } from '../src/deploy/graph.ts';
import {
  activation,
  batchNorm,
  branch,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  type Layer,
  type Model,
  maxPool2d,
  model,
  OptionError,
  repeat,
  residual,
} from '../src/node.ts';
import { dequantizedWeights } from '../src/quantize/dequantized.ts';
import { activationGroups } from '../src/quantize/groups.ts';
import { roundHalfAway, roundHalfEven } from '../src/quantize/rounding.ts';
import { toIntegers } from '../src/quantize/to-integers.ts';
import { isQuantizedTensor } from '../src/quantize/types.ts';
import { drawnInput, drawnWeights } from './support/exported-models.ts';
import { difference, inference64 } from './support/inference64.ts';

const image = (...layers: Layer[]) => model([6, 6, 2], layers);

describe('a model as it leaves', () => {
  test.each<[string, Model]>([
    ['behind convolutions', image(conv2d(3, 3, { bias: false }), batchNorm(), activation('relu'), conv2d(2, 3), batchNorm())],
    ['behind a dense layer', image(flatten(), dense(4, { bias: false }), batchNorm(), dropout(0.5), dense(2))],
    [
      'inside of other layers',
      image(
        residual(depthwiseConv2d(3, { padding: 'same', bias: false }), batchNorm(), activation('relu')),
        branch([conv2d(2, 1, { bias: false }), batchNorm()], [conv2d(2, 1)]),
        repeat(2, conv2d(4, 3, { padding: 'same', bias: false }), batchNorm()),
      ),
    ],
  ])('has no batch normalisation and gives the same: %s', (_, m) => {
    const weights = drawnWeights(m, 1);
    const leaving = deployed(m, weights);
    expect(JSON.stringify(leaving.model)).not.toContain('batchNorm');
    const x = drawnInput(m, 2, 3);
    expect(difference(inference64(m, weights, x), inference64(leaving.model, leaving.weights, x))).toBeLessThan(1e-6);
    const names = ({ operations }: ReturnType<typeof exportGraph>) => operations.map(({ output }) => output.name);
    expect(names(exportGraph(leaving.model, leaving.weights))).toEqual(names(exportGraph(m, weights)));
  });

  test('is itself where there is none', () => {
    const m = image(conv2d(3, 3));
    const weights = drawnWeights(m, 1);
    expect(deployed(m, weights)).toEqual({ model: m, weights });
  });

  test('is refused with the name of a normalisation that nothing takes in', () => {
    const m = image(conv2d(3, 3, { activation: 'relu' }), batchNorm({ name: 'apart' }));
    expect(() => deployed(m, drawnWeights(m, 1))).toThrow(OptionError);
    expect(() => deployed(m, drawnWeights(m, 1))).toThrow(/^apart: /);
  });
});

describe('values share a scale', () => {
  const groups = (m: Model) =>
    activationGroups(exportGraph(m, drawnWeights(m, 1))).map(({ tensors }) => tensors.map(({ name }) => name));

  test.each<[string, Model, string[][]]>([
    [
      'through poolings and reshapes, and a ReLU has none before it',
      image(conv2d(3, 3, { activation: 'relu' }), maxPool2d(2), flatten(), dense(2)),
      [['input'], ['conv2d_1/relu', 'maxPool2d_1/maxPool2d', 'flatten_1/reshape'], ['dense_1/dense']],
    ],
    [
      'where they are joined',
      image(branch([conv2d(2, 1)], [conv2d(3, 1, { activation: 'relu6' })])),
      [['input'], ['branch_1/0/conv2d_1/conv2d', 'branch_1/1/conv2d_1/relu6', 'branch_1/concat']],
    ],
    [
      'and not where they are added',
      image(residual(conv2d(2, 1, { activation: { type: 'leakyRelu', slope: 0.1 } }))),
      [['input'], ['residual_1/conv2d_1/conv2d'], ['residual_1/conv2d_1/leakyRelu'], ['residual_1/add']],
    ],
    [
      'at the inputs of a layer that is repeated',
      image(repeat(2, conv2d(2, 3, { padding: 'same' }))),
      [['input', 'repeat_1/conv2d_1/conv2d'], ['repeat_1/conv2d_1/conv2d:2']],
    ],
  ])('%s', (_, m, expected) => {
    expect(
      groups(m)
        .map((names) => [...names].sort())
        .sort(),
    ).toEqual(expected.map((names) => [...names].sort()).sort());
  });
});

describe('integers', () => {
  const m = image(conv2d(3, 3), flatten(), dense(2));
  const weights = drawnWeights(m, 1);
  const names = exportGraph(m, weights).operations.map(({ output }) => output.name);
  const activations = new Map(['input', ...names].map((name, i) => [name, { scale: Math.fround(0.01 * (i + 1)), zeroPoint: i }]));
  const scales = new Map([
    ['conv2d_1/filter', Float32Array.of(0.01, 0.02, 0.5)],
    ['dense_1/weights', Float32Array.of(0.02, 0.03)],
  ]);

  test.each([8, 6, 5, 4, 3, 2] as const)('of %i bits are the nearest to each weight', (bits) => {
    const quantized = toIntegers({ model: m, weights }, { bits: { weights: bits, activations: 8 }, scales, activations });
    const most = 2 ** (bits - 1) - 1;
    for (const [name, own] of scales) {
      const tensor = quantized.weights.get(name);
      if (!tensor || !isQuantizedTensor(tensor)) expect.unreachable();
      const { data = new Float32Array() } = weights.get(name) ?? {};
      tensor.integers.forEach((integer, i) => {
        const exact = (data[i] ?? 0) / (own[i % own.length] ?? 1);
        expect(Math.abs(integer - Math.min(Math.max(exact, -most), most))).toBeLessThanOrEqual(0.5 + 1e-6 * Math.abs(exact));
      });
    }
    const bias = quantized.weights.get('conv2d_1/bias');
    if (!bias || !isQuantizedTensor(bias)) expect.unreachable();
    const back = dequantizedWeights(quantized);
    expect([...back.keys()]).toEqual([...weights.keys()]);
    bias.integers.forEach((integer, k) => {
      const scale = 0.01 * (scales.get('conv2d_1/filter')?.[k] ?? 0);
      expect(Math.abs(integer * scale - (weights.get('conv2d_1/bias')?.data[k] ?? 0))).toBeLessThanOrEqual(0.51 * scale);
      expect(back.get('conv2d_1/bias')?.data[k]).toBeCloseTo(integer * scale, 6);
    });
  });

  test('leave biases as they are where activations are floats', () => {
    const quantized = toIntegers(
      { model: m, weights },
      { bits: { weights: 4, activations: 'float' }, scales, activations: new Map() },
    );
    expect(quantized.weights.get('conv2d_1/bias')).toEqual(weights.get('conv2d_1/bias'));
  });

  test('a bias that is far larger than its weights fits', () => {
    const dead = new Map(weights).set('dense_1/bias', { shape: [2], data: Float32Array.of(5, 0) });
    const tiny = new Map(scales).set('dense_1/weights', Float32Array.of(1e-30, 0.03));
    const quantized = toIntegers(
      { model: m, weights: dead },
      { bits: { weights: 8, activations: 8 }, scales: tiny, activations },
    );
    const bias = quantized.weights.get('dense_1/bias');
    if (!bias || !isQuantizedTensor(bias)) expect.unreachable();
    expect((bias.integers[0] ?? 0) / 2 ** 30).toBeCloseTo(1, 6);
  });

  test('need a scale for each output channel', () => {
    const wrong = new Map(scales).set('dense_1/weights', Float32Array.of(1));
    expect(() => toIntegers({ model: m, weights }, { bits: { weights: 8, activations: 8 }, scales: wrong, activations })).toThrow(
      /'dense_1\/weights' needs 2 scales/,
    );
  });

  test('are rounded as they say', () => {
    expect([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, -2.6].map(roundHalfEven)).toEqual([-2, -2, -0, 0, 2, 2, 2, -3]);
    expect([-2.5, -0.5, 0.5, 2.5, 2.4].map(roundHalfAway)).toEqual([-3, -1, 1, 3, 2]);
  });
});
