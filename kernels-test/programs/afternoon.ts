// What somebody who has the documents and the installed package alone writes in an afternoon: prints what came of it, as JSON.
import {
  activation,
  adam,
  adamW,
  batchNorm,
  conv2d,
  conv2dTranspose,
  type DataStream,
  type Dataset,
  dataset,
  decodeCheckpoint,
  decodeModel,
  dense,
  depthwiseConv2d,
  encodeCheckpoint,
  encodeModel,
  gate,
  globalAvgPool2d,
  imageFolder,
  join,
  type Layer,
  type Model,
  maxPool2d,
  model,
  openGpu,
  predictor,
  repeat,
  residual,
  type Trainer,
  type TrainerOptions,
  tap,
  trainer,
  upsample2d,
} from 'paredown/node';

const gpu = await openGpu();
const { train, validation, test, found } = await imageFolder({ dir: 'shapes', validation: 0.2, test: 0.2 });

/** The loss by the trainer, and by a predictor of the model as it comes out of a file. */
async function losses(network: Model, training: Trainer, data: Dataset): Promise<[number, number]> {
  const { loss } = await training.evaluate(data);
  const saved = decodeModel(encodeModel(network, await training.weights()));
  const predicting = await predictor(gpu, saved.model, saved.weights);
  const predicted = (await predicting.evaluate(data)).loss;
  await predicting.destroy();
  return [loss, predicted];
}

/** Trains on images as their own targets: the loss before and behind, and that which a saved model's predictions come to by hand. */
async function reconstructed(network: Model, options: TrainerOptions, lossOf: (error: number) => number) {
  const training = await trainer(gpu, network, options);
  const before = (await training.evaluate(images)).loss;
  await training.fit(images, { steps: 20 });
  const after = (await training.evaluate(images)).loss;
  const saved = decodeModel(encodeModel(network, await training.weights()));
  await training.destroy();
  const predicting = await predictor(gpu, saved.model, saved.weights);
  const { data } = await predicting.predict({ shape: [images.size, 8, 8, 1], data: pixels });
  await predicting.destroy();
  const predicted = data.reduce((sum, y, i) => sum + lossOf(Math.abs(y - (pixels[i] ?? 0))), 0) / data.length;
  return { before, after, predicted };
}

// A classifier of one's own images: the best weights come back.
const body = (trainable: boolean): Layer[] => [
  conv2d(4, 3, { padding: 'same', activation: 'gelu', trainable }),
  conv2d(4, 3, { strides: 2, bias: false, trainable }),
  batchNorm({ momentum: 0.5, trainable }),
  activation('silu'),
  globalAvgPool2d(),
];
const classifier = model([8, 8, 1], [...body(true), dense(2, { name: 'head' })]);
const options = { batch: 8, optimizer: adamW({ learningRate: 0.05 }), seed: 1, clipNorm: 1 };
const training = await trainer(gpu, classifier, { ...options, averaging: { decay: 0.9 }, classWeights: [1, 2] });
const last = await training.fit(train, {
  epochs: 8,
  validate: validation,
  stop: { metric: 'loss', patience: 3 },
  plateau: { patience: 2, factor: 0.5 },
});
const { accuracy } = await training.evaluate(test);
const classified = { best: last.stop?.best, accuracy, losses: await losses(classifier, training, validation) };
const old = await training.weights();
await training.destroy();

// A new head on its layers, which are frozen.
const other = model([8, 8, 1], [...body(false), dense(3, { name: 'new_head' })]);
const moving = await trainer(gpu, other, options);
const report = moving.setWeights(old, 0, { partial: true });
const points = dataset({ ...train, classes: 3, classNames: [...(train.classNames ?? []), 'something else'] });
await moving.fit(points, { steps: 2 });
const kept = [...(await moving.weights())].filter(([name, { data }]) => old.get(name)?.data.every((w, i) => w === data[i]));
const transferred = { ...report, kept: kept.map(([name]) => name), losses: await losses(other, moving, points) };
await moving.destroy();

// Images to images: targets are taken as they stand, so bytes are scaled by hand.
const pixels = Float32Array.from(train.x, (byte) => byte / 255);
const images = dataset({
  name: 'images',
  split: 'train',
  size: train.size,
  inputShape: [8, 8, 1],
  x: pixels,
  y: pixels,
  targetShape: [8, 8, 1],
});
const autoencoder = model(
  [8, 8, 1],
  [
    conv2d(4, 3, { strides: 2, padding: 'same', activation: 'elu' }),
    conv2dTranspose(2, 2, { strides: 2, activation: 'relu' }),
    conv2d(1, 1),
  ],
);
const unet = model(
  [8, 8, 1],
  [
    conv2d(2, 3, { padding: 'same', activation: 'relu' }),
    tap('whole'),
    maxPool2d(2),
    residual(
      { shortcut: [conv2d(4, 1)] },
      conv2d(4, 3, { padding: 'same' }),
      gate(globalAvgPool2d(), dense(4, { activation: 'hardSigmoid' })),
    ),
    repeat(2, depthwiseConv2d(3, { padding: 'same', shared: 'd' }), conv2d(4, 1, { activation: 'hardSwish', shared: 'p' })),
    upsample2d(2),
    join('whole'),
    conv2d(1, 1),
  ],
);
const regression = { batch: 8, optimizer: adam({ learningRate: 0.02 }), seed: 1 };
const huber = (e: number) => (e <= 0.5 ? e ** 2 / 2 : 0.5 * (e - 0.25));
const coded = await reconstructed(autoencoder, { ...regression, loss: { type: 'huber', delta: 0.5 } }, huber);
const segmented = await reconstructed(unet, { ...regression, loss: 'meanAbsoluteError' }, (e) => e);

// From a teacher's logits.
const teacherLogits = Float32Array.from({ length: train.size * 2 }, (_, i) => (train.y[i >> 1] === i % 2 ? 3 : 0));
const taught = dataset({ ...train, teacherLogits });
const pupil = await trainer(gpu, classifier, { ...options, loss: { type: 'distillation', temperature: 2, weight: 0.7 } });
await pupil.fit(taught, { steps: 20 });
const distilled = { losses: await losses(classifier, pupil, train), ...(await pupil.evaluate(test)) };
await pupil.destroy();

// Data larger than memory: a stream, broken off and gone on with from a checkpoint, comes to the same weights.
const stream: DataStream = {
  name: 'images',
  size: train.size,
  inputShape: [8, 8, 1],
  classes: 2,
  async *batches({ skip }) {
    for (let from = skip; from < train.size; from += 5) {
      const to = Math.min(train.size, from + 5);
      yield { x: train.x.subarray(from * 64, to * 64), y: train.y.subarray(from, to) };
    }
  },
};
const whole = await trainer(gpu, classifier, options);
await whole.fit(stream, { steps: 12 });
const first = await trainer(gpu, classifier, options);
await first.fit(stream, { steps: 5 });
const second = await trainer(gpu, classifier, options);
second.restore(decodeCheckpoint(encodeCheckpoint(await first.checkpoint())));
await second.fit(stream, { steps: 7 });
const resumed = await second.weights();
const streamed = [...(await whole.weights())].every(([name, { data }]) => data.every((w, i) => w === resumed.get(name)?.data[i]));

console.log(JSON.stringify({ classes: found.classes, classified, transferred, coded, segmented, distilled, streamed }));
await gpu.destroy();
