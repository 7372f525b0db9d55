import { afterAll, beforeAll, expect, test } from 'vitest';
import { Network } from '../src/model/network.ts';
import {
  activation,
  adam,
  batchNorm,
  conv2d,
  dataset,
  dense,
  depthwiseConv2d,
  type Evaluation,
  type Gpu,
  globalAvgPool2d,
  maxPool2d,
  model,
  predictor,
  residual,
  trainer,
  type Value,
  type Weights,
} from '../src/node.ts';
import { layOut } from '../src/plan/layout.ts';
import { predictionGraph } from '../src/train/prediction-graph.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { referenceOutput } from './support/reference-training.ts';
import { sumError } from './support/rounding.ts';
import './support/loaded-kernels.ts';

/** Normalisations behind layers with and without bias, in groups, dense; and two that must stay: behind an activation, and of a shared value. */
const MODEL = model(
  [8, 8, 2],
  [
    conv2d(4, 3, { padding: 'same', bias: false }),
    batchNorm({ momentum: 0.5 }),
    activation('relu'),
    depthwiseConv2d(3, { padding: 'same' }),
    batchNorm({ momentum: 0.5, epsilon: 0.1 }),
    maxPool2d(2),
    conv2d(6, 1),
    residual(batchNorm({ momentum: 0.5 }), activation('tanh')),
    conv2d(6, 1, { activation: 'relu' }),
    batchNorm({ momentum: 0.5 }),
    globalAvgPool2d(),
    dense(5),
    batchNorm({ momentum: 0.5 }),
  ],
);
const DATA = noise(13, MODEL.input, 5);
const BATCH = 4;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

test('an inference folds normalisations into the layers before them, once for all batches', () => {
  const outputs = [predictionGraph(new Network(MODEL, [1]), BATCH).output];
  const { lowered, prepared } = layOut(gpu, { replicas: 1, outputs, prepares: true });
  const families = lowered.dispatches.map(({ kernel: { name } }) => name.slice(0, name.indexOf('/')));
  expect(families.slice(0, prepared)).toEqual(['batch-norm-fold', 'batch-norm-fold', 'batch-norm-fold']);
  expect(families.slice(prepared).filter((family) => family.startsWith('batch-norm'))).toEqual(['batch-norm', 'batch-norm']);
});

test('and gives what the network gives in float64, after every step of training, for each replica', {
  timeout: 120_000,
}, async () => {
  const options = { batch: BATCH, optimizer: adam({ learningRate: 0.05 }), replicas: 2, seed: 3 };
  const training = await trainer(gpu, MODEL, options);
  const x: Value = { shape: [DATA.size, ...DATA.inputShape], data: Float32Array.from(DATA.x) };
  const all = Array.from({ length: DATA.size }, (_, sample) => sample);
  for (let step = 0; step < 3; step++) {
    for await (const _ of training.fit(DATA, { steps: 1 }));
    const { replicas } = await training.evaluate(DATA);
    for (let replica = 0; replica < 2; replica++) {
      const weights = await training.weights(replica);
      const predicting = await predictor(gpu, MODEL, weights, { batch: BATCH });
      const alone = await predicting.evaluate(DATA);
      expect(replicas?.[replica], `step ${step}, replica ${replica}`).toEqual(alone);
      const { data } = await predicting.predict(x);
      await predicting.destroy();
      const expected = referenceOutput(MODEL, weights, DATA, all).data;
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      // Sums of at most 18 terms through a dozen layers, which a normalisation may make ten times as large.
      const wrong = [...data].findIndex((value, i) => !(Math.abs(value - (expected[i] ?? 0)) <= 120 * sumError(18) * largest));
      expect(wrong, `step ${step}, replica ${replica}: ${data[wrong]} for ${expected[wrong]}`).toBe(-1);
    }
  }
  await training.destroy();
});

test('an evaluation that nobody waits for tells of the network that there was: a fit begins no step beside it', {
  timeout: 120_000,
}, async () => {
  await using training = await trainer(gpu, MODEL, { batch: BATCH, optimizer: adam({ learningRate: 0.05 }), seed: 4 });
  await training.fit(DATA, { steps: 1 });
  const many = dataset({
    inputShape: DATA.inputShape,
    classes: DATA.classes as number,
    x: Float32Array.from({ length: 30 * DATA.x.length }, (_, i) => DATA.x[i % DATA.x.length] as number),
    y: Uint8Array.from({ length: 30 * DATA.y.length }, (_, i) => DATA.y[i % DATA.y.length] as number),
  });
  const before = await training.evaluate(many);
  const running = training.evaluate(many);
  const found: { weights: Weights; evaluation: Promise<Evaluation> }[] = [];
  for await (const _ of training.fit(DATA, { steps: 4, reportEvery: 1 }))
    found.push({ weights: await training.weights(), evaluation: training.evaluate(many) });
  expect(await running).toEqual(before);
  for (const { weights, evaluation } of found) {
    await using predicting = await predictor(gpu, MODEL, weights, { batch: BATCH });
    expect(await evaluation).toMatchObject(await predicting.evaluate(many));
  }
});
