import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  activation,
  adam,
  adamW,
  batchNorm,
  branch,
  conv2d,
  conv2dTranspose,
  decodeCheckpoint,
  dense,
  depthwiseConv2d,
  dropout,
  encodeCheckpoint,
  flatten,
  type Gpu,
  globalAvgPool2d,
  layerNorm,
  maxPool2d,
  model,
  predictor,
  prelu,
  residual,
  sgd,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { isQuantizedTensor, largestInteger, type WeightBits } from '../src/quantize/types.ts';
import { noise } from './support/datasets.ts';
import { fakeQuantize64 } from './support/fake-quantize64.ts';
import { openTestGpu } from './support/gpu.ts';
import { ReferenceTraining } from './support/reference-training.ts';
import { sumError } from './support/rounding.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

const BATCH = 4;
const BITS: readonly WeightBits[] = [8, 6, 5, 4, 3, 2];

/** Normalisations behind layers with and without bias, a depthwise layer, weights that are used twice. */
const MODEL = model(
  [8, 8, 2],
  [
    conv2d(4, 3, { padding: 'same', bias: false }),
    batchNorm({ momentum: 0.5 }),
    activation('relu'),
    residual(conv2d(4, 3, { padding: 'same', shared: 'twice' }), activation('relu')),
    residual(conv2d(4, 3, { padding: 'same', shared: 'twice' })),
    depthwiseConv2d(3, { padding: 'same' }),
    batchNorm({ momentum: 0.5, epsilon: 0.1 }),
    maxPool2d(2),
    conv2d(6, 1, { activation: { type: 'leakyRelu', slope: 0.1 } }),
    conv2dTranspose(3, 2, { strides: 2 }),
    globalAvgPool2d(),
    dense(5),
  ],
);
const DATA = noise(13, MODEL.input, 5);

describe('a step computes with the integers and moves the floats behind them, as float64 does', () => {
  const m = model([6], [dense(7, { activation: 'tanh' }), dense(4)]);
  const data = noise(BATCH, [6], 4);
  const learningRate = 0.05;

  for (const bits of BITS)
    test(`${bits} bits`, async () => {
      const options = {
        batch: BATCH,
        optimizer: sgd({ learningRate }),
        seed: 5,
        quantization: { weights: bits, activations: 'float' },
      } as const;
      await using training = await trainer(gpu, m, options);
      const before = await training.weights();
      const { tensors: start } = await training.checkpoint();
      const scalesBefore = (name: string) => start.get(`0/value/${name}/logScale`)?.data ?? new Float32Array();
      const held = new Map(
        [...before].map(([name, { shape, data }]) => {
          if (!name.endsWith('/weights')) return [name, { shape, data }];
          const { y } = fakeQuantize64({ shape, data }, scalesBefore(name), 1, largestInteger(bits), data);
          return [name, { shape, data: Float32Array.from(y) }];
        }),
      );
      const reference = new ReferenceTraining(m, data, held, { batch: BATCH, optimizer: sgd({ learningRate }), seed: 5 });
      reference.run();
      await training.fit(data, { steps: 1 });
      const after = await training.weights();
      const { tensors: end } = await training.checkpoint();
      // Gradients of at most 1, of sums of 7 and 4 terms through two layers.
      const tolerance = learningRate * sumError(64) + sumError(1) * 2;
      for (const [name, { data: got, shape }] of after) {
        const was = before.get(name)?.data ?? [];
        const gradient = reference.gradients.get(name)?.data ?? new Float64Array();
        const scales = scalesBefore(name);
        const { ofWeights, ofLogScale, magnitudes } = name.endsWith('/weights')
          ? fakeQuantize64({ shape, data: Float32Array.from(was) }, scales, 1, largestInteger(bits), gradient)
          : { ofWeights: gradient, ofLogScale: [], magnitudes: [] };
        got.forEach((value, i) => {
          const wanted = (was[i] ?? Number.NaN) - learningRate * (ofWeights[i] ?? Number.NaN);
          expect(Math.abs(value - wanted), `${name} ${i}`).toBeLessThanOrEqual(tolerance);
        });
        ofLogScale.forEach((value, channel) => {
          const moved = end.get(`0/value/${name}/logScale`)?.data[channel] ?? Number.NaN;
          const bound = learningRate * (magnitudes[channel] ?? 0) * sumError(64) + sumError(1) * 8;
          expect(
            Math.abs(moved - ((scales[channel] ?? 0) - learningRate * value)),
            `${name} scale ${channel}`,
          ).toBeLessThanOrEqual(bound);
        });
      }
    });
});

