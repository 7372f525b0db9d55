import { branch, conv2d, dense, flatten, maxPool2d } from '../model/layers.ts';
import { model } from '../model/model.ts';
import type { Layer, Model } from '../model/types.ts';
import type { Entries } from './entries.ts';

/** S. Gulati, "CondenseNet: Reducing Parameters of CNN" (2017). Initial weights are not stated: the library's. */
const RELU = { activation: 'relu' } as const;
const SAME = { ...RELU, padding: 'same' } as const;
const SAME_POOL = { padding: 'same' } as const;

/** Two convolutions and two dense layers; the modifications shrink the filters. */
const plain = (filter: number) => (): Model =>
  model(
    [28, 28, 1],
    [conv2d(64, filter, SAME), maxPool2d(2), conv2d(128, filter, SAME), maxPool2d(2), flatten(), dense(512, RELU), dense(10)],
  );

/** A condense layer of 1x1 filters and an expand layer of 1x1 and 3x3 filters side by side. */
function condense(squeezed: number, expanded1: number, expanded3: number): Layer[] {
  return [conv2d(squeezed, 1, RELU), branch([conv2d(expanded1, 1, RELU)], [conv2d(expanded3, 3, SAME)])];
}

const condenseNet = (pool: number, units: number) => (): Model =>
  model(
    [28, 28, 1],
    [
      conv2d(64, 3, SAME),
      maxPool2d(2),
      ...condense(16, 96, 32),
      maxPool2d(pool, SAME_POOL),
      flatten(),
      dense(units, RELU),
      dense(10),
    ],
  );

/**
 * A CondenseNet for CIFAR-10, which Gulati names as future work. This one is ours: his CondenseNet with a second condense module,
 * as his 28x28 one shrinks 14x14 by four.
 */
const condenseNetForCifar = () =>
  model(
    [32, 32, 3],
    [
      conv2d(64, 3, SAME),
      maxPool2d(2),
      ...condense(16, 96, 32),
      maxPool2d(2),
      ...condense(32, 192, 64),
      maxPool2d(4),
      flatten(),
      dense(256, RELU),
      dense(10),
    ],
  );

export const gulati: Entries = [
  ['gulati/initial', plain(5)],
  ['gulati/modification-1', plain(3)],
  ['gulati/modification-2', plain(1)],
  ['gulati/condensenet', condenseNet(4, 256)],
  ['gulati/condensenet-1', condenseNet(7, 256)],
  ['gulati/condensenet-2', condenseNet(7, 128)],
  ['gulati/condensenet-3', condenseNet(4, 64)],
  ['gulati/condensenet-cifar', condenseNetForCifar],
];
