import {
  activation,
  batchNorm,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  globalAvgPool2d,
  layerNorm,
  maxPool2d,
} from '../model/layers.ts';
import { model } from '../model/model.ts';
import type { Layer } from '../model/types.ts';
import type { Entries } from './entries.ts';

/** The smallest networks for MNIST in public (November 2026), none of them from a paper: layers as their repositories have them. */

/** JoshWarn/Parameter-Efficient-MNIST: 99.03% on test, the best of about 700 trainings. */
const joshwarn = () => {
  const leaky = { activation: { type: 'leakyRelu', slope: 0.2 } } as const;
  const separable = (filters: number): Layer[] => [depthwiseConv2d(3, { bias: false }), conv2d(filters, 1, leaky)];
  return model(
    [28, 28, 1],
    [
      conv2d(6, 3, { padding: 'same', ...leaky }),
      maxPool2d(2),
      ...[5, 9, 10, 8].flatMap(separable),
      globalAvgPool2d(),
      dropout(0.05),
      dense(10),
    ],
  );
};

/** ruslangrimov/mnist-minimal-model: 99.10%, one training. Each normalisation is over a whole sample, with one scale and offset. */
const grimov = () => {
  const normed = (): Layer[] => [layerNorm({ axes: 'sample', scalar: true }), dropout(0.1)];
  const separable = (padding: 'same' | 'valid', shared?: string): Layer[] => [
    depthwiseConv2d(3, { padding, bias: false, ...(shared && { shared: `${shared}/depthwise` }) }),
    conv2d(26, 1, { activation: 'relu', ...(shared && { shared: `${shared}/pointwise` }) }),
    ...normed(),
  ];
  return model(
    [28, 28, 1],
    [
      conv2d(8, 3, { activation: 'relu' }),
      layerNorm({ axes: 'sample', scalar: true }),
      maxPool2d(2),
      dropout(0.1),
      ...separable('valid'),
      ...separable('same', 'repeated'),
      ...separable('same', 'repeated'),
      ...separable('same', 'repeated'),
      globalAvgPool2d(),
      dense(16, { activation: 'relu' }),
      ...normed(),
      dense(10),
    ],
  );
};

/** adilsammar/woolly-of-cv: 99.52%, one training, its last epoch. Momentum and epsilon of the normalisations are PyTorch's. */
const woolly = () => {
  const layer = (filters: number): Layer[] => [
    conv2d(filters, 3, { padding: 'same' }),
    batchNorm({ momentum: 0.9, epsilon: 1e-5 }),
    activation('relu'),
    dropout(0.01),
  ];
  const three = (filters: number): Layer[] => Array.from({ length: 3 }, () => layer(filters)).flat();
  return model([28, 28, 1], [...three(4), maxPool2d(2), ...three(8), maxPool2d(2), ...three(8), globalAvgPool2d(), dense(10)]);
};

export const records: Entries = [
  ['records/joshwarn', joshwarn],
  ['records/grimov', grimov],
  ['records/woolly', woolly],
];
