import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ActivationKind, activationKinds, isPlainActivation } from '../src/core/activations/registry.ts';
import { Random } from '../src/core/random.ts';
import type { Value } from '../src/core/value.ts';
import { evaluateExported } from '../src/deploy/evaluate.ts';
import { exportGraph } from '../src/deploy/graph.ts';
import { floatText } from '../src/export/c/text.ts';
import {
  type Activation,
  activation,
  branch,
  conv2d,
  conv2dTranspose,
  DataError,
  dense,
  describe as describeModel,
  encodeC,
  flatten,
  type Gpu,
  type InputDescription,
  type Layer,
  layerNorm,
  type Model,
  maxPool2d,
  model,
  OptionError,
  predictor,
  residual,
  ShapeError,
  sizeOfC,
  zoo,
} from '../src/node.ts';
import {
  AVR,
  CORTEX_M0,
  CORTEX_M4,
  compiled,
  execute,
  missing,
  runSketch,
  STRICT,
  sectionsOf,
  written,
} from './support/c-compilers.ts';
import { type CNetwork, outputsInC } from './support/c-networks.ts';
import {
  activationModels,
  composedModel,
  drawnInput,
  drawnWeights,
  type ExportedModel,
  layerModels,
  leavingZoo,
  windowModel,
} from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';
import { randomModel } from './support/random-models.ts';
import { uNet } from './support/small-networks.ts';

const SAMPLES = 2;
/** El Nahhas' network, the pixels of an image as bytes. */
const SMALL = zoo['nahhas/proposed'] as Model;
const INPUT: InputDescription = {
  shape: [28, 28, 1],
  scale: 1 / 255,
  offset: 0,
  classNames: ['0', '"', '\\', '??/', 'drei é', '\n', '*/', '7', '%d', '9'],
};

/** What calls <math.h>, and a concatenation, in few bytes. */
const MATHEMATICS = model(
  [6],
  [
    dense(8),
    layerNorm(),
    branch(...activationKinds.map((kind) => [dense(2, { activation: anyOf(kind) })])),
    dense(4, { activation: 'softmax' }),
  ],
);

function anyOf(kind: ActivationKind): Activation {
  return isPlainActivation(kind) ? kind : ({ type: kind, slope: 0.2 } as Activation);
}

const MODELS: readonly ExportedModel[] = [
  ...layerModels(),
  ...[1, 2, 3, 4, 5, 6, 7].map((seed) => ({ title: `composed, number ${seed}`, m: composedModel(seed) })),
  ...[1, 2, 3, 4].map((seed) => ({ title: `random, number ${seed}`, m: randomModel(seed) })),
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed) => ({ title: `windows, number ${seed}`, m: windowModel(seed) })),
  ...activationModels(),
  {
    title: 'transposed windows smaller than their stride',
    m: model([3, 2, 2], [conv2dTranspose(3, [1, 2], { strides: 3, padding: 'same' })]),
  },
  { title: 'a U-net', m: uNet({ size: 8, features: 2, levels: 2 }) },
  { title: 'indices of more than 16 bits', m: model([40, 40, 8], [conv2d(22, 3, { padding: 'same' }), conv2d(1, 1)]) },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-c-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A suite that is skipped where a program is not there, which its name then tells. */
function withPrograms(title: string, programs: readonly string[], suite: () => void): void {
  const absent = missing(...programs);
  describe.skipIf(absent)(`${title}${absent ? ` (skipped: ${absent})` : ''}`, suite);
}

const newFolder = () => mkdtemp(join(folder, 'program-'));
const isSource = (path: string) => path.endsWith('.c');

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
  await execute(compiler, ...flags, ...objects, ...end, '-lm', '-o', program);
  return program;
}

