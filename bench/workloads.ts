// The networks that benchmarks train; shared/design/kernels.md names W1 and W2.
import { branch, conv2d, dense, dropout, flatten, type Model, maxPool2d, model } from '../src/index.ts';

const same = { padding: 'same', activation: 'relu' } as const;
const relu = { activation: 'relu' } as const;

export const WORKLOADS = {
  /** Dhingra's baseline, Table I. */
  W1: {
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
    inputShape: [28, 28, 1],
    model: model([28, 28, 1], [conv2d(2, 5, same), maxPool2d(4), flatten(), dense(128, relu), dense(10)]),
  },
  /** Gulati's Vanilla CondenseNet. */
  condensenet: {
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
} as const satisfies Record<string, { inputShape: readonly [number, number, number]; model: Model }>;

export type WorkloadName = keyof typeof WORKLOADS;
