import { describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import { inheritWeights } from '../src/inherit/inherit-weights.ts';
import { parametersOf } from '../src/model/resolve.ts';
import type { InputShape } from '../src/model/types.ts';
import { checkWeights } from '../src/model/weights.ts';
import {
  activation,
  avgPool2d,
  batchNorm,
  branch,
  channelShuffle,
  constant,
  conv2d,
  conv2dTranspose,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  gate,
  globalAvgPool2d,
  join,
  type Layer,
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
  type Weights,
  zoo,
} from '../src/node.ts';
import { mutateModel } from '../src/search/space/mutate.ts';
import { sampleModel } from '../src/search/space/sample.ts';
import { DEFAULT_SPACE } from '../src/search/space/space.ts';
import { difference, inference64 } from './support/inference64.ts';
import { randomModel } from './support/random-models.ts';

/** Weights of no pattern, running statistics among them. */
function randomWeights(m: Model, seed: number): Weights {
  return new Map(
    parametersOf(m).map(({ name, shape }, index) => {
      const random = new Random(seed, index);
      const spread = 1 / Math.sqrt(Math.max(1, elements(shape.slice(0, -1))));
      const draw = () => (name.endsWith('variance') ? 0.5 + random.uniform() : spread * random.normal());
      return [name, { shape, data: Float32Array.from({ length: elements(shape) }, draw) }];
    }),
  );
}

function batchFor({ input }: Model, seed = 5) {
  const random = new Random(seed, 0);
  const shape = [3, ...input];
  return { shape, data: Float32Array.from({ length: elements(shape) }, () => random.normal()) };
}

/** How far the child is from the parent as it begins, relative to the largest output. */
function apart(parent: Model, child: Model, seed = 1): number {
  const weights = randomWeights(parent, seed);
  const x = batchFor(parent);
  const given = inheritWeights(parent, weights, child, seed);
  checkWeights(child, given.weights);
  return difference(inference64(parent, weights, x), inference64(child, given.weights, x));
}

const IMAGE: InputShape = [8, 8, 2];
const relu = { padding: 'same', activation: 'relu' } as const;
const network = (...layers: Layer[]) => model(IMAGE, [...layers, flatten(), dense(4)]);

/** Each layer with features of its own, but the last, with more of them. */
function widened(layers: readonly Layer[], random: Random, isOutput = true): Layer[] {
  const last = isOutput ? layers.length - 1 : -1;
  return layers.map((layer, index): Layer => {
    if (index === last) return layer;
    const more = 1 + random.below(3);
    if (layer.type === 'conv2d') return { ...layer, filters: layer.filters + more };
    if (layer.type === 'dense') return { ...layer, units: layer.units + more };
    if (layer.type === 'branch') return { ...layer, paths: layer.paths.map((path) => widened(path, random, false)) };
    return layer;
  });
}

describe('a child begins as its parent', () => {
  test('with the very same weights where it is the same', () => {
    for (let seed = 0; seed < 20; seed++) {
      const parent = randomModel(seed);
      const weights = randomWeights(parent, seed);
      const { weights: given, inherited, fresh } = inheritWeights(parent, weights, parent, 1);
      expect(given).toEqual(weights);
      expect(fresh).toEqual([]);
      expect(inherited).toEqual([...weights.keys()]);
    }
  });

  test.each(Array.from({ length: 30 }, (_, seed) => seed))('where it is wider: random model %i', (seed) => {
    const parent = randomModel(seed);
    const child = model(parent.input, widened(parent.layers, new Random(seed, 1)));
    expect(apart(parent, child, seed)).toBeLessThan(1e-5);
  });

  const before = [conv2d(5, 3, relu)];
  const parent = network(...before);
  const wide = network(conv2d(5, 3, relu), conv2d(3, 1));
  const inserted: [string, Model, Model][] = [
    ['a convolution of 1x1', parent, network(...before, conv2d(5, 1, { activation: 'relu' }))],
    ['one of 3x3', parent, network(...before, conv2d(5, 3, relu))],
    ['one of 4x4, wider', parent, network(...before, conv2d(7, 4, relu))],
    ['one without activation', wide, network(conv2d(5, 3, relu), conv2d(3, 1), conv2d(6, 5, { padding: 'same' }))],
    ['a separable one', parent, network(...before, depthwiseConv2d(3, { padding: 'same' }), conv2d(5, 1, relu))],
    ['a depthwise one of two each', parent, network(...before, depthwiseConv2d(3, { padding: 'same', multiplier: 2 }))],
    ['a transposed one', parent, network(...before, conv2dTranspose(6, 3, { padding: 'same' }))],
    ['a condense block', parent, network(...before, conv2d(5, 1, relu), branch([conv2d(3, 1, relu)], [conv2d(2, 3, relu)]))],
    ['a residual', parent, network(...before, residual(conv2d(5, 3, relu)))],
    ['a residual with a projection', parent, network(...before, residual({ shortcut: [conv2d(6, 1)] }, conv2d(6, 3, relu)))],
    [
      'a residual with a normalisation',
      parent,
      network(...before, residual(conv2d(5, 3, { padding: 'same', bias: false }), batchNorm())),
    ],
    ['a sum of two', parent, network(...before, merge('add', [], [conv2d(5, 3, relu)]))],
    ['a repeated convolution', parent, network(...before, repeat(3, conv2d(5, 3, relu)))],
    ['a normalisation', parent, network(...before, batchNorm())],
    ['a PReLU', parent, network(...before, prelu())],
    ['a shuffle', parent, network(...before, channelShuffle(5), dropout(0.5))],
    [
      'a normalisation in place of a bias',
      parent,
      network(conv2d(5, 3, { padding: 'same', bias: false }), batchNorm(), activation('relu')),
    ],
    ['a PReLU in place of a ReLU', parent, network(conv2d(5, 3, { padding: 'same' }), prelu({ init: constant(0.3) }))],
    ['a hidden layer', parent, model(IMAGE, [...before, flatten(), dense(330, { activation: 'relu' }), dense(4)])],
  ];
  test.each(inserted)('with %s more', (_, from, to) => {
    expect(apart(from, to)).toBeLessThan(1e-5);
  });

  const bare = { padding: 'same', bias: false } as const;
  const changed: [string, Model, Model][] = [
    ['3x3 in 5x5', parent, network(conv2d(5, 5, relu))],
    [
      'a normalisation folded',
      network(conv2d(5, 3, { padding: 'same' }), batchNorm()),
      network(conv2d(5, 3, { padding: 'same' })),
    ],
    [
      'an average over the image in a dense layer',
      model(IMAGE, [conv2d(4, 1), globalAvgPool2d()]),
      model(IMAGE, [flatten(), dense(4)]),
    ],
    ['a narrower network where nothing read the rest', network(conv2d(5, 3, bare)), network(conv2d(8, 3, bare))],
  ];
  test.each(changed.slice(0, 3))('%s', (_, from, to) => {
    expect(apart(from, to)).toBeLessThan(1e-5);
  });

  test('and is narrowed again to what it was', () => {
    const [, from, to] = changed[3] ?? expect.fail('no networks');
    const weights = randomWeights(from, 3);
    const { weights: wider } = inheritWeights(from, weights, to, 3);
    expect(inheritWeights(to, wider, from, 4).weights).toEqual(weights);
  });

  test('in every layer type, a wider convolution before it', () => {
    const layers: Layer[][] = [
      [tap('a'), conv2d(6, 3, relu), join('a')],
      [gate(globalAvgPool2d(), dense(6, { activation: 'sigmoid' }))],
      [prelu(), upsample2d(2)],
      [avgPool2d(2), maxPool2d(2)],
      [reshape([384])],
      [merge('multiply', [conv2d(6, 1)], [conv2d(6, 3, relu)])],
      [residual(conv2d(6, 3, relu))],
      [repeat(2, conv2d(6, 1))],
      [layerNorm({ axes: 'sample', scalar: true })],
    ];
    for (const [index, list] of layers.entries()) {
      const classes = list[0]?.type === 'reshape' ? [dense(4)] : [flatten(), dense(4)];
      const from = model(IMAGE, [conv2d(6, 3, relu), ...list, ...classes]);
      const to = model(IMAGE, [
        conv2d(8, 3, relu),
        ...list.map((layer) =>
          JSON.parse(
            JSON.stringify(layer)
              .replace(/"(filters|units)":6/g, '"$1":8')
              .replace('384', '512'),
          ),
        ),
        ...classes,
      ]);
      const weights = randomWeights(from, index);
      const { inherited, fresh, weights: given } = inheritWeights(from, weights, to, 1);
      checkWeights(to, given);
      expect([...inherited, ...fresh].sort()).toEqual([...given.keys()].sort());
      // A norm over more features is another one, and a vector's places are others.
      const exact = list[0]?.type !== 'layerNorm';
      if (exact) expect(apart(from, to, index), list[0]?.type).toBeLessThan(1e-5);
    }
  });
});

describe('a narrower child', () => {
  test('has the features that count most: by what makes and what reads them', () => {
    const from = model(IMAGE, [conv2d(4, 1, { bias: false }), globalAvgPool2d(), dense(2, { bias: false })]);
    const weights: Weights = new Map([
      ['conv2d_1/filter', { shape: [1, 1, 2, 4], data: Float32Array.of(1, 5, 3, 2, 1, 5, 3, 2) }],
      // The second is hardly read.
      ['dense_1/weights', { shape: [4, 2], data: Float32Array.of(4, 4, 0.1, 0.1, 3, 3, 1, 1) }],
    ]);
    const to = model(IMAGE, [conv2d(2, 1, { bias: false }), globalAvgPool2d(), dense(2, { bias: false })]);
    const { weights: given } = inheritWeights(from, weights, to, 1);
    expect([...(given.get('conv2d_1/filter')?.data ?? [])]).toEqual([1, 3, 1, 3]);
    expect([...(given.get('dense_1/weights')?.data ?? [])]).toEqual([4, 4, 3, 3]);
  });

  test('by the scale of the normalisation, and takes its numbers along', () => {
    const layers = (filters: number) => [
      conv2d(filters, 1, { bias: false }),
      batchNorm(),
      globalAvgPool2d(),
      dense(2, { bias: false }),
    ];
    const from = model(IMAGE, layers(3));
    const numbers = (...data: number[]) => ({ shape: [3], data: Float32Array.from(data) });
    const weights: Weights = new Map([
      ['conv2d_1/filter', { shape: [1, 1, 2, 3], data: Float32Array.of(9, 1, 1, 9, 1, 1) }],
      ['batchNorm_1/scale', numbers(0.1, 1, -2)],
      ['batchNorm_1/offset', numbers(1, 2, 3)],
      ['batchNorm_1/mean', numbers(4, 5, 6)],
      ['batchNorm_1/variance', numbers(7, 8, 9)],
      ['dense_1/weights', { shape: [3, 2], data: Float32Array.of(1, 1, 1, 1, 1, 1) }],
    ]);
    const { weights: given, fresh } = inheritWeights(from, weights, model(IMAGE, layers(2)), 1);
    expect(fresh).toEqual([]);
    expect([...given].slice(1, 5).map(([, { data }]) => [...data])).toEqual([
      [1, -2],
      [2, 3],
      [5, 6],
      [8, 9],
    ]);
  });

  test('reads a larger window from its middle, and half as many pixels as the mean of those that they cover', () => {
    const from = model([4, 4, 1], [conv2d(1, 5, { padding: 'same', bias: false }), flatten(), dense(1, { bias: false })]);
    const weights: Weights = new Map([
      ['conv2d_1/filter', { shape: [5, 5, 1, 1], data: Float32Array.from({ length: 25 }, (_, index) => index) }],
      ['dense_1/weights', { shape: [16, 1], data: Float32Array.from({ length: 16 }, (_, index) => index) }],
    ]);
    const to = model(
      [4, 4, 1],
      [conv2d(1, 3, { padding: 'same', bias: false }), maxPool2d(2), flatten(), dense(1, { bias: false })],
    );
    const { weights: given } = inheritWeights(from, weights, to, 1);
    expect([...(given.get('conv2d_1/filter')?.data ?? [])]).toEqual([6, 7, 8, 11, 12, 13, 16, 17, 18]);
    expect([...(given.get('dense_1/weights')?.data ?? [])]).toEqual([
      0 + 1 + 4 + 5,
      2 + 3 + 6 + 7,
      8 + 9 + 12 + 13,
      10 + 11 + 14 + 15,
    ]);
  });
});

test('a linear layer that is taken away goes into the next', () => {
  const from = model(IMAGE, [conv2d(3, 1, { bias: false }), conv2d(5, 1, { bias: false }), globalAvgPool2d(), dense(4)]);
  const to = model(IMAGE, [conv2d(3, 1, { bias: false }), globalAvgPool2d(), dense(4)]);
  expect(apart(from, to)).toBeLessThan(1e-5);
});

test('the same for the same seed, and what is fresh is another for another', () => {
  const from = randomModel(3);
  const to = model(from.input, widened(from.layers, new Random(1, 1)));
  const weights = randomWeights(from, 1);
  expect(inheritWeights(from, weights, to, 7)).toEqual(inheritWeights(from, weights, to, 7));
  expect(inheritWeights(from, weights, to, 8).weights).not.toEqual(inheritWeights(from, weights, to, 7).weights);
});

test('200 children of the space have weights of their shapes, finite, most of them made of the parent’s', () => {
  const random = new Random(11, 0);
  let [made, all] = [0, 0];
  for (let pair = 0; pair < 200; pair++) {
    const parent = sampleModel(DEFAULT_SPACE, [28, 28, 1], 10, random);
    const child = mutateModel(parent, DEFAULT_SPACE, random)?.model ?? parent;
    if (parametersOf(parent).some(({ shape }) => elements(shape) > 50_000)) continue;
    const { weights, inherited, fresh } = inheritWeights(parent, randomWeights(parent, pair), child, pair);
    checkWeights(child, weights);
    for (const { data } of weights.values()) expect(data.every(Number.isFinite)).toBe(true);
    made += inherited.length;
    all += inherited.length + fresh.length;
  }
  expect(made / all).toBeGreaterThan(0.9);
});

test('networks of two kinds have weights of their shapes too', () => {
  const networks = Array.from({ length: 30 }, (_, seed) => randomModel(seed));
  for (const [index, parent] of networks.entries())
    for (const child of networks.filter(({ input }) => input.join() === parent.input.join()).slice(0, 10)) {
      const { weights } = inheritWeights(parent, randomWeights(parent, index), child, 1);
      checkWeights(child, weights);
    }
});

test('other weights and other inputs are refused', () => {
  const parent = zoo['dhingra/optimized'] ?? expect.fail('no network');
  expect(() => inheritWeights(parent, new Map(), parent, 1)).toThrow('is missing');
  const other = model([8, 8, 1], [flatten(), dense(10)]);
  expect(() => inheritWeights(other, randomWeights(other, 1), parent, 1)).toThrow('both must take the same');
});
