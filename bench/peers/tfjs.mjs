// tfjs on its webgpu backend.
import { provideNavigator } from './dawn.mjs';
import { BATCH, INFERENCE_BATCHES, infers, network, report } from './task.mjs';

provideNavigator('tfjs');
globalThis.window = globalThis;
globalThis.requestAnimationFrame ??= (f) => setImmediate(() => f(performance.now()));
const imported = await import('@tensorflow/tfjs');
const tf = imported.default ?? imported;
await import('@tensorflow/tfjs-backend-webgpu');
await tf.setBackend('webgpu');
await tf.ready();
if (tf.getBackend() !== 'webgpu') throw new Error(`tfjs found no webgpu, but ${tf.getBackend()}`);

const { filters, second, features, hidden, window: size, dropout } = network;
const weight = (shape, fanIn) => tf.variable(tf.truncatedNormal(shape, 0, Math.sqrt(2 / fanIn)));
const bias = (n) => tf.variable(tf.zeros([n]));
const [c1, b1] = [weight([5, 5, 1, filters], 25), bias(filters)];
const [c2, b2] = second > 0 ? [weight([5, 5, filters, second], 25 * filters), bias(second)] : [];
const [w1, d1] = [weight([features, hidden], features), bias(hidden)];
const [w2, d2] = [weight([hidden, 10], hidden), bias(10)];

function convolution(x, filter, offset, window) {
  return tf.maxPool(tf.relu(tf.add(tf.conv2d(x, filter, 1, 'same'), offset)), window, window, 'same');
}

function forward(x, training) {
  let h = convolution(x, c1, b1, size);
  if (c2) h = convolution(h, c2, b2, 2);
  h = tf.relu(tf.add(tf.matMul(h.reshape([-1, features]), w1), d1));
  if (training && dropout > 0) h = tf.dropout(h, dropout);
  return tf.add(tf.matMul(h, w2), d2);
}

const x = tf.randomUniform([BATCH, 28, 28, 1]);
const labels = tf.tensor1d(
  Int32Array.from({ length: BATCH }, (_, i) => i % 10),
  'int32',
);
const y = tf.oneHot(labels, 10).toFloat();
const adam = tf.train.adam(1e-4);

await report('train', 'train 50', async () => {
  const loss = adam.minimize(() => tf.losses.softmaxCrossEntropy(y, forward(x, true)), true);
  await loss.data();
  loss.dispose();
});
if (infers)
  for (const batch of INFERENCE_BATCHES) {
    const input = tf.randomUniform([batch, 28, 28, 1]);
    await report('infer', `forward ${batch}`, async () => {
      const out = tf.tidy(() => tf.softmax(forward(input, false)));
      await out.data();
      out.dispose();
    });
  }
process.exit(0);
