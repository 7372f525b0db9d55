import { strToU8, zipSync } from 'fflate';
import { File, Module, ready } from 'h5wasm';
import type { Value } from '../../src/node.ts';
import { noise } from './onnx-graph.ts';

type Elements = Float32Array | Float64Array | Uint32Array | BigInt64Array;
/** Datasets by path; null is a group without any. */
export type Hdf5 = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Elements } | null>>;

/** As h5py writes it: the oldest form of everything, which has no checksums. `links`: groups by the paths where they are once more. */
export async function hdf5(
  contents: Hdf5,
  compressed = false,
  links: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  await ready;
  const file = new File('/fixture.h5', 'w', { libver: ['earliest', 'latest'] });
  const made = new Set<string>();
  for (const [path, dataset] of Object.entries(contents)) {
    const parts = path.split('/');
    const groups = dataset ? parts.slice(0, -1) : parts;
    groups.forEach((_, index) => {
      const group = groups.slice(0, index + 1).join('/');
      if (!made.has(group)) file.create_group(group);
      made.add(group);
    });
    if (!dataset) continue;
    const shape = [...dataset.shape];
    file.create_dataset({
      name: path,
      data: dataset.data,
      shape,
      ...(compressed && shape.length > 0 && { chunks: shape, compression: 'gzip' }),
    });
  }
  for (const [path, target] of Object.entries(links)) file.create_hard_link(`/${target}`, path);
  file.close();
  const bytes = Module.FS.readFile('/fixture.h5') as Uint8Array<ArrayBuffer>;
  Module.FS.unlink('/fixture.h5');
  return bytes.slice();
}

/** A `.keras` file, which Keras does not compress. */
export function archive(files: Readonly<Record<string, Uint8Array>>, level: 0 | 9 = 0): Uint8Array {
  return zipSync({ 'metadata.json': strToU8('{"keras_version": "3.8.0"}'), 'config.json': strToU8('{}'), ...files }, { level });
}

export function value(shape: readonly number[], seed: number): Value & { readonly data: Float32Array } {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, data: Float32Array.from(noise(size, seed)) };
}

const normalisation = (size: number, seed: number) => [0, 1, 2, 3].map((i) => value([size], seed + i));

/** The variables of the layers of a network for images [8, 8, 2], as Keras has them, by its layers' names. */
export const LAYERS: Readonly<Record<string, readonly Value[]>> = {
  conv2d: [value([3, 3, 2, 4], 1), value([4], 2)],
  batch_normalization: normalisation(4, 3),
  depthwise_conv2d: [value([3, 3, 4, 2], 7), value([8], 8)],
  p_re_lu: [value([1, 1, 8], 9)],
  conv2d_1: [value([3, 3, 4, 8], 10)],
  batch_normalization_1: normalisation(8, 11),
  conv2d_transpose: [value([2, 2, 3, 8], 15), value([3], 16)],
  layer_normalization: [value([3], 17), value([3], 18)],
  dense: [value([192, 5], 19), value([5], 20)],
  dense_1: [value([5, 5], 21), value([5], 22)],
};

const ROLES: Readonly<Record<string, readonly string[]>> = {
  conv2d: ['kernel', 'bias'],
  conv2d_transpose: ['kernel', 'bias'],
  depthwise_conv2d: ['depthwise_kernel', 'bias'],
  dense: ['kernel', 'bias'],
  p_re_lu: ['alpha'],
  layer_normalization: ['gamma', 'beta'],
  batch_normalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
};
const roleOf = (layer: string, place: number) => ROLES[layer.replace(/_\d+$/, '')]?.[place] ?? '';

type Named = readonly [string, Value | null];
const datasets = (entries: readonly Named[]) => Object.fromEntries(entries) as Hdf5;
const each = (name: (layer: string, place: number) => string) =>
  Object.entries(LAYERS).flatMap(([layer, values]) => values.map((v, place): Named => [name(layer, place), v]));

/** The file that `model.save_weights('x.weights.h5')` of Keras 3 writes, and `.keras` files hold, with what it has beside the weights. */
export const variables = (layers = 'layers'): Hdf5 => ({
  ...datasets(each((layer, place) => `${layers}/${layer}/vars/${place}`)),
  [`${layers}/input_layer/vars`]: null,
  [`${layers}/flatten/vars`]: null,
  [`${layers}/dropout/seed_generator/vars/0`]: { shape: [2], data: Uint32Array.of(7, 8) },
  'metrics/mean/vars/0': value([], 1),
  'optimizer/vars/0': { shape: [], data: BigInt64Array.of(1875n) },
  'optimizer/vars/1': value([], 2),
  'optimizer/vars/2': value([3, 3, 2, 4], 3),
  vars: null,
});

/** The file that `model.save('x.h5')` of TensorFlow's Keras 2 writes. */
export const legacy = (): Hdf5 => ({
  ...datasets(each((layer, place) => `model_weights/${layer}/${layer}/${roleOf(layer, place)}:0`)),
  'model_weights/flatten': null,
  'model_weights/top_level_model_weights': null,
  'optimizer_weights/Adam/iter:0': { shape: [], data: BigInt64Array.of(1875n) },
  'optimizer_weights/Adam/conv2d/kernel/m:0': value([3, 3, 2, 4], 3),
});

/** The file that `model.save_weights('x.h5')` of Keras 2 writes. */
export const legacyWeights = (): Hdf5 => datasets(each((layer, place) => `${layer}/${layer}/${roleOf(layer, place)}:0`));

/** The file that `model.save('x.h5')` of Keras 3 writes. */
export const legacyOfThree = (): Hdf5 =>
  datasets(
    each((layer, place) => {
      const role = roleOf(layer, place).replace('depthwise_kernel', 'kernel');
      return `model_weights/${layer}/sequential/${layer}/${role}`;
    }),
  );
