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

test('bounds may be sums and products of constants', () => {
  expect(inside('for (var r = HELD - TILE; r < HELD; r++) { a(r); }')).toBe('{ { let r = 1u; a(r); } { let r = 2u; a(r); } }');
  expect(inside('for (var r = 0u; r + TILE < HELD; r++) { a(r); }')).toBe('{ { let r = 0u; a(r); } }');
  expect(inside('const ROWS = TILE * 1u; fn f() { for (var r = 1u; r < ROWS; r++) { a(r); } }')).toBe(
    'const ROWS = TILE * 1u; fn f() { { { let r = 1u; a(r); } } }',
  );
  expect(inside('for (var r = HELD; r < TILE; r++) { a(r); } b();')).toBe('{ } b();');
});

test('what only reads the loop variable does not stop it', () => {
  for (const body of ['x[i] = 1;', 'y = i == 1u || i <= n || i >= m || i != k;', 'y = i << 1u;', 'index = 2u; ii += 1u; i2 = i;'])
    expect(inside(`for (var i = 1u; i < TILE; i++) { ${body} }`)).toBe(`{ { let i = 1u; ${body} } }`);
});

test('two loops after each other may have the same variable', () => {
  const loop = 'for (var i = 1u; i < TILE; i++) { a(i); }';
  expect(inside(`${loop} ${loop}`)).toBe('{ { let i = 1u; a(i); } } { { let i = 1u; a(i); } }');
});

test('comments go, with the braces in them', () => {
  expect(
    inside('for (var i = 1u; i < TILE; i++) { // }\n a(i); /* } /* break; { */ } */ b(i); } c(); /* for (var i = 0u; */ d/**/e'),
  ).toBe('{ { let i = 1u; a(i); b(i); } } c(); d e');
  expect(unrolled('a / b; // the end')).toBe('a / b; ');
  expect(unrolled('// const N = 1u;\nfor (var i = 0u; i < N; i++) { }')).toBe('\nfor (var i = 0u; i < N; i++) { }');
});

const loopTo = (bound: string, body = 'a(i);') => `for (var i = 0u; i < ${bound}; i++) { ${body} }`;
const unchanged: readonly (readonly [why: string, code: string])[] = [
  ['the bound is unknown', loopTo('length')],
  ['the bound is no sum', loopTo('min(TILE, length)')],
  ['the bound is compared again', loopTo('TILE && b')],
  ['the bound leaves u32 on the way', loopTo('TILE - HELD + HELD')],
  ['the bound is larger than a u32', loopTo('4294967295u * TILE')],
  ['the sum to compare wraps around', 'for (var i = HELD; i + 4294967295u < TILE; i++) { a(i); }'],
  ['millions of turns', loopTo('4000000000u', '')],
  ['the start is unknown', 'for (var i = local; i < TILE; i++) { a(i); }'],
  ['another variable is compared', 'for (var i = 0u; k < TILE; i++) { a(i); }'],
  ['larger steps', 'for (var i = 0u; i < TILE; i += 64u) { a(i); }'],
  ['signed', 'const N = 3; for (var i = 0; i < N; i++) { a(i); }'],
  ['a break', loopTo('TILE', 'if (x[i] > 0) { break; }')],
  ['a continue', loopTo('TILE', 'if (x[i] > 0) { continue; } a(i);')],
  ['no end', 'for (var i = 0u; i < TILE; i++) { a(i);'],

  ["another function's constant", `fn a() { const n = 1u; } fn b(n: u32) { ${loopTo('n')} }`],
  ["another function's constant, where the name is nobody's", `fn a() { const n = 1u; } fn b() { ${loopTo('n')} }`],
  ["the function's own constant", `fn a() { const n = 1u; ${loopTo('n')} }`],
  ['a constant of a block that ended', `fn a() { { const n = 1u; } ${loopTo('n')} }`],
  ['a let of the same name', `fn a() { let TILE = n; ${loopTo('TILE')} }`],
  ['a var of the same name', `fn a() { var TILE = n; ${loopTo('TILE')} }`],
  ['a var of the same name and of an address space', `fn a() { var<function> TILE = n; ${loopTo('TILE')} }`],
  ['a typed var of the same name', `fn a() { var TILE : u32 = n; ${loopTo('TILE')} }`],
  ['a const of the same name', `fn a() { const TILE = 5u; ${loopTo('TILE')} }`],
  ['a parameter of the same name', `fn a(TILE: u32) { ${loopTo('TILE')} }`],
  ['a pointer of the same name', `fn a(TILE : ptr<function, u32>) { ${loopTo('*TILE')} }`],
  ['an outer loop variable of the same name', `for (var TILE = 0u; TILE < n; TILE++) { ${loopTo('TILE')} }`],
  ['a constant made of a shadowed one', `fn a() { let TILE = n; const M = TILE; ${loopTo('M')} }`],

  ...['i++;', 'i--;', 'i = 1u;', '(i) = 1u;', 'i\n= 1u;', '((i))++;'].map((body) => [body, loopTo('TILE', body)] as const),
  ...['+', '-', '*', '/', '%', '&', '|', '^', '<<', '>>']
    .map((operator) => [operator, `i ${operator}= 1u;`] as const)
    .map(([why, body]) => [`${why}=`, loopTo('TILE', body)] as const),
  ...['let p = &i; *p = 5u;', 'let p = &(i);', 'f(& i);', 'f(&\ni);'].map((body) => [body, loopTo('TILE', body)] as const),
  ...['let i = 5u;', 'var i = 5u;', 'var i: u32;', '{ const i = 5u; a(i); }', 'for (var i = n; i < m; i++) { b(i); }'].map(
    (body) => [`declares ${body}`, loopTo('TILE', body)] as const,
  ),
];

test.each(unchanged)('stays as it is: %s', (_, code) => {
  expect(inside(code)).toBe(words(code));
});

test('a constant that another function shadows is a constant elsewhere', () => {
  // Not written out, but what is made of it outside is.
  const code = `const TWICE = TILE * 1u; fn a(TILE: u32) { for (var i = 1u; i < TWICE; i++) { a(i); } }`;
  expect(inside(code)).toBe('const TWICE = TILE * 1u; fn a(TILE: u32) { { { let i = 1u; a(i); } } }');
});

test('what would become too long stays a loop, and its inner loops are written out', () => {
  const long = 'a(i); '.repeat(3000);
  expect(inside(`for (var i = 0u; i < TILE; i++) { ${long}for (var k = 0u; k < 1u; k++) { b(k); } }`)).toBe(
    `for (var i = 0u; i < TILE; i++) { ${long}{ { let k = 0u; b(k); } } }`,
  );
});
