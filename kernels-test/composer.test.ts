import { describe, expect, test } from 'vitest';
import { compose } from '../src/gpu/composer.ts';

describe('a composed shader', () => {
  test('has the constants that it names, be it in a piece that it imports, and no others', () => {
    const source = '//#import piece\nfn twice() -> u32 { return 2u * ONE; } // OTHER';
    const library = { piece: 'fn half() -> f32 { return HALF; } /* OTHER */' };
    const code = compose(source, { ONE: 1, HALF: { f32: 0.5 }, OTHER: 3, ON: 1, Kind: { type: 'f32' } }, library);
    expect(code.split('\n').filter((line) => /^(const|alias) /.test(line))).toEqual(['const ONE = 1u;', 'const HALF = 0.5f;']);
    expect(code).toBe(compose(source, { ONE: 1, HALF: { f32: 0.5 }, OTHER: 4 }, library));
  });

  test('enables f16 where it names a type that is one', () => {
    const types = { Weight: { type: 'f16' } } as const;
    expect(compose('fn zero() -> Weight { return Weight(0.0); }', types, {})).toMatch(/^enable f16;\nalias Weight = f16;\n/);
    expect(compose('fn zero() -> f32 { return 0.0; }', types, {})).not.toContain('f16');
  });
});
