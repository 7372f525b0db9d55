import { Random } from '../../src/core/random.ts';
import {
  activation,
  avgPool2d,
  batchNorm,
  branch,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  globalAvgPool2d,
  type Layer,
  type Model,
  maxPool2d,
  model,
  residual,
} from '../../src/node.ts';

/** A small valid model of 8 x 8 images and 4 classes, of every kind of layer, nested two deep: the same for the same seed. */
export function randomModel(seed: number): Model {
  const random = new Random(seed, 0x6d6f64);
  const body = stack(random, 2 + random.below(3), 2);
  const head =
    random.below(2) === 0 ? [globalAvgPool2d()] : [maxPool2d(2), flatten(), dense(6, { activation: 'relu' }), dropout(0.4)];
  return model([8, 8, 1 + random.below(3)], [...body, ...head, dense(4)]);
}

function stack(random: Random, length: number, depth: number): Layer[] {
  return Array.from({ length }, () => oneOf(random, depth > 0 ? [...LEAVES, ...NESTS] : LEAVES)(random, depth));
}

type Draw = (random: Random, depth: number) => Layer;

/** All keep height and width, so that any may stand in any path. */
const LEAVES: readonly Draw[] = [
  (random) =>
    conv2d(1 + random.below(6), oneOf(random, [1, 2, 3]), {
      padding: 'same',
      activation: oneOf(random, [undefined, 'relu', 'tanh']),
    }),
  (random) => depthwiseConv2d(3, { padding: 'same', multiplier: 1 + random.below(2), bias: random.below(2) === 0 }),
  () => maxPool2d(3, { strides: 1, padding: 'same' }),
  () => avgPool2d(2, { strides: 1, padding: 'same' }),
  (random) => activation(oneOf(random, ['relu', 'sigmoid', { type: 'leakyRelu', slope: 0.1 }])),
  () => batchNorm({ momentum: 0.8 }),
  () => dropout(0.25),
];

const NESTS: readonly Draw[] = [
  (random, depth) => branch(...Array.from({ length: 2 + random.below(2) }, () => stack(random, random.below(3), depth - 1))),
  // x + layers(x): none of these changes the number of channels.
  (random) => residual(...Array.from({ length: 1 + random.below(2) }, () => oneOf(random, LEAVES.slice(2))(random, 0))),
];

function oneOf<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)] as T;
}
