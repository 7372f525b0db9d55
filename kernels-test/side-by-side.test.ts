import { describe, expect, test } from 'vitest';
import type { Kernel } from '../src/gpu/kernel.ts';
import { shaderPart } from '../src/gpu/shader-part.ts';
import { sideBySide } from '../src/kernels/side-by-side.ts';
import type { LoweredDispatch } from '../src/plan/lower.ts';
import { paired } from '../src/plan/pairs.ts';
import type { Storage } from '../src/plan/storage.ts';

const CPU = {
  kind: 'cpu',
  subgroupSize: 8,
  maxInvocations: 1024,
  maxWorkgroupStorageBytes: 32_768,
  maxWorkgroupsPerDimension: 65_535,
} as const;

/** y = x + 1, with a constant that switches a second operand off. */
const PLAIN = `enable subgroups;
const BIAS = false;
const WORKGROUP = 8u;
alias Activation = f32;
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
struct Pair { first: f32, second: f32 }
fn next(value: f32) -> f32 { return value + 1.0; } // not y
@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  var start = 0.0;
  if (BIAS) { start = bias[lane]; }
  y[workgroup.x * WORKGROUP + lane] = next(x[lane]) + start;
}`;

function plain(workgroups: Kernel['workgroups'], code = PLAIN): Kernel {
  return { name: 'plain', code, bindings: ['read', 'read', 'write'], workgroups };
}

describe('a shader taken apart', () => {
  const part = shaderPart(PLAIN, '_1');

  test('has what it uses, under names of its own', () => {
    expect(part?.enables).toEqual(['enable subgroups;']);
    expect(part?.workgroupSize).toBe(8);
    // What stands behind a constant that is false is gone, and with it the binding that it alone used.
    expect([...(part?.variables ?? [])]).toEqual([
      [0, { name: 'x_1', access: 'read', type: 'array<f32>' }],
      [2, { name: 'y_1', access: 'write', type: 'array<f32>' }],
    ]);
    expect(part?.body).toContain('fn main_1(workgroup: vec3u, lane: u32) {');
    expect(part?.body).toContain('y_1[workgroup.x * WORKGROUP_1 + lane] = next_1(x_1[lane]) + start;');
    expect(part?.body).not.toMatch(/@compute|@group|bias|not y/);
  });

  test('keeps what stands behind else', () => {
    const text = PLAIN.replace('{ start = bias[lane]; }', '{ start = bias[lane]; } else if (lane > 3u) { start = 2.0; }');
    expect(shaderPart(text, '')?.body).toContain('if (lane > 3u) { start = 2.0; }');
  });

  test('knows a binding by the name of a constant too', () => {
    const code = PLAIN.replace('const BIAS', 'const PLACE = 2u;\nconst BIAS').replace('@binding(2)', '@binding(PLACE)');
    const part = shaderPart(code, '_1');
    expect(part?.variables.get(2)).toEqual({ name: 'y_1', access: 'write', type: 'array<f32>' });
    expect(part?.body).not.toContain('@binding');
    expect(shaderPart(code.replace('PLACE = 2u', 'PLACE = 4u / 2u'), '_1')).toBeUndefined();
  });

  test('is none where it has builtin values of its own, or a member named as something else', () => {
    expect(shaderPart(PLAIN.replace('lane: u32', 'lane: u32, @builtin(subgroup_size) size: u32'), '')).toBeUndefined();
    expect(shaderPart(PLAIN.replace('first: f32', 'x: f32'), '')).toBeUndefined();
  });
});

