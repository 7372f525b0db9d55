// tfjs on its webgpu backend. Batch normalisation keeps no running averages.
import { provideNavigator } from './dawn.mjs';
import { activationOf, batch, behind, built, inferenceBatches, model, report } from './task.mjs';

provideNavigator('tfjs');
globalThis.window = globalThis;
globalThis.requestAnimationFrame ??= (f) => setImmediate(() => f(performance.now()));
const imported = await import('@tensorflow/tfjs');
const tf = imported.default ?? imported;
await import('@tensorflow/tfjs-backend-webgpu');
await tf.setBackend('webgpu');
await tf.ready();
if (tf.getBackend() !== 'webgpu') throw new Error(`tfjs found no webgpu, but ${tf.getBackend()}`);

const weight = (shape, fanIn) => tf.variable(tf.truncatedNormal(shape, 0, Math.sqrt(2 / fanIn)));
const filled = (n, value) => tf.variable(tf.fill([n], value));

function activated(layer, x) {
  const { type, slope } = activationOf(layer);
  if (type === 'linear') return x;
  if (type === 'relu') return tf.relu(x);
  if (type === 'leakyRelu') return tf.leakyRelu(x, slope);
  throw new Error(`There is no ${type} for this engine`);
}

function biased(layer, channels) {
  const bias = layer.bias ? filled(channels, 0) : undefined;
  return (x) => activated(layer, bias ? tf.add(x, bias) : x);
}

const layers = built({
  conv2d(layer, shape) {
    const filter = weight([...layer.kernel, shape[2], layer.filters], layer.kernel[0] * layer.kernel[1] * shape[2]);
    const end = biased(layer, layer.filters);
    return { shape: behind(layer, shape), apply: (x) => end(tf.conv2d(x, filter, 1, layer.padding)) };
  },
  depthwiseConv2d(layer, shape) {
    const filter = weight([...layer.kernel, shape[2], 1], layer.kernel[0] * layer.kernel[1]);
    const end = biased(layer, shape[2]);
    return { shape: behind(layer, shape), apply: (x) => end(tf.depthwiseConv2d(x, filter, 1, layer.padding)) };
  },
  maxPool2d: (layer, shape) => ({
    shape: behind(layer, shape),
    apply: (x) => tf.maxPool(x, layer.size, layer.strides, layer.padding),
  }),
  globalAvgPool2d: (_, shape) => ({ shape: [shape[2]], apply: (x) => tf.mean(x, [1, 2]) }),
  flatten(_, shape) {
    const n = shape.reduce((a, b) => a * b, 1);
    return { shape: [n], apply: (x) => x.reshape([-1, n]) };
  },
  dense(layer, [inputs]) {
    const weights = weight([inputs, layer.units], inputs);
    const end = biased(layer, layer.units);
    return { shape: [layer.units], apply: (x) => end(tf.matMul(x, weights)) };
  },
  batchNorm(layer, shape) {
    const channels = shape.at(-1);
    const [scale, offset] = [filled(channels, 1), filled(channels, 0)];
    return {
      apply(x) {
        const { mean, variance } = tf.moments(x, [0, 1, 2]);
        return tf.batchNorm(x, mean, variance, offset, scale, layer.epsilon);
      },
    };
  },
  activation: (layer) => ({ apply: (x) => activated(layer, x) }),
  dropout: ({ rate }) => ({ apply: (x, training) => (training ? tf.dropout(x, rate) : x) }),
});
const forward = (x, training) => layers.reduce((h, apply) => apply(h, training), x);

const x = tf.randomUniform([batch, ...model.input]);
const labels = tf.tensor1d(
  Int32Array.from({ length: batch }, (_, i) => i % 10),
  'int32',
);
const y = tf.oneHot(labels, 10).toFloat();
const adam = tf.train.adam(1e-4);

await report('train', `train ${batch}`, async () => {
  const loss = adam.minimize(() => tf.losses.softmaxCrossEntropy(y, forward(x, true)), true);
  await loss.data();
  loss.dispose();
});
for (const size of inferenceBatches) {
  const input = tf.randomUniform([size, ...model.input]);
  await report('infer', `forward ${size}`, async () => {
    const out = tf.tidy(() => tf.softmax(forward(input, false)));
    await out.data();
    out.dispose();
  });
}
process.exit(0);
