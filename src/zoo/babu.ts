import { refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { branch, conv2d, dense, dropout, flatten, globalAvgPool2d, maxPool2d, residual } from '../model/layers.ts';
import { model } from '../model/model.ts';
import type { Layer, Model } from '../model/types.ts';
import type { Entries } from './entries.ts';

/**
 * N. T. R. Babu, J. Enouen, "Size and Compression of Neural Networks", on CIFAR-10. The first convolutions have stride 1, as
 * inputs are 32x32; parameters are those of the networks for ImageNet, with 10 classes.
 */
const RELU = { activation: 'relu' } as const;
const SAME = { ...RELU, padding: 'same' } as const;
const CIFAR = [32, 32, 3] as const;
const HALVE = { strides: 2 } as const;

/** Iandola et al.'s fire module. */
function fire(squeezed: number, expanded: number): Layer[] {
  return [conv2d(squeezed, 1, RELU), branch([conv2d(expanded, 1, RELU)], [conv2d(expanded, 3, SAME)])];
}

/** The end of a SqueezeNet: no dense layer, but a 1x1 convolution and an average over the image. */
function classes(): Layer[] {
  return [dropout(0.5), conv2d(10, 1, RELU), globalAvgPool2d()];
}

const pool = () => maxPool2d(3, HALVE);

const squeezenet10 = () =>
  model(CIFAR, [
    conv2d(96, 7, SAME),
    pool(),
    ...fire(16, 64),
    ...fire(16, 64),
    ...fire(32, 128),
    pool(),
    ...fire(32, 128),
    ...fire(48, 192),
    ...fire(48, 192),
    ...fire(64, 256),
    pool(),
    ...fire(64, 256),
    ...classes(),
  ]);

const squeezenet11 = () =>
  model(CIFAR, [
    conv2d(64, 3, SAME),
    pool(),
    ...fire(16, 64),
    ...fire(16, 64),
    pool(),
    ...fire(32, 128),
    ...fire(32, 128),
    pool(),
    ...fire(48, 192),
    ...fire(48, 192),
    ...fire(64, 256),
    ...fire(64, 256),
    ...classes(),
  ]);

/** 1.6 MB, as the paper says: version 1.1 without its seventh and ninth fire module, which is ours. */
const squeezenetSmall = () =>
  model(CIFAR, [
    conv2d(64, 3, SAME),
    pool(),
    ...fire(16, 64),
    ...fire(16, 64),
    pool(),
    ...fire(32, 128),
    ...fire(32, 128),
    pool(),
    ...fire(48, 192),
    ...fire(64, 256),
    ...classes(),
  ]);

/** AlexNet's convolutions without groups and local response normalisation, 3x3 first: 7x7x256. */
function alexnetBody(): Layer[] {
  return [
    conv2d(96, 3, SAME),
    pool(),
    conv2d(256, 5, SAME),
    pool(),
    conv2d(384, 3, SAME),
    conv2d(384, 3, SAME),
    conv2d(256, 3, SAME),
  ];
}

/**
 * 190 MiB, as the paper says: 6x6x256 features and dense layers of 4096 and 2048, which is ours. The first is in two halves, as on
 * the original's two GPUs: so its weights fit into WebGPU's default limit of 128 MiB a binding.
 */
const alexnet = () =>
  model(CIFAR, [
    ...alexnetBody(),
    maxPool2d(2, { strides: 1 }),
    flatten(),
    branch([dense(2048, RELU)], [dense(2048, RELU)]),
    dropout(0.5),
    dense(2048, RELU),
    dropout(0.5),
    dense(10),
  ]);

const alexnetPooled = () => model(CIFAR, [...alexnetBody(), globalAvgPool2d(), dense(10)]);

/** 27 MiB, as the paper says: fire modules for the convolutions and dense layers of 2048 and 1024, which is ours. */
const alexnetFire = () =>
  model(CIFAR, [
    ...fire(16, 48),
    pool(),
    ...fire(32, 128),
    pool(),
    ...fire(48, 192),
    ...fire(48, 192),
    ...fire(32, 128),
    pool(),
    flatten(),
    dense(2048, RELU),
    dropout(0.5),
    dense(1024, RELU),
    dropout(0.5),
    dense(10),
  ]);

export interface MlpOptions {
  readonly inputs: number;
  /** Hidden layers. */
  readonly depth: number;
  readonly width: number;
  readonly outputs: number;
  /** Each hidden layer after the first adds to its input [false]. */
  readonly residual?: boolean;
}

export function mlp(options: MlpOptions): Model {
  const { inputs, depth, width, outputs, residual: shortcut = false } = options;
  refuseUnknown('mlp', options, ['inputs', 'depth', 'width', 'outputs', 'residual']);
  for (const [name, value] of Object.entries({ inputs, depth, width, outputs }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new OptionError(`mlp: ${name} must be a positive integer, got ${shown(value)}`);
  if (typeof shortcut !== 'boolean') throw new OptionError(`mlp: residual must be true or false, got ${shown(shortcut)}`);
  const hidden = Array.from({ length: depth }, (_, index) => {
    const layer = dense(width, { ...RELU, init: { type: 'heNormal' } });
    return shortcut && index > 0 ? residual(layer) : layer;
  });
  return model([inputs], [...hidden, dense(outputs)]);
}

export const babu: Entries = [
  ['babu/squeezenet-v1.0', squeezenet10],
  ['babu/squeezenet-v1.1', squeezenet11],
  ['babu/squeezenet-1.6MB', squeezenetSmall],
  ['babu/alexnet', alexnet],
  ['babu/alexnet-gap', alexnetPooled],
  ['babu/alexnet-fire', alexnetFire],
];
