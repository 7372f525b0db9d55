// The networks that benchmarks train.
import {
  activation,
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
} from '../src/index.ts';

export interface Workload {
  readonly inputShape: readonly [number, number, number];
  readonly model: Model;
  /** Samples a step. */
  readonly batch: number;
  /** How many copies are trained in one plan, where a benchmark is not told otherwise. */
  readonly replicas: readonly number[];
}

const same = { padding: 'same', activation: 'relu' } as const;
const relu = { activation: 'relu' } as const;
const leaky = { activation: { type: 'leakyRelu', slope: 0.2 } } as const;

/** A depthwise 3x3 convolution, then one of 1x1: a block of W3. */
const separable = (filters: number): Layer[] => [depthwiseConv2d(3, { bias: false }), conv2d(filters, 1, leaky)];
/** A layer of W4. */
const normalised = (filters: number): Layer[] => [
  conv2d(filters, 3, { padding: 'same' }),
  batchNorm(),
  activation('relu'),
  dropout(0.01),
];
const repeated = (times: number, layers: () => Layer[]): Layer[] => Array.from({ length: times }, layers).flat();

const large = { batch: 50, replicas: [1, 4, 16] } as const;

export const WORKLOADS = {
  /** Dhingra's baseline, Table I. */
  W1: {
    ...large,
    inputShape: [28, 28, 1],
    model: model(
      [28, 28, 1],
      [
        conv2d(32, 5, same),
        maxPool2d(2),
        conv2d(64, 5, same),
        maxPool2d(2),
        flatten(),
        dense(1024, relu),
        dropout(0.5),
        dense(10),
      ],
    ),
  },
  /** Dhingra's optimised network, Table VII. */
  W2: {
    ...large,
    inputShape: [28, 28, 1],
    model: model([28, 28, 1], [conv2d(2, 5, same), maxPool2d(4), flatten(), dense(128, relu), dense(10)]),
  },
  /** The 697 parameters of JoshWarn/Parameter-Efficient-MNIST. */
  W3: {
    batch: 256,
    replicas: [1, 5],
    inputShape: [28, 28, 1],
    model: model(
      [28, 28, 1],
      [
        conv2d(6, 3, { padding: 'same', ...leaky }),
        maxPool2d(2),
        ...[5, 9, 10, 8].flatMap(separable),
        globalAvgPool2d(),
        dropout(0.05),
        dense(10),
      ],
    ),
  },
  /** The 3,762 parameters of adilsammar/woolly-of-cv. */
  W4: {
    batch: 32,
    replicas: [1, 5],
    inputShape: [28, 28, 1],
    model: model(
      [28, 28, 1],
      [
        ...repeated(3, () => normalised(4)),
        maxPool2d(2),
        ...repeated(3, () => normalised(8)),
        maxPool2d(2),
        ...repeated(3, () => normalised(8)),
        globalAvgPool2d(),
        dense(10),
      ],
    ),
  },
  /** Gulati's Vanilla CondenseNet. */
  condensenet: {
    ...large,
    inputShape: [28, 28, 1],
    model: model(
      [28, 28, 1],
      [
        conv2d(64, 3, same),
        maxPool2d(2),
        conv2d(16, 1, relu),
        branch([conv2d(96, 1, relu)], [conv2d(32, 3, same)]),
        maxPool2d(4, { padding: 'same' }),
        flatten(),
        dense(256, relu),
        dense(10),
      ],
    ),
  },
} as const satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof WORKLOADS;