describe('two kernels side by side', () => {
  test('bind once what both read, and run one after the other in a row of workgroups', () => {
    const joint = sideBySide([plain([2, 1, 3]), plain([4, 1, 1])], (a, b) => a === 0 && b === 0, CPU);
    expect(joint?.kernel).toMatchObject({ name: 'plain + plain', bindings: ['read', 'write', 'write'], workgroups: [10, 1, 1] });
    expect(joint?.operands).toEqual([
      { part: 0, binding: 0 },
      { part: 0, binding: 2 },
      { part: 1, binding: 2 },
    ]);
    expect(joint?.kernel.code).toContain('next_2(x_1[lane])');
  });

  test('are none where their workgroups differ in size, or bindings are too many', () => {
    const wide = plain([1, 1, 1], PLAIN.replace('WORKGROUP = 8u', 'WORKGROUP = 16u'));
    expect(sideBySide([plain([1, 1, 1]), wide], () => false, CPU)).toBeUndefined();
    const more = Array.from({ length: 5 }, (_, i) => `@group(0) @binding(${i + 3}) var<storage, read> more${i}: array<f32>;`);
    const uses = more.map((_, i) => `more${i}[lane]`).join(' + ');
    const many = PLAIN.replace('struct', `${more.join('\n')}\nstruct`).replace('+ start', `+ start + ${uses}`);
    const kernel = (code: string): Kernel => ({ ...plain([1, 1, 1], code), bindings: Array.from({ length: 8 }, () => 'read') });
    expect(sideBySide([kernel(many), plain([1, 1, 1])], () => false, CPU)).toBeUndefined();
    expect(sideBySide([kernel(many), plain([1, 1, 1])], (a, b) => a === 0 && b === 0, CPU)?.operands).toHaveLength(8);
  });
});

describe('the memory that workgroups share', () => {
  const sharing = (declaration: string) =>
    plain([1, 1, 1], PLAIN.replace('struct', `const TAPS = 4u;\nvar<workgroup> tile: ${declaration};\nstruct`));

  test.each([
    ['array<f32, WORKGROUP>', 32],
    ['array<vec4f, TAPS>', 64],
    ['array<vec2f, (TAPS + 1u) * WORKGROUP>', 320],
    ['array<Tile, TAPS>', undefined],
    ['array<f32, TAPS / 2u>', undefined],
  ])('of %s is %s bytes', (declaration, bytes) => {
    expect(shaderPart(sharing(declaration).code, '_1')?.workgroupBytes).toBe(bytes);
  });

  test('of two kernels stays within what the adapter has', () => {
    const pair = [sharing('array<vec4f, TAPS>'), sharing('array<vec4f, TAPS>')] as const;
    expect(sideBySide(pair, () => false, { ...CPU, maxWorkgroupStorageBytes: 128 })).toBeDefined();
    expect(sideBySide(pair, () => false, { ...CPU, maxWorkgroupStorageBytes: 127 })).toBeUndefined();
  });
});

describe('dispatches of a plan', () => {
  const storage = (kind: Storage['kind']): Storage => ({ label: kind, kind, elements: 8 });
  const [input, one, other] = [storage('input'), storage('activation'), storage('activation')];
  const dispatch = (x: Storage, y: Storage, work: number | undefined = 1000): LoweredDispatch => ({
    kernel: plain([1, 1, 1]),
    bound: [x, undefined, y],
    work,
  });
  const names = (list: readonly LoweredDispatch[]) => paired(list, CPU).map(({ kernel }) => kernel.name);

  test('are paired where neither depends on the other, on software drivers', () => {
    expect(paired([dispatch(input, one), dispatch(input, other)], { ...CPU, kind: 'gpu' })).toHaveLength(2);
    expect(names([dispatch(input, one), dispatch(input, other)])).toEqual(['plain + plain']);
    expect(paired([dispatch(input, one), dispatch(input, other)], CPU)[0]?.bound).toEqual([input, one, other]);
  });

  test.each([
    ['the second reads what the first writes', [dispatch(input, one), dispatch(one, other)]],
    ['the second writes what the first reads', [dispatch(one, other), dispatch(input, one)]],
    ['both write the same memory', [dispatch(input, one), dispatch(input, one)]],
    ['one writes a gradient and the other reads one', [dispatch(input, storage('gradient')), dispatch(storage('gradient'), one)]],
    ['one is large', [dispatch(input, one), dispatch(input, other, 1e9)]],
    ['one must stand alone', [{ ...dispatch(input, one), work: undefined }, dispatch(input, other)]],
  ])('are not where %s', (_, list) => {
    expect(names(list)).toEqual(['plain', 'plain']);
  });
});