withPrograms('compiled by gcc, under its sanitizers', ['gcc'], () => {
  let gpu: Gpu;
  let outputs: readonly Float32Array[];
  const networks: readonly CNetwork[] = MODELS.map(({ m }, index) => ({
    m,
    weights: drawnWeights(m, index),
    x: drawnInput(m, SAMPLES, index),
  }));
  const sanitized = ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  beforeAll(async () => {
    gpu = await openTestGpu();
    outputs = await outputsInC(networks, await newFolder(), 'gcc', sanitized);
  }, 120_000);
  afterAll(() => gpu?.destroy());

  test.each(MODELS.map(({ title }, index) => ({ title, index })))('the engine and C agree: $title', async ({ index }) => {
    const { m, weights, x } = networks[index] as CNetwork;
    const predicting = await predictor(gpu, m, weights, { batch: SAMPLES });
    const { data: expected } = await predicting.predict(x);
    await predicting.destroy();
    const found = outputs[index] ?? new Float32Array();
    expect(found.length).toBe(expected.length);
    const largest = Math.max(...expected.map(Math.abs));
    const worst = Math.max(...expected.map((value, i) => Math.abs(value - (found[i] ?? Number.NaN))));
    expect(worst / largest).toBeLessThan(1e-5);
  });

  test('the test program says ok, of pixels and with a softmax too', { timeout: 60_000 }, async () => {
    const weights = drawnWeights(SMALL, 1);
    for (const options of [
      {},
      { input: INPUT, softmax: true },
      { input: { ...INPUT, dtype: 'float32', offset: -0.5 } as const },
    ]) {
      const program = await built(encodeC(SMALL, weights, options), 'gcc', sanitized);
      expect(await execute(program)).toBe('ok\n');
    }
  });

  test('the test program fails where a weight is another', { timeout: 60_000 }, async () => {
    const files = encodeC(SMALL, drawnWeights(SMALL, 1));
    const wrong = files['network.c']?.replace(/(dense_2_bias\[10\] IN_FLASH = \{\s+)/, '$19.5f + ') ?? '';
    expect(wrong).not.toBe(files['network.c']);
    const program = await built({ ...files, 'network.c': wrong }, 'gcc', sanitized);
    await expect(execute(program)).rejects.toThrow(/instead of[\s\S]*failed/);
  });

  test('the test program says ok where outputs cancel, and where a last activation is flat', { timeout: 60_000 }, async () => {
    const weights = (rows: readonly number[][], bias: readonly number[]): Map<string, Value> =>
      new Map([
        ['dense_1/weights', { shape: [rows.length, bias.length], data: Float32Array.from(rows.flat()) }],
        ['dense_1/bias', { shape: [bias.length], data: Float32Array.from(bias) }],
      ]);
    // 0.1f + 0.7f - 0.8f is 2e-8 in float64, twice that and more in float32.
    const cancelling = [[0.1], [0.7], [-0.8]];
    const rows = (activation?: 'relu') => model([3], [dense(1, activation && { activation })]);
    const same = { shape: [3], scale: 0, offset: 1 / 3 };
    for (const [m, own] of [
      [rows(), weights(cancelling, [0])],
      [
        rows('relu'),
        weights(
          cancelling.map(([w = 0]) => [-w]),
          [0],
        ),
      ],
      [
        model([3], [dense(1), layerNorm()]),
        new Map([
          ...weights(cancelling, [0]),
          ['layerNorm_1/scale', { shape: [1], data: Float32Array.of(1) }],
          ['layerNorm_1/offset', { shape: [1], data: Float32Array.of(0) }],
        ]),
      ],
    ] as const) {
      const program = await built(encodeC(m, own, { input: same }), 'gcc', sanitized);
      expect(await execute(program)).toBe('ok\n');
    }
  });

  test('class names come through as they are', async () => {
    const printing = [
      '#include <stdio.h>',
      '#include "digits.h"',
      'int main(void)',
      '{',
      '  for (int i = 0; i < DIGITS_OUTPUT_SIZE; i++) {',
      '    printf("%s%c", digits_class_names[i], 0);',
      '  }',
      '  return 0;',
      '}',
      '',
    ].join('\n');
    const files = encodeC(SMALL, drawnWeights(SMALL, 1), { input: INPUT, name: 'digits', vectors: 0 });
    const program = await built({ ...files, 'print.c': printing }, 'gcc', []);
    expect((await execute(program)).split('\0').slice(0, -1)).toEqual(INPUT.classNames);
  });

  test('names of layers and of data do no harm', async () => {
    const m = model(
      [4],
      [
        dense(3, { name: 'int' }),
        dense(3, { name: '1 über\n??\\' }),
        residual(dense(3, { name: 'x "' })),
        { ...residual(dense(3)), name: 'y*' } as Layer,
        dense(3, { name: 'a_b' }),
        dense(3, { name: 'a b', activation: 'relu' }),
        dense(3, { name: 'relu' }),
        dense(3, { name: 'run' }),
        dense(3, { name: 'run_values', activation: 'tanh' }),
      ],
    );
    const input = { shape: [4], scale: 1, offset: 0, dataName: '/* *' + '/ #error "b" \\' };
    const program = await built(encodeC(m, drawnWeights(m, 1), { input, name: 'run' }), 'gcc', []);
    expect(await execute(program)).toBe('ok\n');
  });

  test('a fraction has the fewest digits that tell it from its neighbours', () => {
    const random = new Random(1, 0);
    const powers = [1, 2, 3, 4, 5, 6].flatMap((places) => [
      10 ** -places,
      10 ** -places * (1 + 2 ** -23),
      10 ** -places * (1 - 2 ** -24),
    ]);
    const drawn = Array.from({ length: 5000 }, () => (random.below(2 ** 24) / 2 ** 24) * 10 ** -random.below(6));
    for (const size of Float32Array.from([...powers, ...drawn, 1 - 2 ** -24])) {
      const shortest = [7, 8, 9].map((digits) => Number(size.toPrecision(digits))).find((short) => Math.fround(short) === size);
      for (const number of [size, -size])
        expect(floatText(number)).toBe(`${number < 0 ? -(shortest ?? Number.NaN) : shortest}${shortest === 0 ? '.0' : ''}f`);
    }
  });

  test('every float32 is written so that C reads it again', async () => {
    const patterns = Uint32Array.from({ length: 2000 }, (_, i) => Math.imul(i, 2654435761) >>> 0);
    const edges = [0, -0, 1, 1e6, 16777217, 1e10, 2 ** -149, 2 ** -126, -(2 ** 127), (2 - 2 ** -23) * 2 ** 127, 0.1, 1 / 3];
    const numbers = Float32Array.from([...edges, ...new Float32Array(patterns.buffer).filter(Number.isFinite)]);
    const printing = [
      '#include <stdio.h>',
      '#include <stdint.h>',
      '#include <string.h>',
      `static const float numbers[${numbers.length}] = {${[...numbers].map(floatText).join(', ')}};`,
      'int main(void)',
      '{',
      `  for (int i = 0; i < ${numbers.length}; i++) {`,
      '    uint32_t bits;',
      '    memcpy(&bits, numbers + i, 4);',
      '    printf("%lu ", (unsigned long)bits);',
      '  }',
      '  return 0;',
      '}',
      '',
    ].join('\n');
    const printed = await execute(await built({ 'numbers.c': printing }, 'gcc', []));
    expect(printed.trim().split(' ').map(Number)).toEqual([...new Uint32Array(numbers.buffer)]);
  });
});

withPrograms('the Arduino sketch of the examples', ['gcc', 'g++'], () => {
  test('tells the classes of images', { timeout: 60_000 }, async () => {
    const weights = drawnWeights(SMALL, 1);
    const images = Uint8Array.from({ length: 3 * 784 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
    const x = Float64Array.from(images, (byte) => byte / 255);
    const { data } = evaluateExported(exportGraph(SMALL, weights), { shape: [3, 28, 28, 1], data: x });
    const classNames = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
    const expected = [0, 10, 20].map((start) => {
      const outputs = [...data.subarray(start, start + 10)];
      return `${classNames[outputs.indexOf(Math.max(...outputs))]}, 0 microseconds\n`;
    });
    const own = await newFolder();
    const files = encodeC(SMALL, weights, { input: { ...INPUT, classNames }, vectors: 0 });
    const objects = await compiled('gcc', [], (await written(own, files)).filter(isSource));
    const sketch = fileURLToPath(new URL('../examples/export/digits/digits.ino', import.meta.url));
    expect(await runSketch(own, sketch, objects, images)).toBe(expected.join(''));
  });
});

withPrograms('compiled by clang', ['clang'], () => {
  test('every layer passes its warnings', { timeout: 60_000 }, async () => {
    expect(await accepted('clang', [])).toBe(MODELS.length);
  });

  test('the test program says ok', { timeout: 60_000 }, async () => {
    expect(await execute(await built(encodeC(SMALL, drawnWeights(SMALL, 1), { input: INPUT }), 'clang', ['-O2']))).toBe('ok\n');
  });
});

/** Throws unless a compiler takes every model's code without a warning; returns how many models these are, without those of which the code itself says that they are too large. */
async function accepted(compiler: string, flags: readonly string[]): Promise<number> {
  const files = MODELS.map(({ m }, index) => encodeC(m, drawnWeights(m, index), { name: `n${index}`, vectors: 0 }));
  const isSmall = (own: Readonly<Record<string, string>>) =>
    !flags.includes('-mmcu=atmega1284p') || !/#error/.test(Object.values(own).join(''));
  const small = files.filter(isSmall);
  const sources = (await written(await newFolder(), Object.assign({}, ...small))).filter(isSource);
  await execute(compiler, ...STRICT, ...flags, '-fsyntax-only', ...sources);
  return small.length;
}

describe.each([CORTEX_M4, CORTEX_M0, AVR])('on $title', (target) => {
  const { compiler, flags, emulator, start } = target;
  withPrograms('cross-compiled', [compiler, target.size], () => {
    // One compiler gives the same warnings for all its processors.
    if (target !== CORTEX_M0)
      test('every layer passes the warnings', { timeout: 60_000 }, async () => {
        expect(await accepted(compiler, flags)).toBeGreaterThanOrEqual(MODELS.length - 3);
      });

    test('constants stay in flash, and take as much as the header says; no RAM but the arena', async () => {
      const files = encodeC(SMALL, drawnWeights(SMALL, 1));
      const [object = ''] = await compiled(
        compiler,
        [...flags, '-Os'],
        (await written(await newFolder(), files)).filter(isSource),
      );
      const { text, data, bss } = await sectionsOf(target.size, object);
      const told = Number(/constants +(\d+) bytes/.exec(files['network.h'] ?? '')?.[1]);
      expect(told).toBe(4 * 707);
      expect([data, bss]).toEqual([0, 0]);
      expect(text).toBeGreaterThan(told);
      // Code and constants: 4 KiB where a float is a register, some hundred bytes more where it is four.
      expect(text).toBeLessThan(target === AVR ? 5120 : 4096);
    });
  });

  const [program = ''] = emulator;
  withPrograms('in an emulator', [compiler, program], () => {
    test.each([
      { title: 'the network of 707 parameters', m: SMALL, input: INPUT },
      { title: 'what calls <math.h>', m: MATHEMATICS, input: undefined },
    ])('$title gives what it gives in float64', { timeout: 60_000 }, async ({ m, input }) => {
      const file = await built(encodeC(m, drawnWeights(m, 1), { input }), compiler, [...flags, '-Os'], start);
      expect(await execute(program, ...emulator.slice(1), file)).toContain('ok');
    });
  });
});

describe('the arena', () => {
  test.each(layerModels())('is no larger than the peak of the activations: $title', ({ m }) => {
    expect(sizeOfC(m, drawnWeights(m, 1)).arenaBytes).toBeLessThanOrEqual(describeModel(m).peakActivationBytes);
  });

  test('is as large as that of the published networks', () => {
    const small = Object.entries(leavingZoo).filter(([, m]) => describeModel(m).parameters < 1e6);
    expect(small.length).toBeGreaterThan(20);
    for (const [name, m] of small)
      expect(sizeOfC(m, drawnWeights(m, 1)).arenaBytes, name).toBe(describeModel(m).peakActivationBytes);
  });

  test('is told by the header, as are the counts', () => {
    const { 'network.h': header } = encodeC(SMALL, drawnWeights(SMALL, 1));
    const { parameters, macs, peakActivationBytes } = describeModel(SMALL);
    expect(header).toContain(`#define NETWORK_ARENA_SIZE ${peakActivationBytes / 4}\n`);
    for (const line of [
      `parameters +${parameters}\n`,
      `multiply-accumulates +${macs} for`,
      `arena +${peakActivationBytes} bytes`,
    ])
      expect(header).toMatch(new RegExp(line));
  });
});

describe('what C cannot be written for is refused', () => {
  const m = model([4], [dense(3)]);
  const weights = drawnWeights(m, 1);

  test.each(['', '2nd', 'a-b', 'a b', 'é', 'a'.repeat(41), 'float', 'register', 'class', 'stdint', 'Math', '_a', 'a.b', 'AUX'])(
    'the name %j',
    (name) => {
      expect(() => encodeC(m, weights, { name })).toThrow(OptionError);
    },
  );

  test('other options, numbers of vectors and inputs', () => {
    expect(() => encodeC(m, weights, { vectors: 1.5 })).toThrow(/vectors must be an integer from 0 to 1000, got 1.5/);
    expect(() => encodeC(m, weights, { vectors: -1 })).toThrow(OptionError);
    expect(() => encodeC(m, weights, { names: 'a' } as object)).toThrow(/unknown option 'names'/);
    expect(() => encodeC(m, weights, { input: { shape: [5], scale: 1, offset: 0 } })).toThrow(/\[5\].*\[4\]/);
    expect(() => encodeC(m, weights, { input: { shape: [4], scale: 1, offset: 0, classNames: ['a', 'b'] } })).toThrow(
      OptionError,
    );
  });

  test('weights that are not finite, or of another model', () => {
    const broken = new Map([...weights, ['dense_1/bias', { shape: [3], data: Float32Array.of(0, Number.NaN, 0) }]]);
    expect(() => encodeC(m, broken)).toThrow(DataError);
    expect(() => encodeC(model([5], [dense(3)]), weights)).toThrow(ShapeError);
    const twice = model([4], [dense(3), dense(2)]);
    const huge = new Map(
      [...drawnWeights(twice, 1)].map(([name, value]) => [name, { ...value, data: value.data.map(() => 1e30) }]),
    );
    expect(() => encodeC(twice, huge)).toThrow(/which float32 does not hold/);
    expect(Object.keys(encodeC(twice, huge, { vectors: 0 }))).toHaveLength(2);
  });

  test('more than its indices count, or than anybody wants in a source', () => {
    expect(() => encodeC(model([50000, 50000, 1], [activation('relu')]), new Map())).toThrow(/31 bits/);
    const wide = model([4096], [dense(1024)]);
    expect(() => encodeC(wide, drawnWeights(wide, 1))).toThrow(/4195328 constants, more than the 4194304/);
  });
});

test('a test program that AVR cannot address says so, by its expected outputs and by its pixels', () => {
  const isRefused = (files: Readonly<Record<string, string>>) => /#error/.test(files['network_test.c'] ?? '');
  const wide = model([8], [dense(40)]);
  const weights = drawnWeights(wide, 1);
  expect(isRefused(encodeC(wide, weights, { vectors: 200 }))).toBe(false);
  expect(isRefused(encodeC(wide, weights, { vectors: 205 }))).toBe(true);
  const image = model([181, 181, 1], [maxPool2d(181), flatten()]);
  const input = { shape: [181, 181, 1], scale: 1 / 255, offset: 0 };
  expect(isRefused(encodeC(image, new Map(), { input }))).toBe(false);
  const larger = model([182, 181, 1], [maxPool2d([182, 181]), flatten()]);
  expect(isRefused(encodeC(larger, new Map(), { input: { ...input, shape: [182, 181, 1] } }))).toBe(true);
});

test('vectors: 0 leaves the test program out', () => {
  const m = model([4], [flatten()]);
  expect(Object.keys(encodeC(m, new Map(), { vectors: 0, name: 'net' }))).toEqual(['net.h', 'net.c']);
  expect(Object.keys(encodeC(m, new Map()))).toEqual(['network.h', 'network.c', 'network_test.c']);
});
