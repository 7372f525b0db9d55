import { expect, test } from 'vitest';
import { unrolled } from '../src/gpu/unroll.ts';

const words = (text: string) => text.replace(/\s+/g, ' ').trim();
const constants = 'const TILE = 2u;\nconst HELD = 3u;\n';
const inside = (code: string) => words(unrolled(constants + code)).slice(words(constants).length + 1);

test('a loop over a constant is written out, and one inside it too', () => {
  expect(inside('for (var p = 0u; p < TILE; p++) { sum[p] = fma(x[p], w, sum[p]); }')).toBe(
    '{ { let p = 0u; sum[p] = fma(x[p], w, sum[p]); } { let p = 1u; sum[p] = fma(x[p], w, sum[p]); } }',
  );
  expect(inside('for (var p = 0u; p < 1u; p++) { if (a) { for (var k = 1u; k < TILE; k++) { b(p, k); } } }')).toBe(
    '{ { let p = 0u; if (a) { { { let k = 1u; b(p, k); } } } } }',
  );
});

test('bounds may be sums and products of constants, those of a function too', () => {
  expect(inside('for (var r = HELD - TILE; r < HELD; r++) { a(r); }')).toBe('{ { let r = 1u; a(r); } { let r = 2u; a(r); } }');
  expect(inside('for (var r = 0u; r + TILE < HELD; r++) { a(r); }')).toBe('{ { let r = 0u; a(r); } }');
  expect(inside('const rows = TILE * 1u; for (var r = 1u; r < rows; r++) { a(r); }')).toBe(
    'const rows = TILE * 1u; { { let r = 1u; a(r); } }',
  );
  expect(inside('for (var r = HELD; r < TILE; r++) { a(r); } b();')).toBe('{ } b();');
});

test.each([
  'for (var i = 0u; i < length; i++) { a(i); }',
  'for (var i = 0u; i < min(TILE, length); i++) { a(i); }',
  'for (var i = local; i < TILE; i += 64u) { a(i); }',
  'for (var i = 0u; i < TILE; i++) { if (x[i] > 0) { break; } }',
  'for (var i = 0u; i < TILE; i++) { if (x[i] > 0) { continue; } a(i); }',
  'for (var i = 0u; i < TILE; i++) { i += 1u; }',
])('stays as it is: %s', (loop) => {
  expect(inside(loop)).toBe(loop);
});

test('what would become too long stays a loop, and its inner loops are written out', () => {
  const long = 'a(i); '.repeat(3000);
  expect(inside(`for (var i = 0u; i < TILE; i++) { ${long}for (var k = 0u; k < 1u; k++) { b(k); } }`)).toBe(
    `for (var i = 0u; i < TILE; i++) { ${long}{ { let k = 0u; b(k); } } }`,
  );
});
