// Ours, as it is built and ships.
import { activation, adam, dataset, model as modelOf, openGpu, parseModel, predictor, trainer } from '../../dist/node.js';
import { batch, inferenceBatches, model, report } from './task.mjs';

const m = parseModel(model);
const count = 100 * batch;
const values = m.input.reduce((a, b) => a * b, 1);
const data = dataset({
  name: 'noise',
  inputShape: m.input,
  x: Uint8Array.from({ length: count * values }, () => Math.random() * 256),
  y: Uint8Array.from({ length: count }, (_, i) => i % 10),
  classes: 10,
});

const gpu = await openGpu();
const training = await trainer(gpu, m, { batch, optimizer: adam({ learningRate: 1e-4 }), seed: 1 });
// One fit, as a user has it; each report is a step's loss, and the next step is asked for when it is there.
const steps = training.fit(data, { steps: 1_000_000, reportEvery: 1 });
await report('train', `train ${batch}`, async () => {
  const { value } = await steps.next();
  if (!Number.isFinite(value?.loss)) throw new Error(`the loss is ${value?.loss}`);
});
await steps.return();
const weights = await training.weights();
const probabilities = modelOf(m.input, [...m.layers, activation('softmax')]);
for (const size of inferenceBatches) {
  const inference = await predictor(gpu, probabilities, weights, { batch: size });
  const x = { shape: [size, ...m.input], data: Float32Array.from({ length: size * values }, Math.random) };
  await report('infer', `forward ${size}`, async () => {
    await inference.predict(x);
  });
  await inference.destroy();
}
await training.destroy();
await gpu.destroy();
