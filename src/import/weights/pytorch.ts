import { permuted } from '../../core/permuted.ts';
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
      // [KH,KW,IN/groups,OUT] of a convolution, [KH,KW,OUT/groups,IN] of a transposed one: in both the last axes are swapped.
      if (role === 'filter')
        return [
          role,
          {
            ...foreign,
            shape: [d, c, a, b],
            turned: ({ data }) => ({ shape, data: permuted(data, [d, c, a, b], [2, 3, 1, 0]) }),
          },
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

/** [OUT,IN] -> [IN,OUT], the inputs of a flattened image from channels, rows, columns to rows, columns, channels. */
function matrixFrom(data: Float32Array, [outputs, inputs]: readonly [number, number], image: Shape | undefined): Float32Array {
  if (!image) return permuted(data, [outputs, inputs], [1, 0]);
  const [height = 1, width = 1, channels = 1] = image;
  return permuted(data, [outputs, channels, height, width], [2, 3, 1, 0]);
}

function vectorFrom(data: Float32Array, size: number, image: Shape | undefined): Float32Array {
  if (data.length === 1) return new Float32Array(size).fill(data[0] ?? Number.NaN);
  if (!image) return data.slice();
  const [height = 1, width = 1, channels = 1] = image;
  return permuted(data, [channels, height, width], [1, 2, 0]);
}
