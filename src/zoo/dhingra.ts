import { conv2d, dense, dropout, flatten, maxPool2d } from '../model/layers.ts';
import { model } from '../model/model.ts';
import type { Model } from '../model/types.ts';
import type { Entries } from './entries.ts';

/**
 * A. Dhingra, "Model Complexity-Accuracy Trade-off for a Convolutional Neural Network". Weights and biases are drawn from
 * N(0, 0.1). The dropout rate between the dense layers is not stated: 0.5, that of the TensorFlow tutorial it starts from.
 */
const NORMAL = { type: 'normal', stddev: 0.1 } as const;
const DRAWN = { init: NORMAL, biasInit: NORMAL } as const;
const RELU = { ...DRAWN, activation: 'relu' } as const;
const SAME = { ...RELU, padding: 'same' } as const;

const baseline = () =>
  model(
    [28, 28, 1],
    [
      conv2d(32, 5, SAME),
      maxPool2d(2),
      conv2d(64, 5, SAME),
      maxPool2d(2),
      flatten(),
      dense(1024, RELU),
      dropout(0.5),
      dense(10, DRAWN),
    ],
  );

/** One convolution, one pooling, one hidden dense layer: what Tables II to VII vary. */
const oneConvolution = (filter: number, filters: number, pool: number, units: number) => (): Model =>
  model(
    [28, 28, 1],
    [conv2d(filters, filter, SAME), maxPool2d(pool), flatten(), dense(units, RELU), dropout(0.5), dense(10, DRAWN)],
  );

const WIDTHS = [1024, 512, 256, 128, 64, 32];
const FILTERS = [5, 3, 1];
const COUNTS = [32, 16, 8, 4, 2];
const POOLS = [2, 4];

export const dhingra: Entries = [
  ['dhingra/baseline', baseline],
  ['dhingra/one-conv', oneConvolution(5, 32, 2, 1024)],
  ...WIDTHS.map((units) => [`dhingra/fc-${units}`, oneConvolution(5, 32, 2, units)] as const),
  ...FILTERS.flatMap((size) =>
    COUNTS.flatMap((count) =>
      POOLS.map((pool) => [`dhingra/${size}x${size}-${count}-pool${pool}`, oneConvolution(size, count, pool, 128)] as const),
    ),
  ),
  ['dhingra/optimized', oneConvolution(5, 2, 4, 128)],
  ['dhingra/optimized-3x3', oneConvolution(3, 2, 4, 128)],
];
