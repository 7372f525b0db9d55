import { coarsen } from '../../compress/coarsen.ts';
import type { Value } from '../../core/value.ts';
import type { Weights } from '../../model/weights.ts';
import { dequantizedWeights } from '../../quantize/dequantized.ts';
import type { StepOf } from '../chain.ts';
import type { StepDefinition } from './definition.ts';

const BITS = [12, 9, 7, 6, 5, 4, 3];

/**
 * Numbers that are no integers (biases, scales, the numbers that weights share) keep so many significant bits: a coded file tells those
 * that all of them have.
 */
export const round: StepDefinition<StepOf<'round'>> = {
  untrained: true,
  ladder: (format) => (format === 'compressed' ? BITS.map((bits) => ({ type: 'round', bits })) : []),
  words: ({ bits }) => `floats of ${bits} significant bits`,
  async take({ bits }, copies) {
    if (!copies.quantized) return { ...copies, weights: copies.weights.map((own) => roundedWeights(own, bits)) };
    // The first bit that is set is no part of a fraction.
    const quantized = copies.quantized.map((own) => coarsen(own, { fraction: bits - 1 }));
    return { ...copies, quantized, weights: quantized.map(dequantizedWeights) };
  },
};

function roundedWeights(weights: Weights, bits: number): Weights {
  const rounded = ({ shape, data }: Value) => ({ shape, data: data.map((value) => significant(value, bits)) });
  return new Map([...weights].map(([name, value]) => [name, rounded(value)]));
}

/** The nearest number of so many significant bits, of a normal float32. */
function significant(value: number, bits: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const unit = 2 ** (exponentOf(value) - bits + 1);
  return Math.round(value / unit) * unit;
}

/** e of a magnitude from 2^e to below 2^(e + 1). */
function exponentOf(value: number): number {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, Math.abs(value));
  return (bits.getUint32(0) >>> 23) - 127;
}
