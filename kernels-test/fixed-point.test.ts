import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { helperText } from '../src/export/c/int8/helpers.ts';
import { COPY_DST, COPY_SRC, STORAGE } from '../src/gpu/buffers.ts';
import { createCommands, encode } from '../src/gpu/commands.ts';
import { readRanges } from '../src/gpu/readback.ts';
import { Workspace } from '../src/gpu/workspace.ts';
import { roundingConstants } from '../src/kernels/integer/rounding.ts';
import { kernel } from '../src/kernels/library.ts';
import type { Gpu } from '../src/node.ts';
import { multiplied, multiplierOf, type Rounding } from '../src/quantize/fixed-point.ts';
import { compiled, execute, missing, STRICT } from './support/c-compilers.ts';
import { openTestGpu } from './support/gpu.ts';

let gpu: Gpu;
let folder: string;
beforeAll(async () => {
  gpu = await openTestGpu();
  folder = await mkdtemp(join(tmpdir(), 'paredown-fixed-point-'));
});
afterAll(async () => {
  await gpu?.destroy();
  await rm(folder, { recursive: true, force: true });
});

interface Product {
  readonly x: number;
  readonly multiplier: number;
  readonly shift: number;
}

/** In integers of any length. */
const EXACT: Readonly<Record<Rounding, (product: Product) => bigint>> = {
  once: ({ x, multiplier, shift }) => (BigInt(x) * BigInt(multiplier) + (1n << BigInt(30 - shift))) >> BigInt(31 - shift),
  twice: ({ x, multiplier, shift }) => {
    const left = BigInt(x) << BigInt(Math.max(shift, 0));
    const high = (left * BigInt(multiplier) + (1n << 30n)) >> 31n;
    const right = BigInt(Math.max(-shift, 0));
    const magnitude = high < 0n ? -high : high;
    const rounded = (magnitude + ((1n << right) >> 1n)) >> right;
    return high < 0n ? -rounded : rounded;
  },
};

const SHIFTS = Array.from({ length: 62 }, (_, index) => index - 31);

function edges(): Product[] {
  const powers = [0, 1, 2, 3, 7, 8, 15, 16, 17, 24, 29, 30].map((power) => 2 ** power);
  const near = powers.flatMap((power) => [power - 1, power, power + 1]);
  const xs = new Set([...near, ...near.map((x) => -x), 2 ** 31 - 2, 2 ** 31 - 1, 1 - 2 ** 31, -(2 ** 31)]);
  const multipliers = [0, 2 ** 30, 2 ** 30 + 1, 2 ** 30 + 2 ** 16 - 1, 3 * 2 ** 29, 2 ** 31 - 2 ** 16, 2 ** 31 - 2, 2 ** 31 - 1];
  return [...xs].flatMap((x) => multipliers.flatMap((multiplier) => SHIFTS.map((shift) => ({ x: x + 0, multiplier, shift }))));
}

function drawn(count: number): Product[] {
  const random = new Random(1, 2);
  return Array.from({ length: count }, () => ({
    x: (random.below(2 ** 32) - 2 ** 31) >> random.below(31),
    multiplier: 2 ** 30 + random.below(2 ** 30),
    shift: random.below(62) - 31,
  }));
}

/** What 32 bits hold when it is shifted to the left. */
function fits({ x, shift }: Product): boolean {
  const left = x * 2 ** Math.max(shift, 0);
  return left >= -(2 ** 31) && left < 2 ** 31;
}

const ALL = [...edges(), ...drawn(100_000)];
const FITTING = ALL.filter(fits);

/** The first few that are another than they should be. */
function wrong(products: readonly Product[], found: ArrayLike<number>, rounding: Rounding): string[] {
  return products
    .flatMap((product, index) => {
      const expected = Number(BigInt.asIntN(32, EXACT[rounding](product)));
      return found[index] === expected ? [] : [`${JSON.stringify(product)}: ${found[index]} instead of ${expected}`];
    })
    .slice(0, 5);
}

