import type { Pair } from '../../core/geometry.ts';
import { permuted } from '../../core/permuted.ts';
import type { Value } from '../../core/value.ts';
import { channelsOf } from '../../graph/tensor.ts';

/** [..., K] as [K, ...], as the format has the filters of convolutions and the weights of dense layers. */
export function lastAxisFirst({ shape, data }: Value): Value {
  const outputs = channelsOf(shape);
  return { shape: [outputs, ...shape.slice(0, -1)], data: permuted(data, [data.length / outputs, outputs], [1, 0]) };
}

/**
 * Of a transposed convolution's filter [KH,KW,OUT,IN] the part of `count` input channels as [OUT,KH,KW,count], with zeros between its
 * elements for its dilations, of which the format has none.
 */
export function transposedFilter({ shape, data }: Value, dilations: Pair, from: number, count: number): Value {
  const [height = 1, width = 1, outputs = 1, inputs = 1] = shape;
  const [tall, wide] = [(height - 1) * dilations[0] + 1, (width - 1) * dilations[1] + 1];
  const turned = new Float32Array(outputs * tall * wide * count);
  for (let output = 0; output < outputs; output++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const source = ((y * width + x) * outputs + output) * inputs + from;
        const target = ((output * tall + y * dilations[0]) * wide + x * dilations[1]) * count;
        turned.set(data.subarray(source, source + count), target);
      }
  return { shape: [outputs, tall, wide, count], data: turned };
}
