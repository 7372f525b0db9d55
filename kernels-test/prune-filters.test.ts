import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  describe as described,
  encodeModel,
  filterImportance,
  flatten,
  type Gpu,
  globalAvgPool2d,
  type Layer,
  maxPool2d,
  model,
  OptionError,
  pruneFilters,
  residual,
  sgd,
  trainer,
  type Weights,
} from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { drawnInput, drawnWeights } from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';
import { difference, inference64 } from './support/inference64.ts';

const image = (...layers: Layer[]) => model([8, 8, 2], layers);

/** The same weights with some filters, the last axis, 0, and so what a layer makes of them. */
function without(weights: Weights, filters: Readonly<Record<string, readonly number[]>>): Weights {
  return new Map(
    [...weights].map(([name, { shape, data }]) => {
      const gone = filters[name.slice(0, name.lastIndexOf('/'))] ?? [];
      const zero = /filter|weights|bias|scale|offset/.test(name);
      return [name, { shape, data: data.map((value, at) => (zero && gone.includes(at % (shape.at(-1) ?? 1)) ? 0 : value)) }];
    }),
  );
}

describe('filters that do nothing are taken out, and the network computes what it did', () => {
  test.each<[string, ReturnType<typeof image>, Record<string, readonly number[]>, Record<string, number>]>([
    [
      'convolutions and units',
      image(
        conv2d(6, 3, { activation: 'relu' }),
        maxPool2d(2),
        conv2d(5, 2, { activation: 'tanh' }),
        flatten(),
        dense(7, { activation: 'relu' }),
        dense(3),
      ),
      { conv2d_1: [0, 4], conv2d_2: [1], dense_1: [2, 3, 6] },
      { conv2d_1: 4, conv2d_2: 4, dense_1: 4 },
    ],
    [
      'with what normalises and what reads them channel by channel',
      image(
        conv2d(6, 3, { bias: false }),
        batchNorm(),
        depthwiseConv2d(3, { multiplier: 2, bias: false }),
        conv2d(4, 1),
        globalAvgPool2d(),
        dense(3),
      ),
      { conv2d_1: [5], batchNorm_1: [5] },
      { conv2d_1: 5 },
    ],
    [
      'inside of other layers',
      image(residual(conv2d(6, 3, { padding: 'same', activation: 'relu' }), conv2d(2, 1)), flatten(), dense(3)),
      { 'residual_1/conv2d_1': [0, 1, 2] },
      { 'residual_1/conv2d_1': 3 },
    ],
  ])('%s', (_, m, gone, filters) => {
    const weights = without(drawnWeights(m, 1), gone);
    const { model: made, weights: kept, left } = pruneFilters(m, weights, { filters });
    expect(left).toEqual(filters);
    const x = drawnInput(m, 2, 3);
    expect(difference(inference64(m, weights, x), inference64(made, kept, x))).toBeLessThan(1e-6);
    expect(described(made).parameters).toBeLessThan(described(m).parameters);
    expect(encodeModel(made, kept).length).toBeLessThan(encodeModel(m, weights).length);
  });
});

test('a share takes those that count least, wherever they are, and leaves one of each layer', () => {
  const m = image(conv2d(4, 3, { activation: 'relu' }), conv2d(4, 3, { activation: 'relu' }), flatten(), dense(3));
  const weights = drawnWeights(m, 1);
  const importance = { conv2d_1: [9, 8, 1, 7], conv2d_2: [2, 0, 0.5, 6] };
  const { left, weights: kept } = pruneFilters(m, weights, { share: 0.5, importance });
  expect(left).toEqual({ conv2d_1: 3, conv2d_2: 1 });
  const bias = weights.get('conv2d_1/bias')?.data;
  expect([...(kept.get('conv2d_1/bias')?.data ?? [])]).toEqual([bias?.[0], bias?.[1], bias?.[3]]);
  expect(Object.values(pruneFilters(m, weights, { share: 0.99, importance }).left)).toEqual([1, 1]);
});

test('what is added to the input of a block, and the outputs, keep their number', () => {
  const m = image(residual(conv2d(2, 3, { padding: 'same' })), flatten(), dense(3));
  expect(() => pruneFilters(m, drawnWeights(m, 1), { share: 0.9 })).toThrow(/no filter can be taken away/);
  expect(() => pruneFilters(m, drawnWeights(m, 1), { filters: { dense_1: 2 } })).toThrow(/of these they can: none/);
});

test.each<[object, RegExp]>([
  [{}, /either share or filters/],
  [{ share: 1 }, /from 0 to below 1/],
  [{ filters: { conv2d_1: 0 } }, /1 to 4 may be left, got 0/],
  [{ filters: { conv2d_9: 1 } }, /of these they can: conv2d_1/],
  [{ share: 0.5, importance: { conv2d_1: [1] } }, /must be 4 numbers/],
])('refuses %o', (options, message) => {
  const m = image(conv2d(4, 3), flatten(), dense(2));
  expect(() => pruneFilters(m, drawnWeights(m, 1), options)).toThrow(OptionError);
  expect(() => pruneFilters(m, drawnWeights(m, 1), options)).toThrow(message);
});

describe('filterImportance', () => {
  let gpu: Gpu;
  beforeAll(async () => {
    gpu = await openTestGpu();
  });
  afterAll(() => gpu?.destroy());
  const m = image(conv2d(4, 3, { activation: 'relu' }), flatten(), dense(3));

  test('is the sum over a filter of (weight x gradient) squared, by what Adam keeps', async () => {
    const training = await trainer(gpu, m, { batch: 4, optimizer: adam(), seed: 1 });
    await training.fit(noise(20, [8, 8, 2], 3), { steps: 10 });
    const checkpoint = await training.checkpoint();
    await training.destroy();
    const [weight, square] = ['value', 'moment2'].map((slot) =>
      ['filter', 'bias'].map((role) => checkpoint.tensors.get(`0/${slot}/conv2d_1/${role}`)?.data ?? new Float32Array()),
    );
    const sums = [0, 0, 0, 0];
    weight?.forEach((data, role) => {
      data.forEach((value, at) => {
        sums[at % 4] = (sums[at % 4] ?? 0) + value ** 2 * (square?.[role]?.[at] ?? 0);
      });
    });
    const found = filterImportance(checkpoint).conv2d_1 ?? [];
    // Four digits are kept.
    for (const [filter, sum] of sums.entries()) expect(Math.abs((found[filter] ?? 0) / sum - 1)).toBeLessThan(1e-3);
    expect(() => filterImportance(checkpoint, 1)).toThrow(/no replica 1/);
  });

  test('asks for an optimizer that keeps squared gradients', async () => {
    const training = await trainer(gpu, m, { batch: 4, optimizer: sgd({ learningRate: 0.1 }), seed: 1 });
    const checkpoint = await training.checkpoint();
    await training.destroy();
    expect(() => filterImportance(checkpoint)).toThrow(/adam\(\)/);
  });
});
