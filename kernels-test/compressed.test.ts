import { describe, expect, test } from 'vitest';
import { decodeCompressed, encodeCompressedIntegers } from '../src/compress/coded/compressed.ts';
import { Random } from '../src/core/random.ts';
import { exportGraph } from '../src/deploy/graph.ts';
import { crc32 } from '../src/formats/crc32.ts';
import {
  coarsen,
  compressedParts,
  conv2d,
  DataError,
  decodeModel,
  dense,
  encodeCompressed,
  encodeModel,
  flatten,
  gate,
  globalAvgPool2d,
  join,
  type Model,
  maxPool2d,
  merge,
  model,
  normal,
  OptionError,
  prelu,
  type QuantizedModel,
  repeat,
  reshape,
  residual,
  ShapeError,
  tap,
  type Value,
  type Weights,
  zoo,
} from '../src/node.ts';
import { dequantizedWeights } from '../src/quantize/dequantized.ts';
import { activationGroups } from '../src/quantize/groups.ts';
import { integerGraph } from '../src/quantize/lower.ts';
import { evaluateIntegers } from '../src/quantize/reference.ts';
import { linearOf, toIntegers } from '../src/quantize/to-integers.ts';
import { type Bits, isQuantizedTensor, largestInteger } from '../src/quantize/types.ts';
import { drawnWeights } from './support/exported-models.ts';
import { COUNT, outcomes } from './support/mutations.ts';
import { randomModel } from './support/random-models.ts';

const bits = ({ shape, data }: Value) => ({ shape, data: [...new Uint32Array(data.slice().buffer)] });
const bitsOf = (weights: Weights) => Array.from(weights, ([name, value]) => [name, bits(value)]);

/** A model comes back as it was, each weight to its last bit. */
function expectKept(m: Model, weights: Weights, bytes = encodeCompressed(m, weights)): void {
  const found = decodeModel(bytes);
  expect(found.model).toEqual(m);
  expect(bitsOf(found.weights)).toEqual(bitsOf(weights));
  const parts = compressedParts(bytes);
  expect(parts.reduce((sum, part) => sum + part.bytes, 0)).toBeCloseTo(bytes.length, 6);
  expect(parts.every((part) => part.bytes >= 0)).toBe(true);
}

const vector = (...values: number[]): Weights =>
  new Map([['dense_1/weights', { shape: [1, values.length], data: Float32Array.from(values) }]]);
const row = (units: number) => model([1], [dense(units, { bias: false })]);

describe('what decodes is what was encoded', () => {
  const small = Object.entries(zoo).filter(([name]) => /neurons|proposed|joshwarn|grimov|woolly|double/.test(name));
  test.each(small)('%s', (_, m) => expectKept(m, drawnWeights(m, 1)));

  test.each(Array.from({ length: 40 }, (_, seed) => seed))('a random network, %d', (seed) => {
    const m = randomModel(seed);
    expectKept(m, drawnWeights(m, seed));
  });

  const image = (...layers: Parameters<typeof model>[1]) => model([6, 6, 3], layers);
  test.each<[string, Model]>([
    [
      'names and sharing',
      image(
        conv2d(3, [3, 1], { trainable: true, name: 'größe "3"', shared: 'a key', padding: 'same' }),
        conv2d(3, [3, 1], { shared: 'a key', padding: [1, 0, 2, 0] }),
      ),
    ],
    [
      'containers in containers',
      image(
        residual(
          { shortcut: [conv2d(2, 1)] },
          merge('add', [conv2d(2, 3, { padding: 'same' })], [repeat(3, conv2d(3, 1)), conv2d(2, 1)]),
        ),
        gate(globalAvgPool2d(), dense(2, { activation: 'sigmoid', trainable: false })),
      ),
    ],
    ['taps', image(tap('skip'), conv2d(3, 1, { init: normal(0.05), weightDecay: 1e-4 }), join('skip', 'add'), prelu())],
    ['strides and dilations', image(conv2d(2, 3, { strides: [1, 2], dilations: [2, 1] }), flatten(), reshape([2, 2, 2]))],
    [
      'numbers that are no decimals of few digits',
      image(conv2d(1, 1, { activation: { type: 'leakyRelu', slope: 1 / 3 }, init: normal(Math.PI / 7) })),
    ],
    ['a network without weights', model([4, 4, 1], [maxPool2d(2), flatten()])],
    ['one weight', row(1)],
  ])('%s', (_, m) => expectKept(m, drawnWeights(m, 1)));

  test.each<[string, number[]]>([
    ['zeros', new Array(500).fill(0)],
    [
      'numbers of no kind',
      [Number.NaN, Number.POSITIVE_INFINITY, -0, 0, 1e-45, -1e-45, 3.4028234663852886e38, 1.1754943508222875e-38],
    ],
    ['a single number again and again', new Array(100).fill(0.1)],
    ['multiples of a power of two', Array.from({ length: 100 }, (_, i) => (i - 50) * 2 ** -140)],
    [
      'few numbers, most of them zero',
      Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? ([0.3, -1.7, 12.5][i % 3] ?? 0) : 0)),
    ],
    ['large integers', Array.from({ length: 50 }, (_, i) => (i % 2 ? 1 : -1) * (2 ** 24 - i))],
  ])('%s', (_, values) => expectKept(row(values.length), vector(...values)));

  test('with what it takes, and where it comes from', () => {
    const m = model([28, 28, 1], [flatten(), dense(3)]);
    const input = {
      shape: [28, 28, 1],
      scale: 1 / 255,
      offset: -0.5,
      classNames: ['a', 'größer', '3'],
      dataName: 'mnist',
      dataHash: '00ff'.repeat(16),
    };
    const about = {
      shape: 'x',
      study: { seeds: [1, 2, 3], bound: 0.98765, none: null, yes: true, no: false },
      type: 'conv2d',
      far: 1e300,
      '__proto__ ': -7,
    };
    const found = decodeModel(encodeCompressed(m, drawnWeights(m, 1), { input, about }));
    expect(found.input).toEqual(input);
    expect(found.about).toEqual(about);
  });
});

