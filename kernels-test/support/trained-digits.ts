import {
  activation,
  adam,
  batchNorm,
  conv2d,
  type Dataset,
  dense,
  digits,
  flatten,
  type Gpu,
  type Model,
  maxPool2d,
  model,
  trainer,
  type Weights,
} from '../../src/node.ts';

/** A small network of convolutions and a normalisation, trained for a moment on 600 drawn digits. */
export async function trainedDigits(gpu: Gpu): Promise<{ m: Model; weights: Weights; train: Dataset; test: Dataset }> {
  const m = model(
    [28, 28, 1],
    [
      conv2d(4, 3, { strides: 2, bias: false }),
      batchNorm({ momentum: 0.8 }),
      activation('relu'),
      conv2d(8, 3, { activation: { type: 'leakyRelu', slope: 0.1 } }),
      maxPool2d(2),
      flatten(),
      dense(10),
    ],
  );
  const { train, test } = digits({ train: 600, test: 200 });
  const training = await trainer(gpu, m, { batch: 30, optimizer: adam({ learningRate: 0.01 }), seed: 1 });
  for await (const _ of training.fit(train, { epochs: 5 }));
  const weights = await training.weights();
  await training.destroy();
  return { m, weights, train, test };
}
