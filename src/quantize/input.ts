import { DataError } from '../core/errors.ts';
import { clamp, roundHalfAway } from './rounding.ts';
import type { ActivationScale } from './types.ts';

/** The integer of a value, as TensorFlow Lite's QUANTIZE rounds it. */
export function integerOf(value: number, { scale, zeroPoint }: ActivationScale): number {
  return clamp(roundHalfAway(Math.fround(value / scale)) + zeroPoint, -128, 127);
}

/**
 * The integers of stored numbers, each of which is to the network s * scale + offset. Throws a DataError for NaN, which no integer stands
 * for; what is infinite is cut off as all is that lies beyond the range.
 */
export function integersOf(
  stored: Uint8Array | Float32Array,
  { scale, offset }: { readonly scale: number; readonly offset: number },
  input: ActivationScale,
): Int8Array {
  const toInteger = (number: number) =>
    integerOf(Math.fround(Math.fround(number * Math.fround(scale)) + Math.fround(offset)), input);
  if (stored instanceof Float32Array) {
    const at = stored.findIndex(Number.isNaN);
    if (at >= 0)
      throw new DataError(
        `Number ${at} of the data is NaN, for which a network in integers has none; take it out, or use floats`,
      );
    return Int8Array.from(stored, toInteger);
  }
  const table = byteTable(toInteger);
  return Int8Array.from(stored, (byte) => table[byte] ?? 0);
}

function byteTable(toInteger: (byte: number) => number): Int8Array {
  return Int8Array.from({ length: 256 }, (_, byte) => toInteger(byte));
}
