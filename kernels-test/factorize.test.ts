import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../src/core/json.ts';
import { elements } from '../src/core/value.ts';
import {
  batchNorm,
  branch,
  conv2d,
  dense,
  describe as described,
  type FactorizeOptions,
  factorize,
  flatten,
  type Layer,
  type Model,
  model,
  OptionError,
  repeat,
  residual,
  type Weights,
} from '../src/node.ts';
import { drawnInput, drawnWeights } from './support/exported-models.ts';
import { difference, inference64 } from './support/inference64.ts';

const image = (...layers: Layer[]) => model([8, 8, 6], layers);

/** Filters and matrices of rank 2 in every way that they may be divided: sums of two outer products over all axes. */
function ofRankTwo(m: Model): Weights {
  return new Map(
    [...drawnWeights(m, 1)].map(([name, { shape, data }]) => {
      if (!/filter|weights/.test(name)) return [name, { shape, data }];
      const terms = [1, 2].map((seed) =>
        shape.map((size, axis) => Array.from({ length: size }, (_, i) => Math.sin(seed * 7.1 + axis * 3.7 + i * (1.3 + seed)))),
      );
      const value = (at: number) => {
        const index = shape.map((size, axis) => Math.floor(at / elements(shape.slice(axis + 1))) % size);
        return terms.reduce(
          (sum, axes) => sum + axes.reduce((product, values, axis) => product * (values[index[axis] ?? 0] ?? 0), 1),
          0,
        );
      };
      return [name, { shape, data: Float32Array.from({ length: data.length }, (_, at) => value(at)) }];
    }),
  );
}

function largest(m: Model, weights: Weights): number {
  return Math.max(...inference64(m, weights, drawnInput(m, 2, 3)).data.map(Math.abs));
}

describe('the two layers compute what the one did', () => {
  test.each<[string, Model, FactorizeOptions]>([
    ['dense layers', image(flatten(), dense(20, { activation: 'relu' }), dense(10)), { rank: 2 }],
    ['a column and a row', image(conv2d(8, [3, 5], { activation: 'tanh', padding: 'same' })), { rank: 2, form: 'spatial' }],
    [
      'strides, dilations and padding of its own',
      image(conv2d(8, [3, 3], { strides: [1, 2], dilations: [2, 1], padding: [2, 1, 0, 3], bias: false })),
      { rank: 2, form: 'spatial' },
    ],
    [
      'a window and a 1 x 1',
      image(conv2d(16, 3, { strides: 2, padding: 'same', activation: { type: 'leakyRelu', slope: 0.1 } })),
      { rank: 2, form: 'channels' },
    ],
    ['a 1 x 1', image(conv2d(16, 1)), { rank: 2 }],
    [
      'inside of other layers',
      image(
        residual(conv2d(6, 3, { padding: 'same', name: 'own' }), batchNorm()),
        branch([conv2d(9, 3)], [repeat(2, conv2d(6, 1)), conv2d(8, 3)]),
      ),
      { energy: 0.999999 },
    ],
  ])('%s', (_, m, options) => {
    const weights = ofRankTwo(m);
    const { model: made, weights: factors, factorized } = factorize(m, weights, options);
    const x = drawnInput(m, 2, 3);
    // The factors are rounded to float32, each product of a sum by 2^-23 of it, over two layers.
    expect(difference(inference64(m, weights, x), inference64(made, factors, x))).toBeLessThan(1e-5 * largest(m, weights));
    expect(described(made).parameters).toBeLessThan(described(m).parameters);
    expect(factorized.every(({ rank }) => rank === 2)).toBe(true);
    const [before, after] = [0, 1].map((at) => factorized.reduce((sum, { parameters }) => sum + (parameters[at] ?? 0), 0));
    expect(described(m).parameters - described(made).parameters).toBe((before ?? 0) - (after ?? 0));
  });
});

test('energy keeps the fewest singular values, and what is lost is the rest of it', () => {
  const m = model([30], [dense(20)]);
  const weights = drawnWeights(m, 1);
  const { weights: factors, factorized } = factorize(m, weights, { energy: 0.7 });
  const [told] = factorized;
  if (!told) throw new Error('nothing became smaller');
  const [left, right] = [...factors.values()];
  const whole = weights.get('dense_1/weights')?.data ?? new Float32Array();
  let [lost, total] = [0, 0];
  whole.forEach((value, at) => {
    let product = 0;
    for (let k = 0; k < told.rank; k++)
      product += (left?.data[Math.floor(at / 20) * told.rank + k] ?? 0) * (right?.data[k * 20 + (at % 20)] ?? 0);
    lost += (value - product) ** 2;
    total += value ** 2;
  });
  expect(1 - lost / total).toBeCloseTo(told.energy, 5);
  expect(told.energy).toBeGreaterThanOrEqual(0.7);
  const [less] = factorize(m, weights, { rank: told.rank - 1 }).factorized;
  expect(less?.energy).toBeLessThan(0.7);
});

test('ranks and forms of one make the same layers of other weights', () => {
  const m = model([8, 8, 8], [conv2d(7, 3), conv2d(8, 3), flatten(), dense(4)]);
  let byRanksAlone = 0;
  for (const energy of [0.6, 0.7, 0.8, 0.85])
    for (const seed of [1, 2, 3, 4]) {
      const { model: made, factorized } = factorize(m, drawnWeights(m, seed), { energy });
      const rank = Object.fromEntries(factorized.map((one) => [one.layer, one.rank]));
      const form = Object.fromEntries(factorized.flatMap((one) => (one.form === 'dense' ? [] : [[one.layer, one.form]])));
      const other = drawnWeights(m, seed + 10);
      expect(factorize(m, other, { rank, form }).model).toEqual(made);
      if (canonicalJson(factorize(m, other, { rank }).model) !== canonicalJson(made)) byRanksAlone++;
    }
  // Of equal energies the form with fewer weights may be the one with more of equal ranks.
  expect(byRanksAlone).toBeGreaterThan(0);
});

test('what others share, or would be no smaller, stays as it is', () => {
  const m = image(
    conv2d(6, 3, { shared: 'a', padding: 'same' }),
    conv2d(6, 3, { shared: 'a', padding: 'same' }),
    conv2d(1, 1),
    flatten(),
    dense(12),
  );
  const { factorized, model: made } = factorize(m, drawnWeights(m, 1), { rank: 3 });
  expect(factorized.map(({ layer }) => layer)).toEqual(['dense_1']);
  expect(made.layers.length).toBe(m.layers.length + 1);
});

test.each<[object, RegExp]>([
  [{}, /either rank or energy/],
  [{ rank: 1, energy: 1 }, /either rank or energy/],
  [{ rank: 0 }, /positive integer, got 0/],
  [{ rank: 1, form: 'rows' }, /form must be/],
  [{ rank: 1, form: { dense_1: 'rows' } }, /form of 'dense_1' must be/],
  [{ rank: 1, form: { dense_9: 'spatial' } }, /no layer 'dense_9'/],
  [{ energy: 1.1 }, /at most 1, got 1.1/],
  [{ rank: { dense_9: 1 } }, /no layer 'dense_9'; it has flatten_1, dense_1/],
  [{ rank: { dense_1: 4 } }, /'dense_1' would have no fewer weights/],
  [{ energy: 1 }, /no layer would become smaller/],
])('refuses %o', (options, message) => {
  const m = model([2, 2, 1], [flatten(), dense(4)]);
  expect(() => factorize(m, drawnWeights(m, 1), options)).toThrow(OptionError);
  expect(() => factorize(m, drawnWeights(m, 1), options)).toThrow(message);
});