describe('what leaves is what was evaluated', () => {
  for (const bits of BITS)
    test(`${bits} bits, normalisations folded, in two replicas`, { timeout: 60_000 }, async () => {
      const quantization = { weights: bits, activations: 'float' } as const;
      await using training = await trainer(gpu, MODEL, {
        batch: BATCH,
        optimizer: adam({ learningRate: 0.02 }),
        seed: 3,
        replicas: 2,
        quantization,
      });
      for (let round = 0; round < 2; round++) {
        await training.fit(DATA, { steps: 5 });
        const { replicas } = await training.evaluate(DATA);
        for (const replica of [0, 1]) {
          const left = await training.quantized(replica);
          expect(left.bits).toEqual(quantization);
          expect(left.input?.dataName).toBe(DATA.name);
          const most = largestInteger(bits);
          const integers = [...left.weights.values()].filter(isQuantizedTensor);
          expect(integers.length).toBe(6);
          for (const tensor of integers) expect(tensor.integers.every((integer) => Math.abs(integer) <= most)).toBe(true);
          await using predicting = await predictor(gpu, left, { batch: BATCH });
          expect(replicas[replica]).toEqual(await predicting.evaluate(DATA));
        }
      }
    });

  test('with averages, their integers', async () => {
    const quantization = { weights: 4, activations: 'float' } as const;
    const options = { batch: BATCH, optimizer: adam({ learningRate: 0.02 }), seed: 3, averaging: { decay: 0.9 }, quantization };
    await using training = await trainer(gpu, MODEL, options);
    await training.fit(DATA, { steps: 8 });
    const left = await training.quantized();
    await using predicting = await predictor(gpu, left, { batch: BATCH });
    const { loss } = await training.evaluate(DATA);
    expect(loss).toBe((await predicting.evaluate(DATA)).loss);
    // The averages lie apart from the weights, and so do their scales.
    const averages = await training.weights();
    await using other = await trainer(gpu, MODEL, { ...options, averaging: undefined });
    other.setWeights(averages);
    expect((await other.evaluate(DATA)).loss).not.toBe(loss);
  });
});

