import { refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import type { Value } from '../core/value.ts';
import { roundHalfEven } from '../quantize/rounding.ts';
import { isQuantizedTensor, type QuantizedModel, type QuantizedTensor } from '../quantize/types.ts';
import { biasScales, graphOf } from './bias-scales.ts';

export interface CoarsenOptions {
  /** Bits of the fraction that are left of each scale and float, from 0 (powers of two) to 23 [4]. */
  readonly fraction?: number;
}

/**
 * A network in integers whose scales, and what it has as floats beside them, are rounded to few bits, since in a small network they take as
 * much as the integers do; each is off by half of 2^-fraction of itself at most. The integers stay; those of biases follow the scales, and
 * the scales of the values between layers stay. It is another network: evaluate it.
 */
export function coarsen(quantized: QuantizedModel, options: CoarsenOptions = {}): QuantizedModel {
  refuseUnknown('coarsen', options, ['fraction']);
  const { fraction = 4 } = options;
  if (!Number.isInteger(fraction) || fraction < 0 || fraction > 23)
    throw new OptionError(`coarsen: fraction must be an integer from 0 to 23, got ${shown(fraction)}`);
  const weights = new Map(
    [...quantized.weights].map(([name, tensor]): [string, QuantizedTensor | Value] => {
      if (!isQuantizedTensor(tensor)) return [name, { shape: tensor.shape, data: rounded(tensor.data, fraction) }];
      return [name, { ...tensor, scales: rounded(tensor.scales, fraction) }];
    }),
  );
  const graph = graphOf(quantized.model);
  for (const [name, tensor] of quantized.weights) {
    const scales = isQuantizedTensor(tensor) ? biasScales(graph, name, { ...quantized, weights }) : undefined;
    if (isQuantizedTensor(tensor) && scales) weights.set(name, rescaled(tensor, scales));
  }
  return { ...quantized, weights };
}

/** The same values, nearly, at other scales. */
function rescaled(bias: QuantizedTensor, scales: Float32Array): QuantizedTensor {
  const integers = Int32Array.from(bias.integers, (integer, at) =>
    roundHalfEven((integer * (bias.scales[at] ?? 0)) / (scales[at] ?? 1)),
  );
  return { ...bias, integers, scales };
}

/** To the nearest float of so many bits of fraction, halves away from 0; what is not finite stays. */
function rounded(data: Float32Array, fraction: number): Float32Array {
  const bits = new Uint32Array(data.slice().buffer);
  const unit = 2 ** (23 - fraction);
  return new Float32Array(
    bits.map((float) => {
      const finite = (float & 0x7f800000) !== 0x7f800000;
      return finite && unit > 1 ? Math.floor((float + unit / 2) / unit) * unit : float;
    }).buffer,
  );
}