describe('a factor', () => {
  test('is the nearest of 31 bits', () => {
    for (const factor of [1, 0.5, 0.75, 1e-6, 0.3, 3.7, 1 / 3, 2 ** -31, 1 - 2 ** -40]) {
      const { multiplier, shift } = multiplierOf(factor);
      expect(multiplier).toBeGreaterThanOrEqual(2 ** 30);
      expect(multiplier).toBeLessThan(2 ** 31);
      expect(Math.abs((multiplier / 2 ** 31) * 2 ** shift - factor) / factor).toBeLessThan(2 ** -31);
    }
    expect([0, 1e-12].map(multiplierOf)).toEqual([
      { multiplier: 0, shift: 0 },
      { multiplier: 0, shift: 0 },
    ]);
  });

  test('is rounded once with halves upwards, twice with halves upwards and then away from 0', () => {
    const half = { multiplier: 2 ** 30, shift: 0 };
    const eighth = { multiplier: 2 ** 30, shift: -2 };
    expect([-3, -1, 1, 3].map((x) => multiplied(x, half, 'once') + 0)).toEqual([-1, 0, 1, 2]);
    expect([-3, -1, 1, 3].map((x) => multiplied(x, half, 'twice') + 0)).toEqual([-1, 0, 1, 2]);
    // 3/8 is no half, but 3/2, rounded to 2, is one of 4.
    expect([-12, -4, 3, 4, 12].map((x) => multiplied(x, eighth, 'once') + 0)).toEqual([-1, 0, 0, 1, 2]);
    expect([-12, -4, 3, 4, 12].map((x) => multiplied(x, eighth, 'twice') + 0)).toEqual([-2, -1, 1, 1, 2]);
  });

  test('is exact where what must fit 32 bits does: far from and near to every edge', () => {
    expect(FITTING.length).toBeGreaterThan(50_000);
    // Of what fits, no result leaves 32 bits.
    expect(FITTING.filter((product) => BigInt.asIntN(32, EXACT.once(product)) !== EXACT.once(product))).toEqual([]);
  });
});

describe.each(['once', 'twice'] as const)('rounded %s, as 64 bits would', (rounding) => {
  test('on the CPU', () => {
    const found = FITTING.map(({ x, ...factor }) => multiplied(x, factor, rounding));
    expect(wrong(FITTING, found, rounding)).toEqual([]);
  });

  test('on the GPU, whose integers have 32', async () => {
    // Rounded once, the lowest 32 bits are right wherever the result lies.
    const products = rounding === 'once' ? ALL : FITTING;
    expect(wrong(products, await onGpu(gpu, products, rounding), rounding)).toEqual([]);
  });

  const absent = missing('gcc');
  test.skipIf(absent)(`in C${absent ? ` (skipped: ${absent})` : ''}`, { timeout: 60_000 }, async () => {
    expect(wrong(FITTING, await inC(FITTING, rounding), rounding)).toEqual([]);
  });
});

async function onGpu(gpu: Gpu, products: readonly Product[], rounding: Rounding): Promise<Int32Array> {
  const source = `//#import multiplied
@group(0) @binding(0) var<storage, read> products: array<vec4i>;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x < COUNT) { y[id.x] = multiplied(products[id.x].x, products[id.x].y, products[id.x].z); }
}`;
  const owner = new Workspace(gpu, 'test');
  const given = Int32Array.from(products.flatMap(({ x, multiplier, shift }) => [x, multiplier, shift, 0]));
  const ranges = [given, new Int32Array(products.length)].map((words, index) => {
    const buffer = owner.createBuffer(`binding ${index}`, words.byteLength, STORAGE | COPY_DST | COPY_SRC);
    owner.write(buffer, 0, words);
    return { buffer, offset: 0, size: words.byteLength };
  });
  const constants = { COUNT: products.length, ...roundingConstants(rounding) };
  const workgroups = [Math.ceil(products.length / 64), 1, 1] as const;
  const commands = await createCommands(owner, [
    { kernel: kernel('test/multiplied', source, constants, ['read', 'write'], workgroups), ranges },
  ]);
  owner.submit((encoder) => encode(encoder, commands));
  const [bytes = new ArrayBuffer(0)] = await readRanges(owner, ranges.slice(1));
  owner.destroy();
  return new Int32Array(bytes);
}

async function inC(products: readonly Product[], rounding: Rounding): Promise<Int32Array> {
  const text = [
    '#include <stdint.h>',
    '#include <stdio.h>',
    helperText('multiplied', rounding),
    'int main(void)',
    '{',
    '  int32_t product[3];',
    '  while (fread(product, sizeof product, 1, stdin) == 1) {',
    '    const int32_t y = multiplied(product[0], product[1], (int)product[2]);',
    '    fwrite(&y, sizeof y, 1, stdout);',
    '  }',
    '  return 0;',
    '}',
    '',
  ].join('\n');
  const [source, program, input, output] = [`${rounding}.c`, rounding, `${rounding}.in`, `${rounding}.out`].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  await writeFile(source, text);
  await writeFile(input, Int32Array.from(products.flatMap(({ x, multiplier, shift }) => [x, multiplier, shift])));
  const flags = [...STRICT, '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  const objects = await compiled('gcc', flags, [source]);
  await execute('gcc', ...flags, ...objects, '-o', program);
  await execute('sh', '-c', '"$0" <"$1" >"$2"', program, input, output);
  return new Int32Array(new Uint8Array(await readFile(output)).buffer);
}
