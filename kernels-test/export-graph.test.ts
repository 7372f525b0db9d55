import { describe, expect, test } from 'vitest';
import { elements } from '../src/core/value.ts';
import { evaluateExported } from '../src/deploy/evaluate.ts';
import { exportGraph, readersOf } from '../src/deploy/graph.ts';
import { parametersOf } from '../src/model/resolve.ts';
import {
  activation,
  batchNorm,
  branch,
  conv2d,
  conv2dTranspose,
  DataError,
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
  reshape,
  residual,
  ShapeError,
  type Weights,
} from '../src/node.ts';
import { toTensor64 } from '../src/reference/index.ts';
import {
  activationModels,
  composedModel,
  drawnInput,
  drawnWeights,
  layerModels,
  leavingZoo,
  windowModel,
} from './support/exported-models.ts';
import { difference, inference64 } from './support/inference64.ts';
import { randomModel } from './support/random-models.ts';
import { uNet } from './support/small-networks.ts';

/** The largest difference between what leaves and the model itself, both in float64, relative to the largest output. */
function changeOf(m: Model, weights: Weights): number {
  const x = drawnInput(m, 2, 3);
  const expected = inference64(m, weights, x);
  const found = evaluateExported(exportGraph(m, weights), toTensor64(x));
  expect(found.shape).toEqual(expected.shape);
  return difference(expected, found);
}

/** Of weights that took in a normalisation, and are float32 again. */
const ROUNDING = 1e-6;

const typesOf = (m: Model) => exportGraph(m, drawnWeights(m, 1)).operations.map(({ type }) => type);