describe('a training for few bits', () => {
  const some: Omit<TrainerOptions, 'seed'> = {
    batch: BATCH,
    optimizer: adamW({ learningRate: 0.02 }),
    averaging: { decay: 0.9 },
    clipNorm: 1,
    quantization: { weights: 3, activations: 'float' },
  };

  test('in a checkpoint goes on bit for bit, and a replica is what it would be alone', async () => {
    await using whole = await trainer(gpu, MODEL, { ...some, seed: [3, 8], replicas: 2 });
    await whole.fit(DATA, { steps: 9 });
    await using first = await trainer(gpu, MODEL, { ...some, seed: 8 });
    await first.fit(DATA, { steps: 4 });
    await using second = await trainer(gpu, MODEL, { ...some, seed: 8 });
    second.restore(decodeCheckpoint(encodeCheckpoint(await first.checkpoint())));
    await second.fit(DATA, { steps: 5 });
    expect(await second.weights()).toEqual(await whole.weights(1));
    expect(await second.quantized()).toEqual(await whole.quantized(1));
    expect([...(await second.checkpoint()).tensors]).toEqual(
      [...(await whole.checkpoint()).tensors].flatMap(([name, value]) =>
        name.startsWith('1/') ? [[name.replace('1/', '0/'), value]] : [],
      ),
    );
  });

  test('that is stopped brings the best integers back', async () => {
    await using training = await trainer(gpu, MODEL, { ...some, seed: 3 });
    const seen: number[] = [];
    for await (const { validation } of training.fit(DATA, {
      steps: 30,
      validate: DATA,
      evaluateEvery: 3,
      stop: { metric: 'loss', patience: 2 },
    }))
      if (validation) seen.push(validation.loss);
    expect((await training.evaluate(DATA)).loss).toBe(Math.min(...seen));
  });

  test('restores no checkpoint of other bits', async () => {
    await using floats = await trainer(gpu, MODEL, { ...some, quantization: undefined });
    await using three = await trainer(gpu, MODEL, some);
    const checkpoint = await floats.checkpoint();
    expect(() => three.restore(checkpoint)).toThrow(
      'restore: the checkpoint was made with no quantization, this trainer with quantization {"weights":3,"activations":"float"}; give the trainer the same, or its weights by setWeights',
    );
    three.setWeights(await floats.weights());
    expect(await three.weights()).toEqual(await floats.weights());
  });

  test('keeps the weights of layers that are not trained, and their scales', async () => {
    const m = model([6], [dense(7, { activation: 'relu', trainable: false }), dense(4)]);
    await using training = await trainer(gpu, m, { ...some, seed: 3 });
    const before = await training.quantized();
    await training.fit(noise(9, [6], 4), { steps: 5 });
    const after = await training.quantized();
    expect(after.weights.get('dense_1/weights')).toEqual(before.weights.get('dense_1/weights'));
    expect(after.weights.get('dense_2/weights')).not.toEqual(before.weights.get('dense_2/weights'));
  });

  test('begins with weights that are all 0', async () => {
    const m = model([6], [dense(7, { activation: 'relu' }), dense(4, { init: { type: 'zeros' } })]);
    await using training = await trainer(gpu, m, { ...some, seed: 3 });
    await training.fit(noise(9, [6], 4), { steps: 20 });
    expect((await training.evaluate(noise(9, [6], 4))).loss).toBeLessThan(Math.log(4));
  });
});

describe('with activations of 8 bits', () => {
  const m = model(
    [8, 8, 2],
    [
      conv2d(4, 3, { padding: 'same', bias: false }),
      batchNorm({ momentum: 0.5 }),
      activation('relu'),
      branch([conv2d(3, 3, { padding: 'same', activation: 'relu' })], [maxPool2d(3, { strides: 1, padding: 'same' })], []),
      maxPool2d(2),
      depthwiseConv2d(3, { padding: 'same', activation: { type: 'leakyRelu', slope: 0.1 } }),
      residual(conv2d(11, 1), dropout(0.2)),
      conv2d(6, 1),
      batchNorm({ momentum: 0.5 }),
      globalAvgPool2d(),
      dense(5),
    ],
  );
  const options: TrainerOptions = {
    batch: BATCH,
    optimizer: adam({ learningRate: 0.02 }),
    averaging: { decay: 0.9 },
    quantization: { weights: 4, activations: 8 },
  };

  test('what leaves is what was evaluated, in integers, for each replica', { timeout: 60_000 }, async () => {
    await using training = await trainer(gpu, m, { ...options, replicas: 2, seed: 3 });
    for (let round = 0; round < 2; round++) {
      await training.fit(DATA, { steps: 5 });
      const { replicas } = await training.evaluate(DATA);
      for (const replica of [0, 1]) {
        const left = await training.quantized(replica);
        await using predicting = await predictor(gpu, left, { batch: BATCH });
        expect(replicas[replica]).toEqual(await predicting.evaluate(DATA));
      }
    }
  });

  test('in a checkpoint goes on bit for bit, and a replica is what it would be alone', { timeout: 60_000 }, async () => {
    await using whole = await trainer(gpu, m, { ...options, seed: [3, 8], replicas: 2 });
    await whole.fit(DATA, { steps: 9 });
    await using first = await trainer(gpu, m, { ...options, seed: 8 });
    await first.fit(DATA, { steps: 4 });
    await using second = await trainer(gpu, m, { ...options, seed: 8 });
    second.restore(decodeCheckpoint(encodeCheckpoint(await first.checkpoint())));
    await second.fit(DATA, { steps: 5 });
    expect(await second.quantized()).toEqual(await whole.quantized(1));
    expect([...(await second.checkpoint()).tensors]).toEqual(
      [...(await whole.checkpoint()).tensors].flatMap(([name, value]) =>
        name.startsWith('1/') ? [[name.replace('1/', '0/'), value]] : [],
      ),
    );
  });

  test('a step in training computes what the integers do, to a few of their steps', async () => {
    const plain = model(
      [8, 8, 2],
      [
        conv2d(4, 3, { padding: 'same', activation: 'relu' }),
        maxPool2d(2),
        depthwiseConv2d(3, { padding: 'same', activation: { type: 'leakyRelu', slope: 0.1 } }),
        residual(conv2d(4, 1)),
        globalAvgPool2d(),
        dense(5),
      ],
    );
    await using training = await trainer(gpu, plain, { ...options, averaging: undefined, seed: 3 });
    const one = noise(BATCH, plain.input, 5);
    await training.fit(one, { steps: 40 });
    const { loss: judged } = await training.evaluate(one);
    const output = [...(await training.quantized()).activations.values()].at(-1);
    const next = await training.fit(one, { steps: 1, reportEvery: 1 });
    // A loss moves by at most twice what a logit does.
    expect(Math.abs(judged - next.loss)).toBeLessThanOrEqual(2 * 3 * (output?.scale ?? 0));
  });

  test('is evaluated once its ranges are known', async () => {
    await using training = await trainer(gpu, m, { ...options, seed: 3 });
    await expect(training.evaluate(DATA)).rejects.toThrow('unknown before its first step; fit first');
    await training.fit(DATA, { steps: 1 });
    expect((await training.evaluate(DATA)).loss).toBeGreaterThan(0);
  });

  test('what has no integers is refused by name', async () => {
    const sloped = model([4, 4, 1], [conv2d(2, 3), prelu(), globalAvgPool2d(), dense(3)]);
    await expect(trainer(gpu, sloped, options)).rejects.toThrow('prelu_1: prelu has no form in integers');
    await expect(trainer(gpu, m, { ...options, loss: { type: 'huber' } })).rejects.toThrow('and huber is none of these');
  });
});

