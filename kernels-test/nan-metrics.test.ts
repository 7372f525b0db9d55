import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activationKinds, isPlainActivation } from '../src/core/activations/registry.ts';
import {
  activation,
  conv2d,
  DivergedError,
  dataset,
  dense,
  flatten,
  type Gpu,
  type Model,
  model,
  predictor,
  sgd,
  trainer,
  type Value,
  type Weights,
  zeros,
} from '../src/node.ts';
import { everyActivation } from './cases/linear.ts';
import { openTestGpu } from './support/gpu.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

function value(shape: number[], data: number[]): Value {
  return { shape, data: Float32Array.from(data) };
}

/** One input, logits x w + b. */
function linear(weights: number[], bias: number[]): [Model, Weights] {
  const [units] = [weights.length];
  return [
    model([1], [dense(units, { name: 'd' })]),
    new Map([
      ['d/weights', value([1, units], weights)],
      ['d/bias', value([units], bias)],
    ]),
  ];
}

/** Two samples of 0 with label 0, one of 1 with label 1. */
const DATA = dataset({ inputShape: [1], classes: 2, x: Float32Array.of(0, 0, 1), y: Uint8Array.of(0, 0, 1) });

async function evaluated([m, weights]: [Model, Weights]) {
  await using one = await predictor(gpu, m, weights);
  return one.evaluate(DATA);
}

describe('a sample whose logits are NaN', () => {
  test('is never right, has a loss of NaN and is in no cell of the confusion matrix', async () => {
    for (const network of [linear([0, 0], [Number.NaN, Number.NaN]), linear([0, 0], [1, Number.NaN]), linear([0], [Number.NaN])])
      expect(await evaluated(network)).toEqual({
        loss: Number.NaN,
        accuracy: 0,
        confusion: [
          [0, 0],
          [0, 0],
        ],
      });
  });

  test('takes nothing from the other samples', async () => {
    // 3e38 x 10 - 3e38 x 10 is NaN, 0 is not.
    const inputs = dataset({ inputShape: [2], classes: 2, x: Float32Array.of(0, 0, 10, 10, 0, 0), y: Uint8Array.of(0, 0, 1) });
    const deep = model([2], [dense(2, { name: 'a' }), dense(2, { name: 'd', bias: false })]);
    const weights = new Map([
      ['a/weights', value([2, 2], [3e38, 0, 0, 3e38])],
      ['a/bias', value([2], [1, 0])],
      ['d/weights', value([2, 2], [1, 0, -1, 0])],
    ]);
    await using one = await predictor(gpu, deep, weights);
    const { loss, accuracy, confusion } = await one.evaluate(inputs);
    expect(loss).toBeNaN();
    expect(accuracy).toBeCloseTo(1 / 3);
    expect(confusion).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });
});

describe('a training that diverges behind an activation', () => {
  for (const kind of activationKinds.filter(isPlainActivation))
    test(`is called so: NaN weights before a ${kind}`, async () => {
      const m = model([4, 4, 1], [conv2d(2, 3, { activation: kind, name: 'c' }), flatten(), dense(2, { name: 'd' })]);
      const images = dataset({ inputShape: [4, 4, 1], classes: 2, x: new Uint8Array(160).fill(9), y: new Uint8Array(10) });
      await using training = await trainer(gpu, m, { batch: 5, optimizer: sgd({ learningRate: 0.1 }) });
      const weights = new Map(await training.weights());
      weights.set('c/filter', value([3, 3, 1, 2], new Array(18).fill(Number.NaN)));
      training.setWeights(weights);
      const runs = async () => {
        for await (const _ of training.fit(images, { steps: 2 }));
      };
      await expect(runs()).rejects.toThrow(DivergedError);
    });
});

describe('a validation that diverges', () => {
  // The weight goes from 0 to 2; 2 x 1e20 squared is beyond float32, which the training data never see.
  const m = model([1], [dense(1, { bias: false, init: zeros(), name: 'd' })]);
  const targets = { inputShape: [1], targetShape: [1] };
  const train = dataset({ ...targets, x: Float32Array.of(1, 1), y: Float32Array.of(1, 1) });
  const validate = dataset({ ...targets, x: Float32Array.of(1e20), y: Float32Array.of(1), split: 'validation' });

  test('ends fit, by name, step and replica, and is not kept', async () => {
    const options = { batch: 2, replicas: 2, loss: 'meanSquaredError' } as const;
    await using training = await trainer(gpu, m, {
      ...options,
      optimizer: sgd({ learningRate: 0.1 }),
      learningRates: [1e-30, 0.5],
    });
    const steps: number[] = [];
    const runs = async () => {
      for await (const { step } of training.fit(train, { steps: 6, validate, evaluateEvery: 3, reportEvery: 1 }))
        steps.push(step);
    };
    await expect(runs()).rejects.toMatchObject({ name: 'DivergedError', step: 3, replica: 1, what: 'validation loss' });
    expect(steps).toEqual([1, 2]);
    await expect(training.checkpoint()).rejects.toThrow(/The validation loss became NaN or infinite at step 3 of replica 1/);
  });

  test('is told as it is by evaluate', async () => {
    await using training = await trainer(gpu, m, { batch: 2, optimizer: sgd({ learningRate: 0.5 }), loss: 'meanSquaredError' });
    training.setWeights(new Map([['d/weights', value([1, 1], [2])]]));
    expect((await training.evaluate(validate)).loss).toBe(Number.POSITIVE_INFINITY);
    training.setWeights(new Map([['d/weights', value([1, 1], [Number.NaN])]]));
    expect((await training.evaluate(validate)).loss).toBeNaN();
  });
});

test('an activation of NaN is NaN, alone and where a layer takes it in', async () => {
  for (const kind of [...everyActivation, 'softmax', { type: 'leakyRelu', slope: 0 }] as const) {
    const layers = [dense(2, { name: 'd', activation: kind })];
    const weights = new Map([
      ['d/weights', value([1, 2], [Number.NaN, Number.NaN])],
      ['d/bias', value([2], [0, 0])],
    ]);
    await using joined = await predictor(gpu, model([1], layers), weights);
    expect([...(await joined.predict(value([1, 1], [1]))).data]).toEqual([Number.NaN, Number.NaN]);
    await using apart = await predictor(gpu, model([1], [dense(2, { name: 'd' }), activation(kind)]), weights);
    expect([...(await apart.predict(value([1, 1], [1]))).data]).toEqual([Number.NaN, Number.NaN]);
  }
});