/** Integers with scales that are drawn from nothing: as `quantize` makes them. */
function quantized(by: Bits, m = zoo['records/joshwarn'] as Model) {
  const weights = drawnWeights(m, 1);
  const graph = exportGraph(m, weights);
  const scales = new Map(
    graph.operations.flatMap((operation) => {
      const linear = linearOf(operation);
      if (!linear) return [];
      const { name, shape, data } = linear.weights;
      const channels = shape[linear.axis] ?? 1;
      const most = Float32Array.from({ length: channels }, (_, k) =>
        Math.max(...data.filter((_, at) => at % channels === k).map(Math.abs)),
      );
      return [[name, most.map((value) => value / largestInteger(by.weights))] as const];
    }),
  );
  const activations = new Map(
    by.activations === 'float'
      ? []
      : activationGroups(graph).flatMap(({ tensors, fixed }, group) =>
          tensors.map(({ name }) => [name, fixed ?? { scale: Math.fround(0.01 * (group + 1)), zeroPoint: group - 128 }] as const),
        ),
  );
  return toIntegers({ model: m, weights }, { bits: by, scales, activations });
}

describe('a network in integers', () => {
  test.each<Bits>([
    { weights: 8, activations: 8 },
    { weights: 4, activations: 8 },
    { weights: 2, activations: 'float' },
  ])('of %o comes back as it was', (by) => {
    const network = quantized(by);
    const bytes = encodeCompressed(network);
    const found = decodeModel(bytes);
    expect(found.quantized).toEqual(network);
    const filter = network.weights.get('conv2d_1/filter');
    if (!filter || !isQuantizedTensor(filter)) throw new Error('no integers');
    expect(found.weights.get('conv2d_1/filter')?.data[1]).toBe(Math.fround((filter.integers[1] ?? 0) * (filter.scales[1] ?? 0)));
    expect(compressedParts(bytes).filter(({ form }) => form === 'integers').length).toBeGreaterThan(8);
  });

  test.each<Bits>([
    { weights: 4, activations: 8 },
    { weights: 4, activations: 'float' },
  ])('of %o is smaller with coarse scales, and nearly the same', (by) => {
    const network = quantized(by);
    const coarse = coarsen(network, { fraction: 3 });
    const [whole, less] = [network, coarse].map((one) => encodeCompressed(one).length);
    // 78 scales, and where they are floats 48 biases, lose 20 bits each.
    expect((whole ?? 0) - (less ?? 0)).toBeGreaterThan(((by.activations === 8 ? 78 : 126) * 19) / 8);
    expect(decodeModel(encodeCompressed(coarse)).quantized).toEqual(coarse);
    const [values, rounded] = [network, coarse].map((one) => dequantizedWeights(one));
    for (const [name, { data }] of values ?? [])
      data.forEach((value, at) => {
        const off = Math.abs(value - (rounded?.get(name)?.data[at] ?? Number.NaN));
        // Half of 2^-3 of it, and with integer biases half of one of these.
        const bias = network.weights.get(name);
        const step = bias && isQuantizedTensor(bias) && bias.shape.length === 1 ? (bias.scales[at] ?? 0) : 0;
        expect(off).toBeLessThanOrEqual(Math.abs(value) / 16 + 0.6 * step + 1e-12);
      });
    expect(() => coarsen(network, { fraction: 24 })).toThrow(/from 0 to 23, got 24/);
  });

  test('is refused where values that share a scale have two', () => {
    const network = quantized({ weights: 8, activations: 8 });
    const activations = new Map(network.activations).set('maxPool2d_1/maxPool2d', { scale: 3, zeroPoint: 0 });
    expect(() => encodeCompressed({ ...network, activations })).toThrow(/maxPool2d_1/);
  });

  test('is looked through before it is written, and when it is read', () => {
    const network = quantized({ weights: 4, activations: 8 });
    const unlike = [
      { ...network, bits: { weights: 7, activations: 8 } },
      { ...network, activations: new Map(network.activations).set('input', { scale: 1, zeroPoint: 1000 }) },
      { ...network, activations: new Map(network.activations).set('input', { scale: Number.POSITIVE_INFINITY, zeroPoint: 0 }) },
      ...[Number.NaN, -1, 0].map((scale) => {
        const filter = network.weights.get('conv2d_1/filter');
        if (!filter || !isQuantizedTensor(filter)) throw new Error('no integers');
        const scales = new Float32Array(filter.scales.length).fill(scale);
        return { ...network, weights: new Map(network.weights).set('conv2d_1/filter', { ...filter, scales }) };
      }),
    ] as QuantizedModel[];
    for (const one of unlike) {
      expect(() => encodeCompressed(one)).toThrow(/^quantised model: /);
      expect(() => coarsen(one)).toThrow(/^quantised model: /);
    }
    for (const made of unlike.slice(1)) {
      const file = encodeCompressedIntegers(made);
      expect(() => decodeModel(file)).toThrow(DataError);
      expect(() => decodeModel(file)).toThrow(/network in integers is damaged/);
    }
  });
});

