import { conv2d, dense, flatten, maxPool2d } from '../model/layers.ts';
import { model } from '../model/model.ts';
import type { Entries } from './entries.ts';

/**
 * S. Han, H. Mao and W. J. Dally, "Deep Compression" (arXiv 1510.00149): the two networks for MNIST that papers on compression compare
 * by. Initial weights are Caffe's, Glorot's.
 */
const GLOROT = { init: { type: 'glorotUniform' } } as const;

const fullyConnected = () =>
  model(
    [28, 28, 1],
    [flatten(), dense(300, { ...GLOROT, activation: 'relu' }), dense(100, { ...GLOROT, activation: 'relu' }), dense(10, GLOROT)],
  );

/** Caffe's LeNet-5: nothing follows its convolutions but pooling. */
const convolutional = () =>
  model(
    [28, 28, 1],
    [
      conv2d(20, 5, GLOROT),
      maxPool2d(2),
      conv2d(50, 5, GLOROT),
      maxPool2d(2),
      flatten(),
      dense(500, { ...GLOROT, activation: 'relu' }),
      dense(10, GLOROT),
    ],
  );

export const han: Entries = [
  ['han/lenet-300-100', fullyConnected],
  ['han/lenet-5', convolutional],
];