describe('what leaves computes the same', () => {
  test.each(layerModels())('$title', ({ m }) => {
    expect(changeOf(m, drawnWeights(m, 1))).toBeLessThan(ROUNDING);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('as a random model, number %i', (seed) => {
    const [random, composed] = [randomModel(seed), composedModel(seed)];
    expect(changeOf(random, drawnWeights(random, seed))).toBeLessThan(ROUNDING);
    expect(changeOf(composed, drawnWeights(composed, seed))).toBeLessThan(ROUNDING);
  });

  test('as a transposed convolution whose window is smaller than its stride', () => {
    const m = model([3, 2, 2], [conv2dTranspose(3, [1, 2], { strides: 3, padding: 'same' })]);
    expect(changeOf(m, drawnWeights(m, 1))).toBeLessThan(ROUNDING);
  });

  test('as every activation and window', () => {
    for (const { m, title } of activationModels()) expect(changeOf(m, drawnWeights(m, 1)), title).toBeLessThan(ROUNDING);
    for (let seed = 0; seed < 40; seed++) {
      const m = windowModel(seed);
      expect(changeOf(m, drawnWeights(m, seed)), `window ${seed}`).toBeLessThan(ROUNDING);
    }
  });

  test('as a U-net', () => {
    const m = uNet({ size: 8, features: 2, levels: 2 });
    expect(changeOf(m, drawnWeights(m, 1))).toBeLessThan(ROUNDING);
  });
});

test('every published network leaves', () => {
  for (const [name, m] of Object.entries(leavingZoo)) {
    // Of zeros, since some have millions of weights.
    const { output } = exportGraph(m, zeroWeights(m));
    expect(output.shape.length, name).toBe(1);
  }
});

function zeroWeights(m: Model): Weights {
  return new Map([...drawnShapes(m)].map(([name, shape]) => [name, { shape, data: new Float32Array(elements(shape)) }]));
}

describe('batch normalisation', () => {
  const same = { padding: 'same' } as const;
  test.each<[string, Layer[]]>([
    ['a convolution', [conv2d(4, 3, { bias: false }), batchNorm()]],
    ['a convolution with a bias, behind dropout', [conv2d(4, 3), dropout(0.5), batchNorm()]],
    ['a depthwise convolution', [depthwiseConv2d(3, { multiplier: 2 }), batchNorm()]],
    ['a transposed convolution in groups', [conv2dTranspose(4, 3, { strides: 2, groups: 2 }), batchNorm()]],
    ['a dense layer, twice', [flatten(), dense(5), batchNorm({ epsilon: 0.1 }), batchNorm()]],
    ['a convolution that is repeated', [repeat(3, conv2d(2, 3, same), batchNorm())]],
    [
      'convolutions of shared weights with one shared normalisation',
      [
        conv2d(2, 3, { ...same, shared: 'c' }),
        batchNorm({ shared: 'n' }),
        conv2d(2, 3, { ...same, shared: 'c' }),
        batchNorm({ shared: 'n' }),
      ],
    ],
  ])('is folded into %s', (_, layers) => {
    const m = model([5, 4, 2], layers);
    expect(typesOf(m)).not.toContain('scaleOffset');
    expect(changeOf(m, drawnWeights(m, 2))).toBeLessThan(ROUNDING);
  });

  test.each<[string, Layer[]]>([
    ['behind an activation', [conv2d(4, 3, { activation: 'relu' }), batchNorm()]],
    ['behind a pooling', [maxPool2d(2), batchNorm()]],
    ['of what somebody else reads', [conv2d(2, 3, same), residual(batchNorm(), activation('relu'))]],
    [
      'where shared weights have several, so that they are there once',
      [conv2d(2, 3, { ...same, shared: 'c' }), batchNorm(), conv2d(2, 3, { ...same, shared: 'c' }), batchNorm()],
    ],
    ['whose channels are pixels too', [conv2d(2, 3), flatten(), batchNorm()]],
  ])('stays a scale and offset %s', (_, layers) => {
    const m = model([5, 4, 2], layers);
    expect(typesOf(m)).toContain('scaleOffset');
    expect(changeOf(m, drawnWeights(m, 2))).toBeLessThan(ROUNDING);
  });
});

test('weights that are shared or repeated are there once, under their own names', () => {
  const m = model([4], [dense(4, { shared: 'a' }), repeat(5, dense(4, { name: 'again' })), dense(4, { shared: 'a' })]);
  const { constants, operations } = exportGraph(m, drawnWeights(m, 1));
  expect(constants.map(({ name }) => name).sort()).toEqual([...drawnShapes(m).keys()].sort());
  expect(operations.length).toBe(7);
});

/** The names and shapes of a model's weights. */
function drawnShapes(m: Model): Map<string, readonly number[]> {
  return new Map(parametersOf(m).map(({ name, shape }) => [name, shape]));
}

test('names are unique, and operations tell their layer', () => {
  const m = model([4], [repeat(2, dense(4, { activation: 'relu' }), branch([], [dense(4)]), dense(4))]);
  const { constants, operations, input } = exportGraph(m, drawnWeights(m, 1));
  const names = [input, ...operations.map(({ output }) => output), ...constants].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(operations.slice(0, 4).map(({ layer, output }) => [layer, output.name])).toEqual([
    ['repeat_1/dense_1', 'repeat_1/dense_1/dense'],
    ['repeat_1/dense_1', 'repeat_1/dense_1/relu'],
    ['repeat_1/branch_1/1/dense_1', 'repeat_1/branch_1/1/dense_1/dense'],
    ['repeat_1/branch_1', 'repeat_1/branch_1/concat'],
  ]);
});

test('readers are counted, the output among them', () => {
  const m = model([4], [residual(dense(4), activation('relu'))]);
  const graph = exportGraph(m, drawnWeights(m, 1));
  const readers = readersOf(graph);
  expect([graph.input, ...graph.operations.map(({ output }) => output)].map((tensor) => readers.get(tensor))).toEqual([
    2, 1, 1, 1,
  ]);
});

test('a network that does nothing ends with its input', () => {
  const graph = exportGraph(model([3], [dropout(0.5), flatten()]), new Map());
  expect(graph.operations).toEqual([]);
  expect(graph.output).toBe(graph.input);
});

describe('a softmax at the end', () => {
  const ends = (layers: Layer[], softmax: boolean) => {
    const m = model([4], layers);
    return exportGraph(m, drawnWeights(m, 1), { softmax }).operations.map(({ type }) => type);
  };
  test('is there when asked for', () => {
    expect(ends([dense(3)], false)).toEqual(['dense']);
    expect(ends([dense(3)], true)).toEqual(['dense', 'softmax']);
    expect(ends([dropout(0.5)], true)).toEqual(['softmax']);
  });
  test('is there once where the model has one', () => {
    expect(ends([dense(3, { activation: 'softmax' })], true)).toEqual(['dense', 'softmax']);
  });
  test('is there once behind a reshape', () => {
    expect(ends([dense(3), reshape([1, 1, 3]), activation('softmax'), flatten()], true)).toEqual([
      'dense',
      'reshape',
      'softmax',
      'reshape',
    ]);
  });
  test('is refused where it would be wrong', () => {
    expect(() => ends([dense(4), reshape([1, 2, 2]), activation('softmax'), flatten()], true)).toThrow(
      /softmax \(activation_1\) over/,
    );
    expect(() => ends([dense(4), activation('sigmoid'), reshape([1, 2, 2])], true)).toThrow(/sigmoid \(activation_1\)/);
    expect(() => ends([dense(1)], true)).toThrow(OptionError);
    expect(() => ends([dense(1)], true)).toThrow(/dense_1.*softmax makes ones/);
    expect(() => ends([dense(3, { activation: 'sigmoid' })], true)).toThrow(/sigmoid \(dense_1\)/);
  });
});

describe('what cannot leave is refused', () => {
  const m = model([4], [dense(3), batchNorm()]);
  test('weights of another model', () => {
    expect(() => exportGraph(m, new Map())).toThrow(ShapeError);
  });
  test('numbers that are not finite, also those that a normalisation makes', () => {
    const weights = drawnWeights(m, 1);
    weights.get('dense_1/weights')?.data.fill(Number.NaN, 5, 6);
    expect(() => exportGraph(m, weights)).toThrow(DataError);
    expect(() => exportGraph(m, weights)).toThrow(/element 5 of 'dense_1\/weights'.* is NaN/);
    const negative = drawnWeights(m, 1);
    negative.get('batchNorm_1/variance')?.data.fill(-1);
    expect(() => exportGraph(m, negative)).toThrow(/'dense_1\/weights'.* is NaN/);
  });
});