test('ten layers take some tens of bytes beside their weights', () => {
  const parts = compressedParts(
    encodeCompressed(zoo['records/joshwarn'] as Model, drawnWeights(zoo['records/joshwarn'] as Model, 1)),
  );
  const [header, layers] = parts;
  expect([header?.name, layers?.name]).toEqual(['header', 'model']);
  expect((header?.bytes ?? 0) + (layers?.bytes ?? 0)).toBeLessThan(40);
});

test('a pruned network of shared weights is told by its zeros and a code book', () => {
  const values = Array.from({ length: 4000 }, (_, i) => (i % 10 === 0 ? ([0.31, -0.17, 0.05, -0.44][(i / 10) % 4] ?? 0) : 0));
  const bytes = encodeCompressed(row(4000), vector(...values));
  expect(compressedParts(bytes).at(-1)).toMatchObject({ form: 'book', elements: 4000 });
  // A tenth of them are not zero, which is 0.47 bits each, and one of four, 2 bits each.
  expect(bytes.length).toBeLessThan(1.1 * ((4000 * 0.47 + 400 * 2) / 8) + 40);
});

// Files are kept by people: what a version wrote, later ones read.
test('a file of version 1 is still read', () => {
  const m = model([4, 4, 1], [conv2d(2, 3, { activation: 'relu' }), flatten(), dense(2)]);
  const file =
    'cf01f74dccc3f9afc3a6b51d6fa72cb624439640193721bf15db8c6ad1888465459d668d80e84f63d8dfd3c3f8508782231927a1f87d0ce8fb7198810ed6cab7d0fdaeb14e776e55d4790ee001ae708cc60204cbb77b9ed0c0e185e73aee54d4ade59df74c651363c1f85aa34d3ec5685eaa67fada464407f03ecd41e9f7c44faa65c8e61c3457f47133362fa14f64b9b9590b5cec07';
  expect(Buffer.from(encodeCompressed(m, drawnWeights(m, 1))).toString('hex')).toBe(file);
  expect(bitsOf(decodeModel(Uint8Array.from(Buffer.from(file, 'hex'))).weights)).toEqual(bitsOf(drawnWeights(m, 1)));
});

