import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import { VERSION } from '../src/core/version.ts';
import { evaluateExported } from '../src/deploy/evaluate.ts';
import { exportGraph } from '../src/deploy/graph.ts';
import { resolve } from '../src/model/resolve.ts';
import {
  activation,
  branch,
  classifier,
  conv2d,
  conv2dTranspose,
  DataError,
  type Dataset,
  dataset,
  dense,
  describe as described,
  encodeHtml,
  flatten,
  type Gpu,
  type HtmlOptions,
  type InputDescription,
  type Layer,
  type Model,
  model,
  OptionError,
  predictor,
  type QuantizedModel,
  quantize,
  ShapeError,
  type Value,
  type Weights,
  zoo,
} from '../src/node.ts';
import { integerOf } from '../src/quantize/input.ts';
import { integerGraph } from '../src/quantize/lower.ts';
import { evaluateIntegers } from '../src/quantize/reference.ts';
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
import { paredownOf, scriptsOf } from './support/html-page.ts';
import { integerModels } from './support/integer-models.ts';
import { faults } from './support/markup-faults.ts';
import { randomModel } from './support/random-models.ts';
import { uNet } from './support/small-networks.ts';

const SMALL = zoo['nahhas/proposed'] as Model;
const INPUT: InputDescription = { shape: [28, 28, 1], scale: 1 / 255, offset: 0, classNames: [...'0123456789'] };
const BITS = [8, 6, 5, 4, 3, 2] as const;
const SAMPLES = 2;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** The same with an output of classes: what a page tells apart. */
function ofClasses({ title, m }: ExportedModel): ExportedModel {
  const output = resolve(m).at(-1)?.outputShape ?? m.input;
  return { title, m: output.length === 1 ? m : model(m.input, [...m.layers, flatten()]) };
}

const MODELS: readonly ExportedModel[] = [
  ...layerModels(),
  ...[1, 2, 3, 4, 5].map((seed) => ({ title: `composed, number ${seed}`, m: composedModel(seed) })),
  ...[1, 2, 3, 4].map((seed) => ({ title: `random, number ${seed}`, m: randomModel(seed) })),
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed) => ({ title: `windows, number ${seed}`, m: windowModel(seed) })),
  ...activationModels(),
  {
    title: 'transposed windows smaller than their stride',
    m: model([3, 2, 2], [conv2dTranspose(3, [1, 2], { strides: 3, padding: 'same' })]),
  },
  { title: 'a U-net', m: uNet({ size: 8, features: 2, levels: 2 }) },
].map(ofClasses);

/** Of the zoo those that a page computes in a moment. */
const ZOO: readonly ExportedModel[] = Object.entries(leavingZoo)
  .map(([title, m]) => ({ title, m: m as Model }))
  .filter(({ m }) => {
    const { parameters, macs } = described(m);
    return parameters < 100_000 && macs < 3e6;
  });

/** The page's outputs of some samples, one behind the other. */
function outputsOf(page: string, { shape: [samples = 0], data }: Value): number[] {
  const { predict } = paredownOf(page);
  const size = data.length / samples;
  return Array.from({ length: samples }, (_, n) => [...predict(data.subarray(n * size, (n + 1) * size))]).flat();
}

function expectClose(found: readonly number[], expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs));
  const worst = Math.max(...Array.from(expected, (value, i) => Math.abs(value - (found[i] ?? Number.NaN))));
  expect(worst / largest).toBeLessThan(tolerance);
}

describe('a page computes what leaves, in float64, but for the rounding of what is between', () => {
  test.each([...MODELS, ...ZOO].map((one, seed) => ({ ...one, seed })))('$title', ({ m, seed }) => {
    const weights = drawnWeights(m, seed);
    const x = drawnInput(m, SAMPLES, seed);
    const { data } = evaluateExported(exportGraph(m, weights), { shape: x.shape, data: Float64Array.from(x.data) });
    // Sums are added up in float64, so that each value is rounded once.
    expectClose(outputsOf(encodeHtml(m, weights), x), data, 1e-6);
  });

  test('there are networks of the zoo that are small', () => {
    expect(ZOO.length).toBeGreaterThan(20);
  });
});

describe('a page computes what the engine does', () => {
  const drawn = MODELS.filter(({ title }) => /^(composed|random)/.test(title));
  test.each([...drawn, ...ZOO].map((one, seed) => ({ ...one, seed })))('$title', async ({ m, seed }) => {
    const weights = drawnWeights(m, seed);
    const x = drawnInput(m, SAMPLES, seed);
    await using predicting = await predictor(gpu, m, weights, { batch: SAMPLES });
    const { data } = await predicting.predict(x);
    expectClose(outputsOf(encodeHtml(m, weights), x), data, 1e-5);
  });
});

