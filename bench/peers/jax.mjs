// jax-js on webgpu, the whole step under one jit. Batch normalisation keeps no running averages.
import { provideNavigator } from './dawn.mjs';
import { activationOf, batch, behind, built, inferenceBatches, model, report } from './task.mjs';

provideNavigator('jax');
const { numpy: np, lax, nn, random, valueAndGrad, jit, tree, init, defaultDevice, blockUntilReady } = await import('@jax-js/jax');
const devices = await init();
if (!devices.includes('webgpu')) throw new Error(`jax-js found no webgpu, only ${devices}`);
defaultDevice('webgpu');

// Images are [N, C, H, W].
const uniform = (shape, fanIn) => {
  const scale = Math.sqrt(3 / fanIn);
  const count = shape.reduce((a, b) => a * b, 1);
  return np.array(Float32Array.from({ length: count }, () => (Math.random() * 2 - 1) * scale)).reshape(shape);
};
let p = {};
let dropouts = 0;

function parameter(name, value) {
  const key = `${Object.keys(p).length}/${name}`;
  p[key] = value;
  return (q) => q[key];
}

function activated(layer, x) {
  const { type, slope } = activationOf(layer);
  if (type === 'linear') return x;
  if (type === 'relu') return nn.relu(x);
  if (type === 'leakyRelu') return nn.leakyRelu(x, slope);
  throw new Error(`There is no ${type} for this engine`);
}

function convolution(layer, shape, outputs, inputs, groups) {
  const [height, width] = layer.kernel;
  const filter = parameter('filter', uniform([outputs, inputs, height, width], inputs * height * width));
  const bias = layer.bias ? parameter('bias', np.zeros([outputs])) : undefined;
  const padding = layer.padding.toUpperCase();
  return {
    shape: behind(layer, shape),
    apply(q, x) {
      const y = lax.convGeneralDilated(x, filter(q), [1, 1], padding, { featureGroupCount: groups });
      return activated(layer, bias ? y.add(bias(q).reshape([1, outputs, 1, 1])) : y);
    },
  };
}

const layers = built({
  conv2d: (layer, shape) => convolution(layer, shape, layer.filters, shape[2], 1),
  depthwiseConv2d: (layer, shape) => convolution(layer, shape, shape[2], 1, shape[2]),
  maxPool2d: (layer, shape) => ({
    shape: behind(layer, shape),
    apply(_, x) {
      const [n, c, h, w] = x.shape;
      const [rows, columns] = layer.size;
      return np.max(np.max(x.reshape([n, c, h / rows, rows, w / columns, columns]), 5), 3);
    },
  }),
  globalAvgPool2d: (_, shape) => ({ shape: [shape[2]], apply: (_q, x) => np.mean(x, [2, 3]) }),
  flatten: (_, shape) => {
    const n = shape.reduce((a, b) => a * b, 1);
    return { shape: [n], apply: (_q, x) => x.reshape([x.shape[0], n]) };
  },
  dense: (layer, [inputs]) => {
    const weights = parameter('weights', uniform([inputs, layer.units], inputs));
    const bias = layer.bias ? parameter('bias', np.zeros([layer.units])) : undefined;
    return {
      shape: [layer.units],
      apply(q, x) {
        const y = np.matmul(x, weights(q));
        return activated(layer, bias ? y.add(bias(q)) : y);
      },
    };
  },
  batchNorm: (layer, shape) => {
    const channels = shape.at(-1);
    const scale = parameter('scale', np.ones([channels]));
    const offset = parameter('offset', np.zeros([channels]));
    return {
      apply(q, x) {
        const centred = x.ref.sub(np.mean(x, [0, 2, 3], { keepdims: true }));
        const variance = np.mean(np.square(centred.ref), [0, 2, 3], { keepdims: true });
        const factor = scale(q)
          .reshape([1, channels, 1, 1])
          .div(np.sqrt(variance.add(layer.epsilon)));
        return centred.mul(factor).add(offset(q).reshape([1, channels, 1, 1]));
      },
    };
  },
  activation: (layer) => ({ apply: (_, x) => activated(layer, x) }),
  dropout: ({ rate }) => {
    const index = dropouts++;
    return {
      apply(_, x, keys) {
        if (!keys) return x;
        const mask = random.bernoulli(keys[index], 1 - rate, x.shape).astype(np.float32);
        return x.mul(mask.mul(1 / (1 - rate)));
      },
    };
  },
});

/** Each parameter is used once. */
const forward = (q, x, keys) => layers.reduce((h, apply) => apply(q, h, keys), x);

// Adam with bias correction.
const train = jit((q, m, v, t, x, y, keys) => {
  const lossOf = (parameters) =>
    nn
      .logSoftmax(forward(parameters, x, keys), -1)
      .mul(y)
      .sum()
      .mul(-1 / batch);
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
const [height, width, channels] = model.input;
const images = (n) =>
  np.array(Float32Array.from({ length: n * height * width * channels }, Math.random)).reshape([n, channels, height, width]);
const x = images(batch);
const labels = new Float32Array(batch * 10);
for (let i = 0; i < batch; i++) labels[i * 10 + (i % 10)] = 1;
const y = np.array(labels).reshape([batch, 10]);

await report('train', `train ${batch}`, async () => {
  let loss;
  t++;
  const keys = Array.from({ length: dropouts }, (_, index) => random.key(t * dropouts + index));
  [p, m, v, loss] = train(p, m, v, np.array(t), x.ref, y.ref, keys);
  await loss.data();
  await blockUntilReady(tree.map((a) => a.ref, p)).catch(() => {});
});
for (const size of inferenceBatches) {
  const predict = jit((q, input) => nn.softmax(forward(q, input, undefined), -1));
  const input = images(size);
  await report('infer', `forward ${size}`, async () => {
    await predict(
      tree.map((a) => a.ref, p),
      input.ref,
    ).data();
  });
}
process.exit(0);