test('integers of version 1 are rounded twice, as they were when it was written, and those of today once', () => {
  const file = Uint8Array.from(
    Buffer.from(
      'cf010bf75dc3f96fc3c3d7c180e629d50fa11bc4c2be03a61be53436da7fa6bdcb0154a3064e993519bf77ae36d9f3a7fb2069807b01ca4d3beb2be5bfa0ff7f03be315d80a196ffb440f47d11267ce727214218b96fc02fe17f461986398a04acb0396f78fd6ae94f8274f0c98245f064023b4e7472085e420da3bc841fd4115af671fd16a7a83196447b',
      'hex',
    ),
  );
  const { quantized } = decodeModel(file);
  if (!quantized) expect.unreachable();
  const drawn = new Random(2, 0x6265);
  const samples = Array.from({ length: 3 }, () => Int8Array.from({ length: 25 }, () => drawn.below(256) - 128));
  const outputs = (network: QuantizedModel) => {
    const graph = integerGraph(network);
    return samples.map((x) => [...(evaluateIntegers(graph, x).get(graph.output.name) ?? [])]);
  };
  // What the program that wrote it computed.
  const before = [
    [8, -14, 19, 24, -6, 106, 24, 88, -8, 39, -18, 1, 2, 46, -4, 62, 13, 14],
    [35, 7, 18, 93, -4, 38, -10, 29, -18, 42, 1, 69, -4, -21, 37, -2, -11, 16],
    [17, -25, 11, -5, -3, 62, 25, 30, -2, 120, -28, 16, 1, 16, -5, 13, 19, 54],
  ];
  expect(outputs(quantized)).toEqual(before);
  expect(encodeCompressed(quantized)).toEqual(file);
  const { rounding, ...ofToday } = quantized;
  expect(rounding).toBe('twice');
  expect(outputs(ofToday)).not.toEqual(before);
  const today = encodeCompressed(ofToday);
  expect([today[1], today.length]).toEqual([2, file.length]);
  expect(decodeModel(today).quantized).toEqual(ofToday);
  expect(() => encodeCompressed({ ...ofToday, rounding: 'once' as 'twice' })).toThrow(/rounding must be 'twice'/);
});

describe('damage', () => {
  const m = randomModel(3);
  const files = [encodeCompressed(m, drawnWeights(m, 1)), encodeCompressed(row(500), vector(...new Array(500).fill(0.5)))];
  const integers = model(
    [6, 6, 1],
    [conv2d(3, 3, { activation: 'relu' }), maxPool2d(2), residual(conv2d(3, 1)), flatten(), dense(3)],
  );
  const ofIntegers = encodeCompressed(quantized({ weights: 4, activations: 8 }, integers));
  /** With a right checksum the damage reaches what is behind it. */
  const resealed = (file: Uint8Array) => {
    const sealed = Uint8Array.from({ length: Math.max(5, file.length) }, (_, at) => file[at] ?? 0);
    const sum = crc32(sealed.subarray(5), crc32(sealed.subarray(0, 2)));
    sealed.set([(sum >>> 16) & 255, (sum >>> 8) & 255, sum & 255], 2);
    return sealed;
  };

  test('a thousand damaged files are refused, or hold the same network', async () => {
    const outcome = await outcomes(files, (file) => {
      const found = bitsOf(decodeCompressed(file).weights);
      expect([bitsOf(drawnWeights(m, 1)), bitsOf(vector(...new Array(500).fill(0.5)))]).toContainEqual(found);
    });
    expect(outcome.refused).toBeGreaterThan(0.9 * COUNT);
  }, 60_000);

  test('a thousand made to look whole are read or refused, in bounded time and memory', async () => {
    const before = process.memoryUsage().rss;
    const outcome = await outcomes([...files, ofIntegers], (file) => decodeCompressed(resealed(file)));
    expect(outcome.read + outcome.refused).toBe(COUNT);
    expect(outcome.refused).toBeGreaterThan(COUNT / 10);
    expect(process.memoryUsage().rss - before).toBeLessThan(512 * 2 ** 20);
  }, 60_000);

  test('is told by what it is', () => {
    const file = encodeCompressed(row(3), vector(1, 2, 3));
    expect(() => decodeModel(file.subarray(0, 3))).toThrow(/truncated/);
    expect(() => decodeModel(Uint8Array.from(file).fill(9, 1, 2))).toThrow(/version 9/);
    expect(() => decodeModel(file.subarray(0, -1))).toThrow(DataError);
    expect(() => compressedParts(encodeModel(row(3), vector(1, 2, 3)))).toThrow(/no compressed model/);
  });
});

test('wrong weights and options are refused by name', () => {
  expect(() => encodeCompressed(row(3), vector(1, 2))).toThrow(ShapeError);
  expect(() => encodeCompressed(row(1), vector(1), { input: { shape: [2], scale: 1, offset: 0 } })).toThrow(OptionError);
  // @ts-expect-error: an option that there is not
  expect(() => encodeCompressed(row(1), vector(1), { level: 9 })).toThrow(/unknown option 'level'/);
});
