import { describe, expect, test } from 'vitest';
import { compose } from '../src/gpu/composer.ts';

describe('a composed shader', () => {
  test('has the constants that it names, be it in a piece that it imports, and no others', () => {
    const source = '//#import piece\nfn twice() -> u32 { return 2u * ONE; } // OTHER';
    const library = { piece: 'fn half() -> f32 { return HALF; } /* OTHER */' };
    const { code } = compose(source, { ONE: 1, HALF: { f32: 0.5 }, OTHER: 3, ON: 1, Kind: { type: 'f32' } }, library);
    expect(code.split('\n').filter((line) => /^(const|alias) /.test(line))).toEqual(['const ONE = 1u;', 'const HALF = 0.5f;']);
    expect(code).toBe(compose(source, { ONE: 1, HALF: { f32: 0.5 }, OTHER: 4 }, library).code);
  });

  test('reads the numbers that are given, of those that it names, from a binding behind its own', () => {
    const source = 'fn sum() -> u32 { return FIRST + LAST + FACTOR; }\nfn main() {\n  let all = sum() + FIRST;\n}';
    const numbers = (first: number, last: number) =>
      compose(source, { FIRST: { given: first }, OTHER: { given: 5 }, LAST: { given: last }, FACTOR: 2 }, {}, 3);
    expect(numbers(7, 4_294_967_295).numbers).toEqual([7, 4_294_967_295]);
    expect(numbers(7, 0).code).toBe(
      [
        'const FACTOR = 2u;',
        'struct Given { FIRST: u32, LAST: u32 }',
        '@group(0) @binding(3) var<uniform> given_numbers: Given;',
        'fn sum() -> u32 { return given_numbers.FIRST + given_numbers.LAST + FACTOR; }',
        'fn main() { let FIRST = given_numbers.FIRST; let LAST = given_numbers.LAST;',
        '  let all = sum() + FIRST;',
        '}',
      ].join('\n'),
    );
    expect(numbers(7, 0).code).toBe(numbers(8, 1).code);
    expect(() => numbers(-1, 0)).toThrow('FIRST = -1 is no unsigned 32-bit integer');
  });

  test('enables f16 where it names a type that is one', () => {
    const types = { Weight: { type: 'f16' } } as const;
    expect(compose('fn zero() -> Weight { return Weight(0.0); }', types, {}).code).toMatch(/^enable f16;\nalias Weight = f16;\n/);
    expect(compose('fn zero() -> f32 { return 0.0; }', types, {}).code).not.toContain('f16');
  });
});