function samples(m: Model, size: number): Dataset {
  const random = new Random(5, 0x717561);
  const x = Float32Array.from({ length: size * elements(m.input) }, () => 2 * random.uniform() - 1);
  return dataset({ inputShape: m.input, x, y: new Uint8Array(size), classes: 2 });
}

describe('a page computes the integers of the engine, bit for bit', () => {
  const models = [
    ...integerModels(),
    ...[1, 2, 3, 5, 6, 7]
      .map((seed) => ({ title: `windows, number ${seed}`, m: windowModel(seed) }))
      .filter(({ m }) => !JSON.stringify(m).includes('conv2dTranspose')),
  ]
    .filter(({ m }) => described(m).parameters < 20_000)
    .map(ofClasses)
    .map((one, n) => ({ ...one, n, bits: BITS[n % BITS.length] ?? 8 }));

  test.each(models)('$title, $bits bits', { timeout: 240_000 }, async ({ m, n, bits }) => {
    const made = await quantize(gpu, m, drawnWeights(m, n), { weights: bits, calibration: samples(m, 10) });
    // Every third as one of before.
    const quantized: QuantizedModel = n % 3 === 0 ? { ...made, rounding: 'twice' } : made;
    const x = drawnInput(m, SAMPLES, n);
    const graph = integerGraph(quantized);
    const size = elements(m.input);
    const expected = Array.from({ length: SAMPLES }, (_, i) => {
      const stored = Int8Array.from(x.data.subarray(i * size, (i + 1) * size), (value) => integerOf(value, graph.input));
      return [...(evaluateIntegers(graph, stored).get(graph.output.name) ?? [])];
    }).flat();
    const { zeroPoint, scale } = graph.output;
    const found = outputsOf(encodeHtml(quantized), x);
    expect(found).toEqual(expected.map((integer) => Math.fround((integer - zeroPoint) * scale)));
    expect(new Set(found).size).toBeGreaterThan(1);
  });

  test('those of `predictor`', async () => {
    const quantized = await quantize(gpu, SMALL, drawnWeights(SMALL, 1), { calibration: samples(SMALL, 10) });
    const x = drawnInput(SMALL, 5, 2);
    await using predicting = await predictor(gpu, quantized);
    const { data } = await predicting.predict(x);
    expect(outputsOf(encodeHtml(quantized), x)).toEqual([...data]);
  });

  test('by its weights, where activations are floats', async () => {
    const quantized = await quantize(gpu, SMALL, drawnWeights(SMALL, 1), { weights: 3, activations: 'float' });
    const x = drawnInput(SMALL, 1, 1);
    await using predicting = await predictor(gpu, quantized);
    const { data: expected } = await predicting.predict(x);
    const found = paredownOf(encodeHtml(quantized)).predict(x.data);
    for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 4);
  });
});

