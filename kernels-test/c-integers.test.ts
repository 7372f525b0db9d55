import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import {
  type CIntegersOptions,
  describe as counted,
  type Dataset,
  dataset,
  encodeC,
  type Gpu,
  type InputDescription,
  type Model,
  OptionError,
  type QuantizedModel,
  quantize,
  sizeOfC,
  zoo,
} from '../src/node.ts';
import { integerGraph } from '../src/quantize/lower.ts';
import { evaluateIntegers } from '../src/quantize/reference.ts';
import { AVR, CORTEX_M0, compiled, execute, missing, STRICT, sectionsOf, written } from './support/c-compilers.ts';
import { drawnWeights, windowModel } from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';
import { integerModels } from './support/integer-models.ts';

const SMALL = zoo['nahhas/proposed'] as Model;
const INPUT: InputDescription = { shape: [28, 28, 1], scale: 1 / 255, offset: 0, classNames: [...'0123456789'] };
const SAMPLES = 2;
const BITS = [8, 6, 5, 4, 3, 2] as const;

let gpu: Gpu;
let folder: string;
beforeAll(async () => {
  gpu = await openTestGpu();
  folder = await mkdtemp(join(tmpdir(), 'paredown-c-integers-'));
});
afterAll(async () => {
  await gpu?.destroy();
  await rm(folder, { recursive: true, force: true });
});

function samples(m: Model, size: number, bytes: boolean): Dataset {
  const random = new Random(5, 0x717561);
  const length = size * elements(m.input);
  const x = bytes
    ? Uint8Array.from({ length }, () => random.below(256))
    : Float32Array.from({ length }, () => 2 * random.uniform() - 1);
  return dataset({ inputShape: m.input, x, y: new Uint8Array(size), classes: 2 });
}

const newFolder = () => mkdtemp(join(folder, 'program-'));
const isSource = (path: string) => path.endsWith('.c');
const sanitized = ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** Compiles files into a program, and returns its path. */
async function built(
  files: Readonly<Record<string, string>>,
  compiler: string,
  flags: readonly string[],
  end: readonly string[] = [],
) {
  const own = await newFolder();
  const objects = await compiled(compiler, flags, (await written(own, files)).filter(isSource));
  const program = join(own, 'program');
  await execute(compiler, ...flags, ...objects, ...end, '-o', program);
  return program;
}

/** A program that reads the inputs of all networks from one file and writes their outputs to another. */
function driver(count: number): string {
  const run = (n: number) => [
    `static void run_n${n}(FILE *in, FILE *out)`,
    '{',
    `  static int8_t arena[N${n}_ARENA_SIZE];`,
    `  for (int sample = 0; sample < ${SAMPLES}; sample++) {`,
    `    if (fread(arena + N${n}_INPUT, 1, N${n}_INPUT_SIZE, in) != N${n}_INPUT_SIZE) {`,
    '      return;',
    '    }',
    `    fwrite(n${n}_run(arena), 1, N${n}_OUTPUT_SIZE, out);`,
    '  }',
    '}',
  ];
  const all = Array.from({ length: count }, (_, n) => n);
  return [
    '#include <stdio.h>',
    ...all.map((n) => `#include "n${n}.h"`),
    ...all.flatMap(run),
    'int main(int count, char **arguments)',
    '{',
    '  FILE *in = count == 3 ? fopen(arguments[1], "rb") : NULL;',
    '  FILE *out = count == 3 ? fopen(arguments[2], "wb") : NULL;',
    '  if (!in || !out) {',
    '    return 1;',
    '  }',
    ...all.map((n) => `  run_n${n}(in, out);`),
    '  fclose(in);',
    '  return fclose(out);',
    '}',
    '',
  ].join('\n');
}

function withPrograms(title: string, programs: readonly string[], suite: () => void): void {
  const absent = missing(...programs);
  describe.skipIf(absent)(`${title}${absent ? ` (skipped: ${absent})` : ''}`, suite);
}