describe('an option that is wrong is refused', () => {
  const m = model([4, 4, 1], [flatten(), dense(3)]);
  const make = (options: object, of = m) => trainer(gpu, of, { batch: 2, optimizer: sgd({ learningRate: 0.1 }), ...options });

  test.for<[object, string]>([
    [{ quantization: 8 }, 'trainer: quantization must be { weights, activations }'],
    [{ quantization: { weights: 7 } }, 'trainer: quantization.weights must be one of 8, 6, 5, 4, 3, 2 bits, got 7'],
    [{ quantization: { activations: 4 } }, "trainer: quantization.activations must be 8 bits or 'float', got 4"],
    [{ quantization: { bits: 4 } }, "trainer: quantization: unknown option 'bits'"],
    [{ quantization: { activations: 'float' }, precision: 'mixed' }, "trainer: quantization needs precision 'f32'"],
  ])('%j', async ([options, message]) => {
    await expect(make(options)).rejects.toThrow(message);
  });

  test('layers that can not', async () => {
    const quantization = { weights: 4, activations: 'float' };
    const grouped = model([4, 4, 2], [conv2dTranspose(4, 2, { groups: 2 }), globalAvgPool2d()]);
    await expect(make({ quantization }, grouped)).rejects.toThrow('conv2dTranspose_1 is a transposed convolution in 2 groups');
    const apart = model([4, 4, 2], [activation('relu'), batchNorm(), flatten(), dense(3)]);
    await expect(make({ quantization }, apart)).rejects.toThrow('batchNorm_1: no convolution or dense layer');
    const none = model([4, 4, 2], [layerNorm(), globalAvgPool2d()]);
    await expect(make({ quantization }, none)).rejects.toThrow('the model has neither convolutions nor dense layers');
  });

  test('integers are asked for of a trainer of floats', async () => {
    await using floats = await make({});
    await expect(floats.quantized()).rejects.toThrow('quantized: this trainer trains floats');
  });
});
