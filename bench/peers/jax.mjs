// jax-js on webgpu, the whole step under one jit.
import { provideNavigator } from './dawn.mjs';
import { BATCH, INFERENCE_BATCHES, infers, network, report } from './task.mjs';

provideNavigator('jax');
const { numpy: np, lax, nn, random, valueAndGrad, jit, tree, init, defaultDevice, blockUntilReady } = await import('@jax-js/jax');
const devices = await init();
if (!devices.includes('webgpu')) throw new Error(`jax-js found no webgpu, only ${devices}`);
defaultDevice('webgpu');

const { filters, second, features, hidden, window, dropout } = network;
const uniform = (shape, scale) =>
  np.array(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => (Math.random() * 2 - 1) * scale)).reshape(shape);
let p = {
  c1: uniform([filters, 1, 5, 5], 0.2),
  b1: np.zeros([filters]),
  ...(second > 0 && { c2: uniform([second, filters, 5, 5], 0.05), b2: np.zeros([second]) }),
  w1: uniform([features, hidden], Math.sqrt(3 / features)),
  d1: np.zeros([hidden]),
  w2: uniform([hidden, 10], 0.05),
  d2: np.zeros([10]),
};

function pool(x, n) {
  const [b, c, h, w] = x.shape;
  return np.max(np.max(x.reshape([b, c, h / n, n, w / n, n]), 5), 3);
}

function convolution(x, filter, bias, outputs) {
  return nn.relu(lax.conv(x, filter, [1, 1], 'SAME').add(bias.reshape([1, outputs, 1, 1])));
}

function forward(q, x, mask) {
  let h = pool(convolution(x, q.c1, q.b1, filters), window);
  if (second > 0) h = pool(convolution(h, q.c2, q.b2, second), 2);
  h = nn.relu(np.matmul(h.reshape([h.shape[0], features]), q.w1).add(q.d1));
  if (mask) h = h.mul(mask);
  return np.matmul(h, q.w2).add(q.d2);
}

// Adam with bias correction.
const train = jit((q, m, v, t, x, y, key) => {
  let mask;
  if (dropout === 0) key.dispose();
  else
    mask = random
      .bernoulli(key, 1 - dropout, [BATCH, hidden])
      .astype(np.float32)
      .mul(1 / (1 - dropout));
  const lossOf = (parameters) =>
    nn
      .logSoftmax(forward(parameters, x, mask), -1)
      .mul(y)
      .sum()
      .mul(-1 / BATCH);
  const [loss, g] = valueAndGrad(lossOf)(tree.map((a) => a.ref, q));
  const c1 = np.subtract(1, np.power(0.9, t.ref));
  const c2 = np.subtract(1, np.power(0.999, t));
  const [P, M, V] = [{}, {}, {}];
  for (const k of Object.keys(q)) {
    const mk = m[k].mul(0.9).add(g[k].ref.mul(0.1));
    const vk = v[k].mul(0.999).add(np.square(g[k]).mul(0.001));
    M[k] = mk.ref;
    V[k] = vk.ref;
    P[k] = q[k].sub(
      mk
        .div(c1.ref)
        .mul(1e-4)
        .div(np.sqrt(vk.div(c2.ref)).add(1e-8)),
    );
  }
  c1.dispose();
  c2.dispose();
  return [P, M, V, loss];
});

let m = tree.map((a) => np.zeros(a.shape), p);
let v = tree.map((a) => np.zeros(a.shape), p);
let t = 0;
const images = (n) => np.array(Float32Array.from({ length: n * 784 }, Math.random)).reshape([n, 1, 28, 28]);
const x = images(BATCH);
const labels = new Float32Array(BATCH * 10);
for (let i = 0; i < BATCH; i++) labels[i * 10 + (i % 10)] = 1;
const y = np.array(labels).reshape([BATCH, 10]);

await report('train', 'train 50', async () => {
  let loss;
  [p, m, v, loss] = train(p, m, v, np.array(++t), x.ref, y.ref, random.key(t));
  await loss.data();
  await blockUntilReady(tree.map((a) => a.ref, p)).catch(() => {});
});
if (infers) {
  const predict = jit((q, input) => nn.softmax(forward(q, input, null), -1));
  for (const batch of INFERENCE_BATCHES) {
    const input = images(batch);
    await report('infer', `forward ${batch}`, async () => {
      await predict(
        tree.map((a) => a.ref, p),
        input.ref,
      ).data();
    });
  }
}
process.exit(0);
