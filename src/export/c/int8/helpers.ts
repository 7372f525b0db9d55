import type { Rounding } from '../../../quantize/fixed-point.ts';
import { type Code, render } from '../code.ts';
import type { IntegerHelper } from './routine.ts';

/** x times a factor, as src/quantize/fixed-point.ts has it. The compiler shifts negative numbers with their sign, as all do. */
const MULTIPLIED: Readonly<Record<Rounding, Code>> = {
  once: [
    '/* x times multiplier / 2^31 * 2^shift to the nearest integer, halves upwards. */',
    'static int32_t multiplied(int32_t x, int32_t multiplier, int shift)',
    '{',
    [
      // Shifts of 64 bits by what is not known before cost some hundred bytes of code.
      'const int64_t product = (int64_t)(x * ((int32_t)1 << (shift > 0 ? shift : 0))) * multiplier;',
      'const int32_t high = (int32_t)(product >> 31);',
      'if (shift < 0) {',
      ['return ((high >> (-shift - 1)) + 1) >> 1;'],
      '}',
      'return high + (int32_t)(((uint32_t)product >> 30) & 1u);',
    ],
    '}',
  ],
  twice: [
    '/* x times multiplier / 2^31 * 2^shift, rounded twice: to the high half of the doubled product, then halves away from 0. */',
    'static int32_t multiplied(int32_t x, int32_t multiplier, int shift)',
    '{',
    [
      'const int left = shift > 0 ? shift : 0;',
      'const int right = shift > 0 ? 0 : -shift;',
      'const int64_t product = (int64_t)x * ((int64_t)1 << left) * multiplier;',
      'const int32_t high = (int32_t)((product + ((int64_t)1 << 30)) >> 31);',
      'const int32_t mask = (int32_t)(((int64_t)1 << right) - 1);',
      'const int32_t threshold = (mask >> 1) + (high < 0 ? 1 : 0);',
      'return (high >> right) + ((high & mask) > threshold ? 1 : 0);',
    ],
    '}',
  ],
};

const CLAMPED: Code = [
  'static int8_t clamped(int32_t x, int32_t least, int32_t most)',
  '{',
  ['return (int8_t)(x < least ? least : x > most ? most : x);'],
  '}',
];

/** The functions that routines call, those that others call first. */
export const INTEGER_HELPER_NAMES: readonly string[] = [
  'multiplied',
  'clamped',
  ...[2, 3, 4, 5, 6, 8].map((bits) => `weight${bits}`),
];

export function helperText(helper: IntegerHelper, rounding: Rounding): string {
  if (helper === 'multiplied') return render(MULTIPLIED[rounding]);
  if (helper === 'clamped') return render(CLAMPED);
  const bits = Number(helper.slice('weight'.length));
  return render([
    `/* The integer of ${bits} bits at an index, the lowest bits of the first byte first. */`,
    `static int ${helper}(const uint8_t *packed, int32_t index)`,
    '{',
    [
      `const uint32_t bit = (uint32_t)index * ${bits}u;`,
      'const unsigned pair = (unsigned)BYTE_FROM_FLASH(packed[bit / 8u]) | ((unsigned)BYTE_FROM_FLASH(packed[bit / 8u + 1u]) << 8);',
      `const int value = (int)((pair >> (bit % 8u)) & ${2 ** bits - 1}u);`,
      `return value >= ${2 ** (bits - 1)} ? value - ${2 ** bits} : value;`,
    ],
    '}',
  ]);
}

/** Integers of so many bits, the lowest of the first byte first, and a byte behind that is read along with the last. */
export function packedBits(integers: Int8Array, bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((integers.length * bits) / 8) + 1);
  integers.forEach((integer, index) => {
    const bit = index * bits;
    const pair = (integer & (2 ** bits - 1)) << (bit % 8);
    const at = Math.floor(bit / 8);
    bytes[at] = (bytes[at] ?? 0) | (pair & 255);
    bytes[at + 1] = (bytes[at + 1] ?? 0) | (pair >> 8);
  });
  return bytes;
}
