import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import {
  adam,
  conv2d,
  DataError,
  dense,
  flatten,
  type Gpu,
  model,
  OptionError,
  prune,
  type ShareOptions,
  share,
  type TrainerOptions,
  trainer,
  type Weights,
} from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { someOptimizers } from './support/optimizers.ts';
import { ReferenceTraining } from './support/reference-training.ts';
import { weightsFrom } from './support/weights.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const one = (data: Float32Array): Weights => new Map([['a/weights', { shape: [1, data.length], data }]]);
const bookOf = (weights: Weights, name = 'a/weights') =>
  [...new Set(weights.get(name)?.data)].filter((value) => value !== 0).sort((a, b) => a - b);

describe('share', () => {
  const random = new Random(1, 1);
  const data = Float32Array.from({ length: 500 }, (_, i) => (i % 5 === 0 ? 0 : random.normal()));

  test.each<ShareOptions>([
    { bits: 3 },
    { clusters: 5, init: 'density' },
    { clusters: 7, init: 'random', seed: 3 },
    { clusters: 1 },
  ])('each weight has the nearest number, each number the mean of its weights, and zeros stay: %o', (options) => {
    const { weights, sharing } = share(one(data), options);
    const found = weights.get('a/weights')?.data ?? new Float32Array();
    const book = bookOf(weights);
    expect(book.length).toBe(options.clusters ?? 8);
    data.forEach((weight, at) => {
      const own = found[at] ?? Number.NaN;
      const code = sharing.get('a/weights')?.[at] ?? -1;
      if (weight === 0) expect([own, code]).toEqual([0, 0]);
      else {
        expect(book[code - 1]).toBe(own);
        for (const other of book) expect(Math.abs(weight - own)).toBeLessThanOrEqual(Math.abs(weight - other) + 1e-6);
      }
    });
    for (const number of book) {
      const members = data.filter((_, at) => found[at] === number);
      expect(members.reduce((sum, value) => sum + value, 0) / members.length).toBeCloseTo(number, 6);
    }
    expect(share(one(data), options).weights).toEqual(weights);
  });

  test('few numbers stay as they are, and what is no filter or matrix too', () => {
    const few = Float32Array.of(3, -1, 0, 3, -1, 1e-40);
    const weights: Weights = new Map([...one(few), ['a/bias', { shape: [2], data: Float32Array.of(1, 2) }]]);
    const shared = share(weights, { bits: 2 });
    expect(shared.weights).toEqual(weights);
    expect([...shared.sharing]).toEqual([['a/weights', Uint16Array.of(3, 1, 0, 3, 1, 2)]]);
  });

  test.each<[object, RegExp]>([
    [{}, /either bits or clusters/],
    [{ bits: 16 }, /from 1 to 15, got 16/],
    [{ clusters: 2.5 }, /from 1 to 65535, got 2.5/],
    [{ bits: { 'b/weights': 2 } }, /there is no 'b\/weights'/],
    [{ bits: 2, init: 'best' }, /init must be/],
  ])('refuses %o', (options, message) => {
    expect(() => share(one(data), options)).toThrow(OptionError);
    expect(() => share(one(data), options)).toThrow(message);
  });

  test('refuses weights that are not finite', () => {
    expect(() => share(one(Float32Array.of(1, Number.NaN)), { bits: 1 })).toThrow(DataError);
  });
});

const m = model([6, 6, 1], [conv2d(4, 3, { activation: 'relu', weightDecay: 0.01 }), flatten(), dense(3)]);
const images = noise(20, [6, 6, 1], 3);
const { weights: start, sharing } = share(prune(weightsFrom(m, 5), { sparsity: 0.3 }), { clusters: 6 });

async function trained(options: Partial<TrainerOptions>, steps = 20, replicas = [start]) {
  const training = await trainer(gpu, m, { batch: 4, optimizer: adam({ learningRate: 0.02 }), seed: 9, sharing, ...options });
  replicas.forEach((weights, replica) => {
    training.setWeights(weights, replica);
  });
  await training.fit(images, { steps });
  const weights = await Promise.all(replicas.map((_, replica) => training.weights(replica)));
  const checkpoint = await training.checkpoint();
  await training.destroy();
  return { weights, checkpoint };
}

