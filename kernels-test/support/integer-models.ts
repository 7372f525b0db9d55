import {
  type Activation,
  activation,
  avgPool2d,
  batchNorm,
  branch,
  channelShuffle,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  flatten,
  gate,
  globalAvgPool2d,
  type Layer,
  type Model,
  maxPool2d,
  merge,
  model,
  repeat,
  residual,
  upsample2d,
  zoo,
} from '../../src/node.ts';
import { resNet8 } from './small-networks.ts';

/** A network that is tried in integers. */
export interface IntegerModel {
  readonly title: string;
  readonly m: Model;
}

const image = (...layers: Layer[]) => model([6, 5, 4], layers);
const leaky: Activation = { type: 'leakyRelu', slope: 0.1 };

const SMALL_NETWORKS = [
  'nahhas/proposed',
  'nahhas/two',
  'records/joshwarn',
  'records/woolly',
  'gulati/condensenet-2',
  'nahhas/squeezenet',
  'dhingra/3x3-2-pool4',
];

/** Every operation that has a form in integers, and small networks of the zoo. */
export function integerModels(): IntegerModel[] {
  const models: readonly (readonly [title: string, m: Model])[] = [
    ['a convolution', image(conv2d(5, 3))],
    ['a convolution with ReLU, strides and padding', image(conv2d(5, 3, { activation: 'relu', strides: 2, padding: 'same' }))],
    [
      'a convolution without bias, with dilations and ReLU6',
      image(conv2d(3, 2, { activation: 'relu6', dilations: 2, bias: false })),
    ],
    ['a convolution in groups', image(conv2d(6, 3, { groups: 2 }))],
    ['a depthwise convolution', image(depthwiseConv2d(3, { multiplier: 2, activation: leaky }))],
    ['a normalisation that is folded', image(conv2d(5, 3, { bias: false }), batchNorm(), activation('relu'), dropout(0.5))],
    ['dense layers', model([7], [dense(9, { activation: 'relu' }), dense(3)])],
    ['poolings', image(maxPool2d(2), avgPool2d([2, 1]), flatten(), dense(3))],
    [
      'poolings that overlap and reach over the image',
      image(maxPool2d(3, { strides: 2, padding: 'same' }), avgPool2d(2, { strides: 1, padding: 'same' })),
    ],
    ['a global average', image(conv2d(6, 1), globalAvgPool2d(), dense(4))],
    ['a residual', image(residual(conv2d(4, 3, { padding: 'same', activation: leaky })), activation('relu'))],
    ['a residual with a shortcut', image(residual({ shortcut: [conv2d(3, 1)] }, conv2d(3, 3, { padding: 'same' })))],
    ['branches', image(branch([conv2d(2, 1, { activation: 'relu' })], [conv2d(3, 3, { padding: 'same' })], []))],
    ['a gate', image(gate(globalAvgPool2d(), dense(4, { activation: 'sigmoid' })))],
    ['a product', image(merge('multiply', [conv2d(3, 1)], [conv2d(3, 1)]))],
    ['an upsampling and a shuffle', image(conv2d(4, 1), channelShuffle(2), upsample2d([2, 3]), conv2d(2, 2))],
    ['a repetition', image(repeat(3, conv2d(4, 3, { padding: 'same', activation: 'relu' })), flatten(), dense(2))],
    ['an activation of the input', image(activation('relu'), conv2d(2, 1))],
    ...(['leakyRelu', 'sigmoid', 'tanh', 'elu', 'gelu', 'silu', 'hardSwish', 'hardSigmoid', 'relu6'] as const).map(
      (kind) => [kind, image(conv2d(3, 2), activation(kind === 'leakyRelu' ? leaky : kind), conv2d(2, 1))] as const,
    ),
    ['a residual network', resNet8()],
    ...SMALL_NETWORKS.map((name) => [name, zoo[name] as Model] as const),
  ];
  return models.map(([title, m]) => ({ title, m }));
}
