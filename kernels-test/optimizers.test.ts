import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as graphFace from '../src/graph.ts';
import * as indexFace from '../src/index.ts';
import {
  adam,
  constant,
  type Dataset,
  dataset,
  decodeCheckpoint,
  dense,
  encodeCheckpoint,
  type Gpu,
  type Model,
  model,
  type Optimizer,
  type Schedule,
  sgd,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { optimizerTypes } from '../src/train/optimizers/registry.ts';
import { noise, regression } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { smaller } from './support/limits.ts';
import { optimizers, someOptimizers } from './support/optimizers.ts';
import { ReferenceTraining } from './support/reference-training.ts';
import { sumError, UNIT } from './support/rounding.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const STEPS = 100;
const BATCH = 4;

/** Relative error of 1 - beta where beta is a float32. */
const complementError = (beta: number) => Math.abs((1 - Math.fround(beta)) / (1 - beta) - 1);

/** The largest difference, after 100 steps, between the engine's weights and those of the same training in float64. */
async function difference(m: Model, data: Dataset, options: Omit<TrainerOptions, 'batch' | 'seed'>) {
  const training = await trainer(gpu, m, { batch: BATCH, seed: 9, ...options });
  const start = await training.weights();
  for await (const _ of training.fit(data, { steps: STEPS }));
  const got = await training.weights();
  await training.destroy();
  const { optimizer, clipNorm, averaging } = options;
  const expected = new ReferenceTraining(m, data, start, { batch: BATCH, optimizer, seed: 9, clipNorm, averaging });
  for (let step = 0; step < STEPS; step++) expected.run();
  let off = 0;
  let change = 0;
  for (const [name, { data: wanted }] of averaging ? expected.averages : expected.weights)
    wanted.forEach((value, i) => {
      off = Math.max(off, Math.abs(value - (got.get(name)?.data[i] ?? Number.NaN)));
      change = Math.max(change, Math.abs(value - (start.get(name)?.data[i] ?? Number.NaN)));
    });
  return { off, change };
}

describe('100 steps on small batches, short ones among them, agree with float64', () => {
  const linear = model([3], [dense(2)]);
  const classes = model([3], [dense(4, { weightDecay: 0.01 })]);

  /**
   * Each step moves a weight by about the learning rate; of that, gradients of sums of 4 terms and a few operations are wrong by
   * 16 roundings, the factors 1 - beta by what float32 loses of beta, under the root by half of that; the weight itself is rounded.
   */
  const adamTolerance = (learningRate: number, beta1: number, beta2: number, largest: number) =>
    STEPS * (learningRate * (16 * UNIT + complementError(beta1) + complementError(beta2) / 2) + UNIT * largest);

  for (const options of [
    { learningRate: 0.02 },
    { learningRate: 0.01, beta1: 0.5, beta2: 0.9, epsilon: 0.1 },
    { learningRate: 0.01, beta1: 0, beta2: 0.99 },
  ])
    test(`adam(${JSON.stringify(options)})`, async () => {
      const { learningRate, beta1 = 0.9, beta2 = 0.999 } = options;
      const { off, change } = await difference(linear, regression(10, 3, 2), {
        optimizer: adam(options),
        loss: 'meanSquaredError',
      });
      expect(change).toBeGreaterThan(20 * learningRate);
      expect(off).toBeLessThanOrEqual(adamTolerance(learningRate, beta1, beta2, 4));
    });

  test('adam on a classification with decaying weights', async () => {
    const { off } = await difference(classes, noise(10, [3], 4), { optimizer: adam({ learningRate: 0.02 }) });
    expect(off).toBeLessThanOrEqual(adamTolerance(0.02, 0.9, 0.999, 2));
  });

  for (const momentum of [0, 0.9])
    test(`sgd with momentum ${momentum} and decaying weights`, async () => {
      const optimizer = sgd({ learningRate: 0.05, momentum });
      const { off, change } = await difference(classes, noise(10, [3], 4), { optimizer });
      expect(change).toBeGreaterThan(0.1);
      // A gradient of at most 1 in each of 100 steps, which momentum adds up to 1 / (1 - momentum) times.
      expect(off).toBeLessThanOrEqual((STEPS * 0.05 * sumError(16)) / (1 - momentum));
    });
});

describe('every optimizer, on a classification with decaying weights', () => {
  const m = model([3], [dense(5, { activation: 'tanh', weightDecay: 0.01 }), dense(4)]);
  const data = noise(10, [3], 4);

  /**
   * What a step is wrong by, as a share of the learning rate. Adam and RMSprop move a weight by up to a few learning rates, by a quotient whose
   * parts are wrong by a gradient's roundings, 64 in two layers with tanh, and by what float32 loses of 1 - beta; where the gradient is small
   * beside its roundings the quotient keeps no more of them. Earlier errors grow as the training itself lets differences grow: at most tenfold here.
   */
  const tolerance = ({ learningRate, ...spec }: Optimizer, largest: number): number => {
    const betas = 'beta1' in spec ? [spec.beta1, spec.beta2] : 'alpha' in spec ? [spec.alpha] : [];
    const speed = 'momentum' in spec ? 1 / (1 - spec.momentum) : 1;
    const step = 64 * UNIT + betas.reduce((sum, beta) => sum + complementError(beta), 0);
    return 10 * STEPS * (learningRate * speed * step + UNIT * largest);
  };

  for (const optimizer of someOptimizers)
    test(`${JSON.stringify(optimizer)} agrees with float64 after 100 steps`, async () => {
      const { off, change } = await difference(m, data, { optimizer });
      expect(change).toBeGreaterThan(0.1);
      expect(off).toBeLessThanOrEqual(tolerance(optimizer, 2));
    });

  for (const optimizer of Object.values(optimizers).map(([first]) => first))
    test(`${optimizer.type} with clipped gradients and averaged weights agrees with float64`, async () => {
      const { off, change } = await difference(m, data, { optimizer, clipNorm: 0.1, averaging: { decay: 0.95 } });
      expect(change).toBeGreaterThan(0.02);
      expect(off).toBeLessThanOrEqual(tolerance(optimizer, 2));
    });

  for (const [type, [optimizer]] of Object.entries(optimizers))
    test(`${type} in a checkpoint goes on bit for bit, and a replica is what it would be alone`, async () => {
      const options = { batch: BATCH, optimizer, clipNorm: 0.1, averaging: { decay: 0.9 } };
      await using whole = await trainer(gpu, m, { ...options, seed: [3, 8], replicas: 2 });
      await whole.fit(data, { steps: 9 });
      await using first = await trainer(gpu, m, { ...options, seed: 8 });
      await first.fit(data, { steps: 4 });
      await using second = await trainer(gpu, m, { ...options, seed: 8 });
      second.restore(decodeCheckpoint(encodeCheckpoint(await first.checkpoint())));
      await second.fit(data, { steps: 5 });
      expect(await second.weights()).toEqual(await whole.weights(1));
      expect((await second.evaluate(data)).loss).toBe((await whole.evaluate(data)).replicas[1]?.loss);
      expect([...(await second.checkpoint()).tensors]).toEqual(
        [...(await whole.checkpoint()).tensors].flatMap(([name, value]) =>
          name.startsWith('1/') ? [[name.replace('1/', '0/'), value]] : [],
        ),
      );
    });
});

test.each(optimizerTypes)('%s is a function of paredown and of paredown/graph', (type) => {
  for (const face of [indexFace, graphFace]) expect(face).toHaveProperty(type);
});

describe('a gradient of NaN makes its parameter NaN, for good, and no other', () => {
  const { compile, input, multiply, parameter, sum } = graphFace;
  for (const optimizer of someOptimizers)
    test(JSON.stringify(optimizer), async () => {
      // The gradient of w is x: of the second step, in the midst of four that are updated together, NaN.
      const [w, x] = [parameter('w', [8], constant(1)), input('x', [8])];
      const program = await compile(gpu, { outputs: {}, update: { loss: sum({ x: multiply({ a: w, b: x }) }), optimizer } });
      for (const [step, slope] of [1, Number.NaN, 1].entries()) {
        await program.run({ x: { shape: [8], data: Float32Array.of(1, 1, -1, 1, 1, slope, -1, 1) } });
        const { data } = await program.parameter('w');
        expect([...data].map(Number.isNaN), `step ${step}`).toEqual([...data].map((_, i) => step > 0 && i === 5));
      }
      await program.destroy();
    });
});

describe('clipping', () => {
  const one = dataset({ inputShape: [2], targetShape: [1], x: Float32Array.of(3, 4), y: Float32Array.of(0) });
  const m = (value: number) => model([2], [dense(1, { bias: false, init: constant(value), name: 'line' })]);
  const moved = async (value: number, clipNorm: number) => {
    const optimizer = sgd({ learningRate: 1 });
    await using training = await trainer(gpu, m(value), { batch: 1, optimizer, loss: 'meanSquaredError', clipNorm });
    await training.fit(one, { steps: 1 });
    const { data } = (await training.weights()).get('line/weights') as { data: Float32Array };
    return [...data].map((after) => value - after);
  };

  test('shortens a gradient to its norm, and leaves a shorter one', async () => {
    // The loss is (7 w)^2: its gradient 14 w (3, 4) has the norm 70 w.
    const [a = 0, b = 0] = await moved(1, 2);
    expect(a).toBeCloseTo(1.2, 5);
    expect(b).toBeCloseTo(1.6, 5);
    expect(await moved(2 ** -10, 2)).toEqual([42 / 1024, 56 / 1024]);
  });

  test('knows the norm of gradients whose squares overflow', async () => {
    const weight = 2 ** 60;
    const optimizer = sgd({ learningRate: 2 ** 58 });
    await using training = await trainer(gpu, m(weight), { batch: 1, optimizer, loss: 'meanSquaredError', clipNorm: 1 });
    await training.fit(one, { steps: 1 });
    const { data } = (await training.weights()).get('line/weights') as { data: Float32Array };
    const [a = 0, b = 0] = [...data].map((after) => (weight - after) / 2 ** 58);
    expect(a).toBeCloseTo(0.6, 5);
    expect(b).toBeCloseTo(0.8, 5);
  });

  test('is over all parameters, whatever the arenas that hold them', async () => {
    const big = model([64], [dense(70, { activation: 'tanh' }), dense(64, { activation: 'tanh' }), dense(3)]);
    const data = noise(20, [64], 3);
    const weights = async (on: Gpu) => {
      await using training = await trainer(on, big, { batch: 10, optimizer: sgd({ learningRate: 1 }), clipNorm: 0.01 });
      const before = await training.weights();
      await training.fit(data, { steps: 1 });
      const after = await training.weights();
      return [...after].flatMap(([name, value]) => [...value.data].map((w, i) => w - (before.get(name)?.data[i] ?? Number.NaN)));
    };
    const step = await weights(gpu);
    expect(Math.hypot(...step)).toBeCloseTo(0.01, 5);
    expect(await weights(smaller(gpu, 20_480))).toEqual(step);
  });
});

describe('averaged weights', () => {
  const m = model([3], [dense(4)]);
  const data = noise(12, [3], 4);
  const options = { batch: BATCH, optimizer: sgd({ learningRate: 0.5 }) };

  test('begin as the weights, and are told and evaluated instead of them', async () => {
    await using plain = await trainer(gpu, m, options);
    await using averaged = await trainer(gpu, m, { ...options, averaging: { decay: 0.99 } });
    expect(await averaged.weights()).toEqual(await plain.weights());
    await plain.fit(data, { steps: 20 });
    await averaged.fit(data, { steps: 20 });
    const { tensors } = await averaged.checkpoint();
    expect(tensors.get('0/value/dense_1/weights')).toEqual((await plain.weights()).get('dense_1/weights'));
    expect(tensors.get('0/average/dense_1/weights')).toEqual((await averaged.weights()).get('dense_1/weights'));
    expect(await averaged.weights()).not.toEqual(await plain.weights());
    const { loss } = await averaged.evaluate(data);
    expect(loss).not.toBe((await plain.evaluate(data)).loss);
    plain.setWeights(await averaged.weights());
    expect((await plain.evaluate(data)).loss).toBe(loss);
  });

  test('begin as the weights of a checkpoint that has none, and follow what setWeights sets', async () => {
    await using plain = await trainer(gpu, m, options);
    await plain.fit(data, { steps: 5 });
    await using averaged = await trainer(gpu, m, { ...options, averaging: { decay: 0.99 } });
    averaged.restore(await plain.checkpoint());
    expect(await averaged.weights()).toEqual(await plain.weights());
    await averaged.fit(data, { steps: 5 });
    averaged.setWeights(await plain.weights());
    expect(await averaged.weights()).toEqual(await plain.weights());
  });

  test('come back with the weights where the best evaluation was theirs', async () => {
    await using training = await trainer(gpu, m, { ...options, averaging: { decay: 0.9 } });
    const losses: number[] = [];
    const settings = { steps: 30, validate: noise(9, [3], 4), evaluateEvery: 3, stop: { metric: 'loss', patience: 30 } } as const;
    for await (const { validation } of training.fit(data, settings)) if (validation) losses.push(validation.loss);
    expect((await training.evaluate(settings.validate)).loss).toBe(Math.min(...losses));
  });

  test('and clipping cost no dispatch where they are not asked for, an average none at all', async () => {
    const dispatches = async (more: object) => {
      await using training = await trainer(gpu, m, { ...options, ...more });
      return training.plan.dispatches;
    };
    const without = await dispatches({});
    expect(await dispatches({ averaging: { decay: 0.9 } })).toBe(without);
    expect(await dispatches({ clipNorm: 1 })).toBe(without + 2);
  });
});

describe('schedules', () => {
  const LEARNING_RATE = 1 / 16;

  /** The factor that the learning rate had in each step: with loss w^2, a step multiplies w by 1 - 2 learningRate factor. */
  async function factors(schedule: Schedule, steps: number): Promise<number[]> {
    const one = dataset({ inputShape: [1], targetShape: [1], x: Float32Array.of(1), y: Float32Array.of(0) });
    const m = model([1], [dense(1, { bias: false, init: constant(1), name: 'line' })]);
    const options = { batch: 1, loss: 'meanSquaredError', optimizer: sgd({ learningRate: LEARNING_RATE }), schedule } as const;
    const training = await trainer(gpu, m, options);
    const weight = async () => (await training.weights()).get('line/weights')?.data[0] ?? Number.NaN;
    const found: number[] = [];
    let before = await weight();
    for await (const _ of training.fit(one, { steps, reportEvery: 1 })) {
      const after = await weight();
      found.push((1 - after / before) / (2 * LEARNING_RATE));
      before = after;
    }
    await training.destroy();
    return found;
  }

  // Three roundings of w, seen through a change of 2 learningRate of it; and the accuracy of WGSL's pow and cos.
  const ROUNDING = (3 * UNIT) / (2 * LEARNING_RATE);
  const POW = 2 ** -18;
  const COS = 2 ** -11 / 2;
  const formulas: readonly [Schedule, (step: number) => number, number][] = [
    [{ type: 'constant' }, () => 1, 0],
    [{ type: 'step', every: 3, factor: 0.5 }, (step) => 0.5 ** Math.floor(step / 3), POW],
    [{ type: 'exponential', rate: 0.25, every: 4, floor: 0.1 }, (step) => Math.max(0.1, 0.25 ** (step / 4)), POW],
    [{ type: 'exponential', rate: 0.5, every: 2, floor: 0 }, (step) => 0.5 ** (step / 2), POW],
    [{ type: 'cosine', steps: 8 }, (step) => 0.5 * (1 + Math.cos((Math.PI * Math.min(step, 8)) / 8)), COS],
    [
      { type: 'cosine', steps: 8, warmup: 3, floor: 0.2 },
      (step) => (step < 3 ? (step + 1) / 4 : 0.2 + 0.8 * 0.5 * (1 + Math.cos((Math.PI * Math.min(step - 3, 5)) / 5))),
      COS,
    ],
    [{ type: 'warmRestarts', every: 4 }, (step) => 0.5 * (1 + Math.cos((Math.PI * (step % 4)) / 4)), COS],
    [
      { type: 'warmRestarts', every: 2, factor: 2, floor: 0.1 },
      (step) => {
        const [since, length] = step < 2 ? [step, 2] : step < 6 ? [step - 2, 4] : [step - 6, 8];
        return 0.1 + 0.9 * 0.5 * (1 + Math.cos((Math.PI * since) / length));
      },
      COS,
    ],
  ];
  for (const [schedule, formula, tolerance] of formulas)
    test(JSON.stringify(schedule), async () => {
      const found = await factors(schedule, 10);
      expect(found).toHaveLength(10);
      for (const [step, factor] of found.entries())
        expect(Math.abs(factor - formula(step)), `step ${step}`).toBeLessThanOrEqual(ROUNDING + tolerance);
    });
});