withPrograms('compiled by gcc, under its sanitizers', ['gcc'], () => {
  const models = [
    ...integerModels().filter(({ m }) => counted(m).parameters < 20_000),
    ...[1, 2, 3, 5, 6, 7]
      .map((seed) => ({ title: `windows, number ${seed}`, m: windowModel(seed) }))
      .filter(({ m }) => !JSON.stringify(m).includes('conv2dTranspose')),
  ];

  // Calibration compiles some hundred kernels on a software driver, gcc one program of all networks.
  test('C computes the integers of the reference, of weights of all bits', { timeout: 300_000 }, async () => {
    const networks = await Promise.all(
      models.map(async ({ title, m }, n) => {
        const bits = BITS[n % BITS.length] ?? 8;
        const made = await quantize(gpu, m, drawnWeights(m, n), { weights: bits, calibration: samples(m, 10, false) });
        // Every third as one of before.
        const quantized: QuantizedModel = n % 3 === 0 ? { ...made, rounding: 'twice' } : made;
        const graph = integerGraph(quantized);
        const random = new Random(n, 0x696e);
        const x = Int8Array.from({ length: SAMPLES * elements(m.input) }, () => random.below(256) - 128);
        return { title: `${title}, ${bits} bits`, quantized, graph, x };
      }),
    );
    const own = await newFolder();
    const files = networks.map(({ quantized }, n) => encodeC(quantized, { name: `n${n}`, vectors: 0 }));
    const sources = await written(own, Object.assign({ 'driver.c': driver(networks.length) }, ...files));
    const objects = await compiled('gcc', sanitized, sources.filter(isSource));
    const [program, input, output] = ['driver', 'in', 'out'].map((name) => join(own, name)) as [string, string, string];
    await execute('gcc', ...sanitized, ...objects, '-o', program);
    await writeFile(input, Buffer.concat(networks.map(({ x }) => Buffer.from(x.buffer))));
    await execute(program, input, output);
    const found = new Int8Array(new Uint8Array(await readFile(output)).buffer);
    let start = 0;
    for (const { title, graph, x } of networks) {
      const length = elements(graph.input.shape);
      const expected = Array.from({ length: SAMPLES }, (_, n) =>
        Array.from(evaluateIntegers(graph, x.subarray(n * length, (n + 1) * length)).get(graph.output.name) ?? []),
      ).flat();
      expect(Array.from(found.subarray(start, start + expected.length)), title).toEqual(expected);
      start += expected.length;
    }
    expect(start).toBe(found.length);
  });

  test('the test program says ok, of pixels too, and not where a weight is another', { timeout: 60_000 }, async () => {
    const weights = drawnWeights(SMALL, 1);
    const quantized = await quantize(gpu, SMALL, weights, { calibration: samples(SMALL, 20, true) });
    const odd = await quantize(gpu, SMALL, weights, { weights: 5, calibration: samples(SMALL, 20, false) });
    const first = encodeC(quantized, { input: INPUT });
    expect(first['network.c']).toContain('pixels[i] - 128');
    for (const files of [first, encodeC(odd), encodeC(odd, { input: INPUT })])
      expect(await execute(await built(files, 'gcc', sanitized))).toBe('ok\n');
    const wrong = first['network.c']?.replace(/(dense_2_weights\[\d+\] IN_FLASH = \{\s+)-?\d+/, '$117') ?? '';
    expect(wrong).not.toBe(first['network.c']);
    const program = await built({ ...first, 'network.c': wrong }, 'gcc', sanitized);
    await expect(execute(program)).rejects.toThrow(/instead of[\s\S]*failed/);
  });
});

withPrograms('on microcontrollers', [CORTEX_M0.compiler, AVR.compiler, ...AVR.emulator.slice(0, 1)], () => {
  test('708 bytes and fewer of weights need no floating point', { timeout: 60_000 }, async () => {
    const quantized = await quantize(gpu, SMALL, drawnWeights(SMALL, 1), { calibration: samples(SMALL, 20, true) });
    const files = encodeC(quantized, { input: INPUT });
    const own = await newFolder();
    const [object = ''] = await compiled(
      CORTEX_M0.compiler,
      [...CORTEX_M0.flags, '-Os', ...STRICT],
      (await written(own, files)).filter((path) => path.endsWith('network.c')),
    );
    const { text, data, bss } = await sectionsOf(CORTEX_M0.size, object);
    const { constantBytes } = sizeOfC(quantized);
    expect([data, bss]).toEqual([0, 0]);
    expect(text).toBeLessThan(constantBytes + 1400);
    const program = await built(files, AVR.compiler, [...AVR.flags, '-Os'], AVR.start);
    expect(await execute(AVR.emulator[0] ?? '', ...AVR.emulator.slice(1), program)).toContain('ok');
  });
});

describe('C of a quantised model', () => {
  let quantized: QuantizedModel;
  beforeAll(async () => {
    quantized = await quantize(gpu, SMALL, drawnWeights(SMALL, 1), { calibration: samples(SMALL, 5, true) });
  });

  test('holds a byte a weight, or its bits, and nine for each output channel', async () => {
    const channels = 22;
    const weights = 707 - channels;
    expect(sizeOfC(quantized).constantBytes).toBe(weights + 9 * channels);
    const few = await quantize(gpu, SMALL, drawnWeights(SMALL, 1), { weights: 2, calibration: samples(SMALL, 5, true) });
    expect(sizeOfC(few).constantBytes).toBeLessThan(weights / 4 + 9 * channels + 10);
  });

  test.each<[string, object, RegExp]>([
    ['a softmax', { softmax: true }, /softmax must be false/],
    ['a name that C has', { name: 'int' }, /keyword/],
    ['vectors that are none', { vectors: -1 }, /vectors must be/],
  ])('is refused with %s', (_, options, message) => {
    expect(() => encodeC(quantized, options as CIntegersOptions)).toThrow(message);
    expect(() => encodeC(quantized, options as CIntegersOptions)).toThrow(OptionError);
  });

  test('is refused with float activations', async () => {
    const floats = await quantize(gpu, SMALL, drawnWeights(SMALL, 1), { activations: 'float' });
    expect(() => encodeC(floats)).toThrow(/activations: 8/);
  });
});
