/** The bits of float32 numbers, on the same memory. */
export function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

/** Bits of the fraction, from the first, that any of these floats uses: 10 where all are halves, 0 where all are powers of two. */
export function fractionBits(floats: Uint32Array): number {
  let used = 0;
  for (const bits of floats) used |= bits & 0x7fffff;
  let count = 23;
  while (count > 0 && ((used >>> (23 - count)) & 1) === 0) count--;
  return count;
}

/** Numbers as multiples of the largest power of two, 2^unit, of which all of them are; not exact where one is -0 or not finite. */
export function stepsOf(data: Float32Array): { unit: number; multiples: Float64Array; isExact: boolean } {
  let unit = Number.POSITIVE_INFINITY;
  let isExact = true;
  for (const bits of bitsOf(data)) {
    if (bits === MINUS_ZERO || (bits & INFINITE) === INFINITE) isExact = false;
    else if (bits !== 0) unit = Math.min(unit, lowestBit(bits));
  }
  if (unit === Number.POSITIVE_INFINITY) unit = 0;
  return { unit, multiples: Float64Array.from(data, (value) => value / 2 ** unit), isExact };
}

const MINUS_ZERO = 0x80000000;
const INFINITE = 0x7f800000;

/** The exponent of the lowest bit that is set of a float32 that is finite and not 0. */
function lowestBit(bits: number): number {
  const exponent = (bits >>> 23) & 255;
  const fraction = (bits & 0x7fffff) | (exponent > 0 ? 0x800000 : 0);
  const trailing = 31 - Math.clz32(fraction & -fraction);
  return Math.max(exponent, 1) - 150 + trailing;
}