function expectShared(weights: Weights | undefined): void {
  for (const [name, codes] of sharing) {
    const data = weights?.get(name)?.data ?? new Float32Array();
    const first = new Map<number, number>([[0, 0]]);
    codes.forEach((code, at) => {
      first.set(code, first.get(code) ?? data[at] ?? Number.NaN);
    });
    expect([...data]).toEqual(Array.from(codes, (code) => first.get(code)));
  }
}

describe('a training of shared numbers', () => {
  for (const optimizer of someOptimizers)
    test(`moves them by the sum of their gradients, as in float64, with ${JSON.stringify(optimizer)}`, async () => {
      const averaging = { decay: 0.9 };
      const expected = new ReferenceTraining(m, images, start, { batch: 4, optimizer, seed: 9, averaging, sharing });
      for (let step = 0; step < 20; step++) expected.run();
      const [found] = (await trained({ optimizer, averaging })).weights;
      expectShared(found);
      expect(bookOf(found ?? new Map(), 'dense_1/weights')).not.toEqual(bookOf(start, 'dense_1/weights'));
      const off = [...expected.averages].flatMap(([name, average]) =>
        [...average.data].map((value, i) => Math.abs(value - (found?.get(name)?.data[i] ?? Number.NaN))),
      );
      // As in optimizers.test.ts: ten times 20 steps of a learning rate of 0.02, each wrong by what float32 loses of 1 - beta, 2e-5, and
      // with SGD by the roundings of a sum of some hundred gradients.
      expect(Math.max(...off)).toBeLessThan(2e-4);
    });

  test('also with a gradient in many partial sums, and many more weights than a part has', async () => {
    const wide = model([200], [dense(40, { activation: 'relu' }), dense(3)]);
    const data = noise(300, [200], 3);
    const shared = share(weightsFrom(wide, 5), { clusters: 2 });
    const options = { batch: 150, optimizer: someOptimizers[0] ?? adam(), seed: 9, sharing: shared.sharing };
    const training = await trainer(gpu, wide, options);
    training.setWeights(shared.weights);
    await training.fit(data, { steps: 4 });
    const found = await training.weights();
    await training.destroy();
    const expected = new ReferenceTraining(wide, data, shared.weights, options);
    for (let step = 0; step < 4; step++) expected.run();
    for (const name of ['dense_1/weights', 'dense_2/weights']) {
      expect(bookOf(found, name).length).toBe(2);
      expect(Math.abs((found.get(name)?.data[0] ?? 0) - (expected.weights.get(name)?.data[0] ?? 0))).toBeLessThan(1e-4);
    }
  });

  test('goes on bit for bit, and gives each replica what it would get alone', async () => {
    const whole = await trained({}, 20);
    const { checkpoint } = await trained({}, 13);
    const training = await trainer(gpu, m, { batch: 4, optimizer: adam({ learningRate: 0.02 }), seed: 9, sharing });
    training.restore(checkpoint);
    await training.fit(images, { steps: 7 });
    expect(await training.weights()).toEqual(whole.weights[0]);
    await training.destroy();
    const other: Weights = new Map(
      [...start].map(([name, { shape, data }]) => [name, { shape, data: data.map((value) => value * 1.5) }]),
    );
    const both = await trained({ replicas: 2, seed: [9, 4] }, 20, [start, other]);
    expect(both.weights[0]).toEqual(whole.weights[0]);
    expect(both.weights[1]).toEqual((await trained({ seed: 4 }, 20, [other])).weights[0]);
  });

  test('shares what was not shared yet: each has what the first of them has', async () => {
    const drawn = weightsFrom(m, 3);
    const [found] = (await trained({}, 1, [drawn])).weights;
    expectShared(found);
  });

  test.each<[Partial<TrainerOptions>, RegExp]>([
    [{ sharing: new Map([['dense_9/weights', Uint16Array.of(1)]]) }, /trains no parameter 'dense_9\/weights'/],
    [{ sharing: new Map([['dense_1/weights', Uint16Array.of(1)]]) }, /needs a Uint16Array of 192/],
    [{ clipNorm: 1 }, /clipNorm/],
    [{ pruning: { sparsity: 0.5 } }, /sparsity/],
    [{ quantization: { weights: 4, activations: 'float' } }, /quantization/],
  ])('refuses %o', async (options, message) => {
    await expect(trainer(gpu, m, { batch: 4, optimizer: adam(), sharing, ...options })).rejects.toThrow(message);
  });
});