describe('a page classifies as `classifier` does', () => {
  const random = new Random(3, 0x696d67);
  const image = (width: number, height: number, channels: number) => ({
    ...{ width, height },
    data: Uint8ClampedArray.from({ length: width * height * channels }, () => random.below(256)),
  });
  const ends: readonly (readonly [string, readonly Layer[], readonly string[]])[] = [
    ['logits', [dense(3)], ['a', 'b', 'c']],
    ['a softmax', [dense(3, { activation: 'softmax' })], ['a', 'b', 'c']],
    ['sigmoids', [dense(3), activation('sigmoid')], ['a', 'b', 'c']],
    ['one logit', [dense(1)], ['no', 'yes']],
    ['one sigmoid', [dense(1, { activation: 'sigmoid' })], ['no', 'yes']],
    ['one sigmoid of one class', [dense(1, { activation: 'sigmoid' })], ['yes']],
  ];

  test.each(ends)('of %s', async (_, layers, classNames) => {
    for (const channels of [1, 3] as const) {
      const m = model([9, 12, channels], [conv2d(4, 3, { activation: 'relu' }), flatten(), ...layers]);
      const weights = drawnWeights(m, 1);
      const input = { shape: m.input, scale: 2 / 255, offset: -1, classNames };
      await using network = await classifier(gpu, { model: m, weights, input });
      const page = paredownOf(encodeHtml(m, weights, { input }));
      expect([page.shape, page.classNames]).toEqual([m.input, classNames]);
      const given = [1, 2, 3, 4].flatMap((own) => [image(12, 9, own), image(31, 40, own), image(5, 7, own), image(1, 1, own)]);
      for (const one of [...given, Uint8Array.from(image(12, 9, channels).data)]) {
        const expected = await network.classify(one);
        const found = page.classify(one);
        expect(found.map(({ index }) => index)).toEqual(expected.map(({ index }) => index));
        expect(found.map((own) => own.class)).toEqual(expected.map((own) => own.class));
        found.forEach(({ probability }, place) => {
          expect(probability).toBeCloseTo(expected[place]?.probability ?? Number.NaN, 5);
        });
      }
    }
  });

  test('in integers too', async () => {
    const quantized = await quantize(gpu, SMALL, drawnWeights(SMALL, 1), { calibration: samples(SMALL, 20), input: INPUT });
    const { predict, classify } = paredownOf(encodeHtml(quantized, { input: INPUT }));
    const bytes = Uint8Array.from({ length: 784 }, (_, i) => (i * i * 7) % 256);
    const scale = Math.fround(1 / 255);
    const outputs = predict(Float32Array.from(bytes, (byte) => Math.fround(byte * scale)));
    const [first] = classify(bytes);
    expect(first?.index).toBe(outputs.indexOf(Math.max(...outputs)));
  });

  test('numbers as the data had them, where these were floats or nothing is told', () => {
    const m = model([4], [dense(2)]);
    const weights = drawnWeights(m, 1);
    const input = { shape: [4], scale: 2, offset: 1, dtype: 'float32' } as const;
    const stored = Float32Array.of(1, -2, 0.5, 3);
    const seen = stored.map((value) => 2 * value + 1);
    const plain = paredownOf(encodeHtml(m, weights));
    expect(paredownOf(encodeHtml(m, weights, { input })).classify(stored)).toEqual(plain.classify(seen));
    expect(() => plain.pixels({ width: 2, height: 2, data: new Uint8Array(4) })).toThrow(/bytes of images/);
  });

  test('what is no sample is refused in words', () => {
    const { classify, predict } = paredownOf(encodeHtml(SMALL, drawnWeights(SMALL, 1), { input: INPUT }));
    expect(() => classify(new Uint8Array(3))).toThrow(/takes 784 numbers, 28 x 28 x 1, got 3/);
    expect(() => classify({ width: 2, height: 2, data: new Uint8Array(7) })).toThrow(/got 7 in all/);
    expect(() => classify({ width: 0, height: 2, data: new Uint8Array() })).toThrow(/pixels a side/);
    expect(() => predict(new Float32Array(3))).toThrow(/Float32Array of 784/);
    expect(() => classify(new Float32Array(784).fill(Number.NaN))).toThrow(/not finite/);
  });
});

describe('the file', () => {
  const weights = drawnWeights(SMALL, 1);

  test.each(['nahhas/proposed', 'records/joshwarn', 'records/woolly'])('of %s is below 100 kB', (name) => {
    const m = zoo[name] as Model;
    const input = { ...INPUT, shape: m.input };
    expect(new TextEncoder().encode(encodeHtml(m, drawnWeights(m, 1), { input })).length).toBeLessThan(100_000);
  });

  test('in integers has a byte a weight, and a table of 256 for each activation', async () => {
    const quantized = await quantize(gpu, SMALL, weights, { calibration: samples(SMALL, 5) });
    const { bytes, floats } = JSON.parse(scriptsOf(encodeHtml(quantized)).data) as Record<string, string>;
    expect(atob(bytes ?? '').length).toBe(707 - 22 + 3 * 256);
    expect(floats).toBe('');
  });

  test('tells what it is, and its own size', () => {
    const page = encodeHtml(SMALL, weights, { input: { ...INPUT, dataName: 'mnist' } });
    const bytes = new TextEncoder().encode(page).length.toLocaleString('en-US');
    for (const fact of ['707 parameters', '2,828 bytes of weights', `${bytes} bytes, this file`, `Made by paredown ${VERSION}.`])
      expect(page).toContain(fact);
    expect(page).toContain('<title>mnist classifier</title>');
    expect(faults(page)).toEqual([]);
  });

  test('asks for nothing: its policy allows its own scripts alone, by their hashes', async () => {
    const page = encodeHtml(SMALL, weights, { input: INPUT });
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1]?.replaceAll('&#39;', "'") ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-/);
    expect(policy).not.toContain('unsafe');
    const parts = [...scriptsOf(page).scripts, /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? ''];
    expect(parts.length).toBe(3);
    for (const part of parts) {
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(part)));
      expect(policy).toContain(`'sha256-${btoa(String.fromCharCode(...hash))}'`);
    }
    // What the policy would refuse.
    expect(page).not.toMatch(/ style="| on\w+="|\bsrc=|https?:/);
  });

  test('shows hostile names as text', () => {
    const classNames = ['</script><script>alert(1)</script>', '<!--', '"', "'", '\\', '\u2028', '\ud800', ']]>', '&lt;', '\0'];
    const title = '</title><img src=x onerror=alert(1)>';
    const page = encodeHtml(SMALL, weights, { input: { ...INPUT, classNames, dataName: '<b>' }, title });
    expect(faults(page)).toEqual([]);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('alert(1)</script>');
    expect(paredownOf(page).classNames).toEqual(classNames);
  });

  test('takes numbers where images mean nothing', () => {
    for (const [m, input] of [
      [model([4], [dense(2)]), { shape: [4], scale: 1, offset: 0 }],
      [model([2, 2, 2], [flatten(), dense(2)]), { shape: [2, 2, 2], scale: 1, offset: 0 }],
      [model([2, 2, 1], [flatten(), dense(2)]), undefined],
      [model([2, 2, 1], [flatten(), dense(2)]), { shape: [2, 2, 1], scale: 1, offset: 0, dtype: 'float32' } as const],
    ] as const) {
      const page = encodeHtml(m, drawnWeights(m, 1), { input });
      expect(page).toContain('<textarea');
      expect(page).not.toContain('<canvas');
    }
  });
});

