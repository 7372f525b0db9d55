import type { Shape } from '../../core/value.ts';
import type { Foreign, Layout } from './layout.ts';
import type { Slot } from './slots.ts';

const ROLES: Readonly<Record<string, string>> = {
  filter: 'weight',
  weights: 'weight',
  scale: 'weight',
  slope: 'weight',
  offset: 'bias',
  bias: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
};

/** Filters [OUT,IN/groups,KH,KW], matrices [OUT,IN], the channels of images first. */
export const pytorchLayout: Layout = {
  separator: '.',
  channelsFirst: true,
  isWeight: (name) => !/(^|\.)num_batches_tracked$/.test(name),
  weights: pytorchWeights,
  numbered: (module) => module,
};

function pytorchWeights({ layer, weights, flattened }: Slot): ReadonlyMap<string, Foreign> {
  return new Map(
    weights.map(({ role, shape }): [string, Foreign] => {
      const foreign = { role: ROLES[role] ?? role };
      const [a = 1, b = 1, c = 1, d = 1] = shape;
      // [KH,KW,IN/groups,OUT] of a convolution, [KH,KW,OUT/groups,IN] of a transposed one: in both the last axes change places.
      if (role === 'filter')
        return [
          role,
          { ...foreign, shape: [d, c, a, b], turned: ({ data }) => ({ shape, data: filterFrom(data, [d, c, a, b]) }) },
        ];
      if (role === 'weights')
        return [
          role,
          { ...foreign, shape: [b, a], turned: ({ data }) => ({ shape, data: matrixFrom(data, [b, a], flattened) }) },
        ];
      const isOneSlope = layer.type === 'prelu';
      return [
        role,
        {
          ...foreign,
          shape,
          ...(isOneSlope && { also: [[1]] }),
          turned: ({ data }) => ({ shape, data: vectorFrom(data, a, role === 'bias' ? undefined : flattened) }),
        },
      ];
    }),
  );
}

/** [A,B,KH,KW] -> [KH,KW,B,A]. */
function filterFrom(data: Float32Array, [a, b, height, width]: readonly [number, number, number, number]): Float32Array {
  return Float32Array.from({ length: data.length }, (_, index) => {
    const pixel = Math.floor(index / (a * b));
    return data[((index % a) * b + (Math.floor(index / a) % b)) * height * width + pixel] ?? Number.NaN;
  });
}

/** [OUT,IN] -> [IN,OUT], the inputs of a flattened image from channels, rows, columns to rows, columns, channels. */
function matrixFrom(data: Float32Array, [outputs, inputs]: readonly [number, number], image: Shape | undefined): Float32Array {
  const from = channelsFirst(image);
  return Float32Array.from({ length: data.length }, (_, index) => {
    const [input, output] = [Math.floor(index / outputs), index % outputs];
    return data[output * inputs + from(input)] ?? Number.NaN;
  });
}

function vectorFrom(data: Float32Array, size: number, image: Shape | undefined): Float32Array {
  const from = channelsFirst(image);
  return Float32Array.from({ length: size }, (_, index) => data[data.length === 1 ? 0 : from(index)] ?? Number.NaN);
}

/** Where element i of an image [h, w, c] lies in [c, h, w]. */
function channelsFirst(image: Shape | undefined): (index: number) => number {
  if (!image) return (index) => index;
  const [height = 1, width = 1, channels = 1] = image;
  return (index) => (index % channels) * height * width + Math.floor(index / channels);
}
