// Ours, as it is built and ships.
import {
  adam,
  conv2d,
  dataset,
  dense,
  dropout,
  flatten,
  maxPool2d,
  model,
  openGpu,
  predictor,
  trainer,
} from '../../dist/node.js';
import { BATCH, INFERENCE_BATCHES, infers, network, report } from './task.mjs';

const { filters, second, hidden, window, dropout: rate } = network;
const same = { padding: 'same', activation: 'relu' };
const layers = [
  conv2d(filters, 5, same),
  maxPool2d(window),
  ...(second > 0 ? [conv2d(second, 5, same), maxPool2d(2)] : []),
  flatten(),
  dense(hidden, { activation: 'relu' }),
  ...(rate > 0 ? [dropout(rate)] : []),
];
const m = model([28, 28, 1], [...layers, dense(10)]);
const count = 100 * BATCH;
const data = dataset({
  name: 'noise',
  inputShape: m.input,
  x: Uint8Array.from({ length: count * 784 }, () => Math.random() * 256),
  y: Uint8Array.from({ length: count }, (_, i) => i % 10),
  classes: 10,
});

const gpu = await openGpu();
const training = await trainer(gpu, m, { batch: BATCH, optimizer: adam({ learningRate: 1e-4 }), seed: 1 });
// One fit, as a user has it; each report is a step's loss, and the next step is asked for when it is there.
const steps = training.fit(data, { steps: 1_000_000, reportEvery: 1 });
await report('train', 'train 50', async () => {
  const { value } = await steps.next();
  if (!Number.isFinite(value?.loss)) throw new Error(`the loss is ${value?.loss}`);
});
await steps.return();
if (infers) {
  const weights = await training.weights();
  const probabilities = model([28, 28, 1], [...layers, dense(10, { activation: 'softmax' })]);
  for (const batch of INFERENCE_BATCHES) {
    const inference = await predictor(gpu, probabilities, weights, { batch });
    const x = { shape: [batch, 28, 28, 1], data: Float32Array.from({ length: batch * 784 }, Math.random) };
    await report('infer', `forward ${batch}`, async () => {
      await inference.predict(x);
    });
    await inference.destroy();
  }
}
await training.destroy();
await gpu.destroy();