describe('a page is refused', () => {
  const m = model([4], [dense(2)]);
  const weights = drawnWeights(m, 1);

  test.each<[string, object, RegExp]>([
    ['an unknown option', { name: 'a' }, /unknown option 'name'/],
    ['a title that is none', { title: '' }, /title must be a text/],
    ['a title as long as a book', { title: 'a'.repeat(201) }, /title must be a text/],
    ['a softmax that is none', { softmax: 1 }, /softmax must be true or false/],
    ['another input', { input: INPUT }, /its shape is/],
    ['too many names', { input: { shape: [4], scale: 1, offset: 0, classNames: ['a', 'b', 'c'] } }, /3 classNames/],
  ])('with %s', (_, options, message) => {
    expect(() => encodeHtml(m, weights, options as HtmlOptions)).toThrow(message);
    expect(() => encodeHtml(m, weights, options as HtmlOptions)).toThrow(OptionError);
  });

  test('whose output is no list of classes', () => {
    const image = model([4, 4, 1], [conv2d(2, 3)]);
    expect(() => encodeHtml(image, drawnWeights(image, 1))).toThrow(ShapeError);
    expect(() => encodeHtml(image, drawnWeights(image, 1))).toThrow(/output is \[2, ?2, ?2\]; a page tells classes apart/);
  });

  test('with weights that are not finite, of another model, or beyond 16 MiB', () => {
    const broken: Weights = new Map(
      [...weights].map(([name, { shape, data }]) => [name, { shape, data: data.map(() => Number.NaN) }]),
    );
    expect(() => encodeHtml(m, broken)).toThrow(DataError);
    expect(() => encodeHtml(m, drawnWeights(SMALL, 1))).toThrow(ShapeError);
    const large = model([1024], [dense(4097)]);
    expect(() => encodeHtml(large, drawnWeights(large, 1))).toThrow(/16 MiB/);
  });

  test('with a softmax of integers, or an operation that integers do not have, by its layer', async () => {
    const quantized = await quantize(gpu, m, weights, { calibration: samples(m, 5) });
    expect(() => encodeHtml(quantized, { softmax: true } as unknown as { softmax: false })).toThrow(/softmax must be false/);
    const end = model([4], [dense(2, { name: 'last', activation: 'sigmoid' })]);
    expect(() => encodeHtml(end, drawnWeights(end, 1), { softmax: true })).toThrow(/last/);
  });

  test('a softmax is what predict ends with, where it is asked for', () => {
    const x = Float32Array.of(1, 2, 3, 4);
    const outputs = paredownOf(encodeHtml(m, weights, { softmax: true })).predict(x);
    expect([...outputs].reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
    for (const { index, probability } of paredownOf(encodeHtml(m, weights)).classify(x))
      expect(probability).toBeCloseTo(outputs[index] ?? Number.NaN, 6);
  });

  test('a branch of nothing but the input leaves', () => {
    const both = model([4], [branch([], [dense(2)])]);
    expect(paredownOf(encodeHtml(both, drawnWeights(both, 1))).predict(Float32Array.of(1, 2, 3, 4)).length).toBe(6);
  });
});
