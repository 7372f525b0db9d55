import { refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { avgPool2d, conv2d, dense, flatten, maxPool2d } from '../model/layers.ts';
import { model } from '../model/model.ts';
import type { Layer, Model } from '../model/types.ts';
import type { Entries } from './entries.ts';

export interface KeOptions {
  /** f: filters of every convolution [64]. */
  readonly filters?: number;
  /** s: height and width of the RGB input [64]. */
  readonly size?: number;
  /** k: height and width of the filters [5]. */
  readonly kernel?: number;
  /** l: convolutions, each followed by a pooling [3]. */
  readonly layers?: number;
  /** Channels of the input [3]. */
  readonly channels?: number;
  /** [2] */
  readonly classes?: number;
}

/** Height and width behind one of the poolings. As in cuda-convnet windows start in the corner and the last may reach beyond the image. */
export function pooledExtent(extent: number): number {
  return Math.ceil(Math.max(0, extent - 3) / 2) + 1;
}

export function ke(options: KeOptions = {}): Model {
  const { filters = 64, size = 64, kernel = 5, layers = 3, channels = 3, classes = 2 } = options;
  const numbers = { filters, size, kernel, layers, channels, classes };
  refuseUnknown('ke', options, Object.keys(numbers));
  for (const [name, value] of Object.entries(numbers))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new OptionError(`ke: ${name} must be a positive integer, got ${shown(value)}`);
  const body: Layer[] = [];
  let extent = size;
  for (let index = 0; index < layers; index++) {
    if (extent < 2)
      throw new OptionError(`ke: an input of ${size}x${size} is too small for ${layers} poolings; use fewer layers`);
    const init = { type: 'normal', stddev: index === 0 ? 1e-4 : 0.01 } as const;
    const out = pooledExtent(extent);
    const beyond = Math.max(0, (out - 1) * 2 + 3 - extent);
    const pooling = { strides: 2, padding: [0, beyond, 0, beyond] } as const;
    body.push(
      conv2d(filters, kernel, { padding: 'same', activation: 'relu', init, weightDecay: 0.004 }),
      index === 0 ? maxPool2d(3, pooling) : avgPool2d(3, pooling),
    );
    extent = out;
  }
  return model(
    [size, size, channels],
    [...body, flatten(), dense(classes, { init: { type: 'normal', stddev: 0.01 }, weightDecay: 3 })],
  );
}

export const keEntries: Entries = [['ke/baseline', () => ke()]];
