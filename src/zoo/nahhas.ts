import type { Activation } from '../core/activation.ts';
import {
  batchNorm,
  branch,
  capsuleLength,
  capsules,
  conv2d,
  dense,
  dropout,
  flatten,
  globalAvgPool2d,
  maxPool2d,
  primaryCapsules,
} from '../model/layers.ts';
import { model } from '../model/model.ts';
import type { Layer, Model } from '../model/types.ts';
import type { Entries } from './entries.ts';

/**
 * O. El Nahhas, "Model memory optimisation using MNIST data": 3x3 convolutions without padding. Activations other than the last
 * step's leaky ReLU (0.1) are not stated: ReLU. Initial weights are Keras' default, Glorot's.
 */
const GLOROT = { init: { type: 'glorotUniform' } } as const;

function chain(
  { first, second, units, dropped }: { first: number; second?: number; units?: number; dropped?: number },
  activation: Activation = 'relu',
): Model {
  const options = { ...GLOROT, activation } as const;
  const layers: Layer[] = [conv2d(first, 3, options), maxPool2d(2)];
  if (second !== undefined) layers.push(conv2d(second, 3, options), maxPool2d(2));
  layers.push(flatten());
  if (units !== undefined) layers.push(dense(units, options));
  if (dropped !== undefined) layers.push(dropout(dropped));
  return model([28, 28, 1], [...layers, dense(10, GLOROT)]);
}

const initial = () =>
  model(
    [28, 28, 1],
    [flatten(), dense(80, { ...GLOROT, activation: 'relu' }), dense(60, { ...GLOROT, activation: 'relu' }), dense(10, GLOROT)],
  );

function fire(squeezed: number, expanded: number): Layer[] {
  const options = { ...GLOROT, activation: 'relu' } as const;
  return [
    conv2d(squeezed, 1, options),
    branch([conv2d(expanded, 1, options)], [conv2d(expanded, 3, { ...options, padding: 'same' })]),
  ];
}

/**
 * A stand-in for the SqueezeNet that El Nahhas compares with, whose layers are not known: ours, of its 45,088 parameters. Where it
 * pools is ours too: after the first convolution (stride 2) and after the first fire module.
 */
const squeezenet = () =>
  model(
    [28, 28, 1],
    [
      conv2d(96, 7, { ...GLOROT, activation: 'relu', padding: 'same', strides: 2 }),
      maxPool2d(3, { strides: 2, padding: 'same' }),
      ...fire(16, 64),
      maxPool2d(3, { strides: 2, padding: 'same' }),
      ...fire(24, 96),
      conv2d(10, 1, { ...GLOROT, activation: 'relu' }),
      globalAvgPool2d(),
      dense(10, GLOROT),
    ],
  );

/** V. Mazzia, F. Salvetti and M. Chiaberge, "Efficient-CapsNet", 2021, without the decoder that is trained beside it. https://github.com/EscVM/Efficient-CapsNet */
const efficientCapsnet = () =>
  model(
    [28, 28, 1],
    [
      conv2d(32, 5, { activation: 'relu' }),
      batchNorm(),
      conv2d(64, 3, { activation: 'relu' }),
      batchNorm(),
      conv2d(64, 3, { activation: 'relu' }),
      batchNorm(),
      conv2d(128, 3, { activation: 'relu', strides: 2 }),
      batchNorm(),
      primaryCapsules(9, 8),
      capsules(10, 16),
      capsuleLength(),
    ],
  );

export const nahhas: Entries = [
  ['nahhas/initial', initial],
  ['nahhas/cnn', () => chain({ first: 8, units: 8 })],
  ['nahhas/no-dense', () => chain({ first: 8 })],
  ['nahhas/two', () => chain({ first: 2, units: 2 })],
  ['nahhas/dropout', () => chain({ first: 8, units: 8, dropped: 0.2 })],
  ['nahhas/double-cnn', () => chain({ first: 3, second: 3, units: 4 })],
  ['nahhas/neurons', () => chain({ first: 3, second: 4, units: 5 })],
  ['nahhas/proposed', () => chain({ first: 3, second: 4, units: 5 }, { type: 'leakyRelu', slope: 0.1 })],
  ['nahhas/squeezenet', squeezenet],
  ['nahhas/efficient-capsnet', efficientCapsnet],
];
