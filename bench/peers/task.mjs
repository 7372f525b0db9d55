// What every engine is asked for, in a process of its own: a network of bench/workloads.ts as JSON, its batch and the time for the steps in
// the environment.

/** As `model()` gives it. */
export const model = JSON.parse(process.env.MODEL);
export const batch = Number(process.env.BATCH);
/** Batches of inference. */
export const inferenceBatches = JSON.parse(process.env.INFERENCE_BATCHES);

/** Milliseconds for training, and for each batch of inference. */
const BUDGET_MS = { train: Number(process.env.TRAIN_MS), infer: Number(process.env.INFER_MS) };
const LEAST = { train: 5, infer: 2 };
const MOST = 1000;
const LONG_MS = 1000;

/** Runs `step` to warm it up (twice, or once where that takes long), then as often as fits, and prints the times as a line of JSON. */
export async function report(kind, what, step) {
  const times = [];
  let start = performance.now();
  await step();
  if (kind === 'train' || performance.now() - start < LONG_MS) await step();
  start = performance.now();
  while (times.length < LEAST[kind] || (times.length < MOST && performance.now() - start < BUDGET_MS[kind])) {
    const before = performance.now();
    await step();
    times.push(performance.now() - before);
  }
  console.log(JSON.stringify({ what, times }));
}

/**
 * The layers in order, each with what `makers` has for its type: `makers[type](layer, shape)` gives the function of the layer and the
 * shape of its output, [height, width, channels] or [n] of one sample.
 */
export function built(makers) {
  let shape = model.input;
  return model.layers.map((layer) => {
    const maker = makers[layer.type];
    if (!maker) throw new Error(`There is no ${layer.type} for this engine`);
    const made = maker(layer, shape);
    shape = made.shape ?? shape;
    return made.apply;
  });
}

/** A layer's activation, { type, slope? }. */
export function activationOf({ activation = 'linear' }) {
  return typeof activation === 'string' ? { type: activation } : activation;
}

/** The shape behind a convolution of stride 1, or a pooling whose windows do not overlap. */
export function behind(layer, [height, width, channels]) {
  const steps = layer.type === 'maxPool2d' ? layer.size : [1, 1];
  if (`${layer.strides}` !== `${steps}` || (layer.type === 'maxPool2d' && layer.padding !== 'valid'))
    throw new Error(`There is no ${layer.type} with strides ${layer.strides} and padding ${layer.padding} for these engines`);
  if (layer.type === 'maxPool2d') return [Math.floor(height / layer.size[0]), Math.floor(width / layer.size[1]), channels];
  const [h, w] = layer.padding === 'same' ? [0, 0] : layer.kernel.map((size) => size - 1);
  return [height - h, width - w, layer.filters ?? channels];
}
