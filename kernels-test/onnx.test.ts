import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ModelProto, ModelProtoSchema } from '../src/formats/onnx/onnx_pb.ts';
import {
  activation,
  batchNorm,
  branch,
  conv2d,
  describe as counted,
  dense,
  dropout,
  encodeOnnx,
  flatten,
  type Gpu,
  gate,
  globalAvgPool2d,
  type InputDescription,
  layerNorm,
  type Model,
  maxPool2d,
  model,
  type OnnxFileOptions,
  OptionError,
  predictor,
  repeat,
  reshape,
  type Value,
  type Weights,
  zoo,
} from '../src/node.ts';
import {
  activationModels,
  composedModel,
  drawnInput,
  drawnWeights,
  layerModels,
  leavingZoo,
  windowModel,
} from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';
import { difference, inference64, type Numbers } from './support/inference64.ts';
import { onnxNetwork } from './support/onnx-runtime.ts';
import { randomModel } from './support/random-models.ts';
import { resNet8, uNet } from './support/small-networks.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** What onnxruntime's results may differ by from ours, relative to the largest of them. */
const CLOSE = 1e-5;

const ALL = process.env.PAREDOWN_TEST_CASES === 'all';

/** The largest such difference over batches of some sizes. */
async function differenceOver(
  m: Model,
  weights: Weights,
  counts: readonly number[],
  ours: (x: Value) => Promise<Numbers> | Numbers,
) {
  const network = await onnxNetwork(encodeOnnx(m, weights));
  let worst = 0;
  for (const count of counts) {
    const x = drawnInput(m, count, count);
    const [expected, found] = [await ours(x), await network.run(x)];
    expect(found.shape).toEqual(expected.shape);
    worst = Math.max(worst, difference(expected, found));
  }
  await network.release();
  return worst;
}

async function expectEngine(m: Model, weights: Weights): Promise<void> {
  const engine = await predictor(gpu, m, weights, { batch: 3 });
  try {
    expect(await differenceOver(m, weights, [1, 3], (x) => engine.predict(x))).toBeLessThan(CLOSE);
  } finally {
    await engine.destroy();
  }
}

/** The same in float64 on the CPU, where the engine's kernels would take long to compile. */
async function expectReference(m: Model, weights: Weights): Promise<void> {
  expect(await differenceOver(m, weights, [1], (x) => inference64(m, weights, x))).toBeLessThan(CLOSE);
}

describe('onnxruntime computes what the engine does', () => {
  test.each(layerModels())('$title', async ({ m }) => {
    await expectEngine(m, drawnWeights(m, 1));
  });

  test.each([1, 2, 3])('of random models, number %i', async (seed) => {
    for (const m of [randomModel(seed), composedModel(seed)]) await expectEngine(m, drawnWeights(m, seed));
  });

  test.each([100, 200, 300])('of twenty random models from number %i on, in float64', async (start) => {
    for (let seed = start; seed < start + 10; seed++)
      for (const m of [randomModel(seed), composedModel(seed)]) await expectReference(m, drawnWeights(m, seed));
  });

  test.each(activationModels())('of $title, in float64', async ({ m }) => {
    await expectReference(m, drawnWeights(m, 1));
  });

  test('of eighty convolutions and poolings, in float64', async () => {
    for (let seed = 0; seed < 80; seed++) {
      const m = windowModel(seed);
      await expectReference(m, drawnWeights(m, seed));
    }
  });

  test('of networks of others', async () => {
    for (const m of [resNet8(), uNet({ size: 16, features: 2, levels: 2 })]) await expectReference(m, drawnWeights(m, 1));
  });

  // All of the zoo, and by the engine, takes a minute and more: PAREDOWN_TEST_CASES=all.
  const isSmall = (name: string) => {
    const { macs, parameters } = counted(zoo[name] as Model);
    return macs < 20e6 && parameters < 1e6;
  };
  test.each(Object.keys(leavingZoo).filter((name) => ALL || isSmall(name)))(
    '%s',
    async (name) => {
      const m = zoo[name] as Model;
      const tiny = counted(m).macs < 1e5;
      await (ALL || tiny ? expectEngine : expectReference)(m, drawnWeights(m, 1));
    },
    60_000,
  );

  test('a network that does nothing', async () => {
    const m = model([3, 2, 4], [dropout(0.5)]);
    await expectReference(m, new Map());
  });
});

const INPUT: InputDescription = { shape: [5, 4, 3], scale: 1 / 255, offset: -0.5, dtype: 'uint8', classNames: ['cat', 'dög'] };
const CLASSIFIER = model([5, 4, 3], [conv2d(4, 3, { activation: 'relu' }), flatten(), dense(2)]);

const fileOf = (m: Model, options?: OnnxFileOptions): ModelProto =>
  fromBinary(ModelProtoSchema, encodeOnnx(m, drawnWeights(m, 1), options));
const operatorsOf = (m: Model, options?: OnnxFileOptions) => fileOf(m, options).graph?.node.map(({ opType }) => opType) ?? [];

describe('options', () => {
  const weights = drawnWeights(CLASSIFIER, 1);
  const bytes = { shape: [2, 5, 4, 3], data: Uint8Array.from({ length: 120 }, (_, i) => (i * 37) % 256) };
  const floats = { shape: bytes.shape, data: Float32Array.from(bytes.data, (byte) => byte / 255 - 0.5) };
  const outputs = async (options: OnnxFileOptions, x: Parameters<Awaited<ReturnType<typeof onnxNetwork>>['run']>[0]) => {
    const network = await onnxNetwork(encodeOnnx(CLASSIFIER, weights, options));
    const { data } = await network.run(x);
    await network.release();
    return [...data];
  };

  test('bytesIn takes bytes, and scales them as the description says', async () => {
    const expected = await outputs({}, floats);
    const found = await outputs({ input: INPUT, bytesIn: true }, bytes);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5);
    expect(operatorsOf(CLASSIFIER, { input: INPUT, bytesIn: true }).slice(0, 4)).toEqual(['Transpose', 'Cast', 'Mul', 'Add']);
  });

  test('bytesIn is refused of a network whose bytes are not known', () => {
    expect(() => fileOf(CLASSIFIER, { bytesIn: true })).toThrow(OptionError);
    expect(() => fileOf(CLASSIFIER, { bytesIn: true })).toThrow('give input: trainer.input');
    expect(() => fileOf(CLASSIFIER, { bytesIn: true, input: { ...INPUT, dtype: 'float32' } })).toThrow(OptionError);
  });

  test('softmax makes probabilities of the outputs', async () => {
    const logits = await outputs({}, floats);
    const found = await outputs({ softmax: true }, floats);
    for (const row of [0, 2]) {
      const total = Math.exp(logits[row] ?? 0) + Math.exp(logits[row + 1] ?? 0);
      expect(found[row]).toBeCloseTo(Math.exp(logits[row] ?? 0) / total, 5);
    }
  });

  test('the description goes into the metadata, as it is', () => {
    const { metadataProps } = fileOf(CLASSIFIER, { input: INPUT });
    expect(metadataProps.map(({ key, value }) => [key, JSON.parse(value)])).toEqual([['input', INPUT]]);
    expect(fileOf(CLASSIFIER).metadataProps).toEqual([]);
  });

  test('what is unknown or wrong is refused', () => {
    expect(() => fileOf(CLASSIFIER, { opset: 18 })).toThrow('encodeOnnx: opset must be 17');
    expect(() => fileOf(CLASSIFIER, { classNames: [] } as OnnxFileOptions)).toThrow("encodeOnnx: unknown option 'classNames'");
    expect(() => fileOf(CLASSIFIER, { input: { ...INPUT, shape: [5, 4, 1] } })).toThrow('its shape is [5, 4, 1]');
    expect(() => fileOf(model([4], [dense(1)]), { softmax: true })).toThrow(/dense_1.*softmax makes ones/);
  });
});

describe('the file', () => {
  test('has the versions, names and shapes that are documented, the batch left free', () => {
    const { irVersion, opsetImport, graph } = fileOf(CLASSIFIER);
    expect([irVersion, opsetImport.map(({ domain, version }) => [domain, version])]).toEqual([9n, [['', 17n]]]);
    const dims = [...(graph?.input ?? []), ...(graph?.output ?? [])].map(({ name, type }) => [
      name,
      type?.tensorType?.elemType,
      type?.tensorType?.shape?.dim.map(({ value }) => value.value),
    ]);
    expect(dims).toEqual([
      ['input', 1, ['N', 5n, 4n, 3n]],
      ['output', 1, ['N', 2n]],
    ]);
  });

  test('holds each weight once, and next to nothing beside', () => {
    const m = model([4], [dense(4, { shared: 'a' }), repeat(5, dense(4)), dense(4, { shared: 'a', activation: 'relu' })]);
    const initializers = fileOf(m).graph?.initializer ?? [];
    expect(initializers.map(({ name }) => name)).toEqual([
      'dense_1/weights',
      'dense_1/bias',
      'repeat_1/dense_1/weights',
      'repeat_1/dense_1/bias',
    ]);
    const bytes = encodeOnnx(zoo['nahhas/proposed'] as Model, drawnWeights(zoo['nahhas/proposed'] as Model, 1)).length;
    expect(bytes).toBeLessThan(4 * 707 + 1800);
  });

  test('holds weights once that several have, of whom one is behind a flattened image', async () => {
    const m = model([2, 2, 3], [conv2d(3, 1), flatten(), repeat(3, dense(12)), reshape([2, 2, 3]), conv2d(1, 1)]);
    expect(fileOf(m).graph?.initializer.filter(({ name }) => name.startsWith('repeat_1')).length).toBe(2);
    await expectReference(m, drawnWeights(m, 1));
  });

  test('has unique names', () => {
    const m = composedModel(7);
    const { node = [], initializer = [], input = [] } = fileOf(m).graph ?? {};
    const names = [
      ...node.flatMap(({ output }) => output),
      ...initializer.map(({ name }) => name),
      ...input.map(({ name }) => name),
    ];
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('transpositions', () => {
  const transpositions = (m: Model) => operatorsOf(m).filter((operator) => operator === 'Transpose').length;
  const same = { padding: 'same' } as const;
  test.each<[string, number, Model]>([
    [
      'none of one channel, though the image is flattened',
      0,
      model([6, 6, 1], [conv2d(4, 3), maxPool2d(2), flatten(), dense(3)]),
    ],
    ['none where an image is flattened at once', 0, model([6, 6, 3], [flatten(), dense(3)])],
    [
      'one for the input of several channels',
      1,
      model([6, 6, 3], [conv2d(4, 3), activation('gelu'), flatten(), batchNorm(), dense(3)]),
    ],
    [
      'one, and none besides, of an activation and a global average',
      1,
      model([6, 6, 3], [activation('relu'), globalAvgPool2d(), dense(3)]),
    ],
    [
      'no more in branches, gates and residuals',
      1,
      model([6, 6, 3], [conv2d(4, 3, same), branch([conv2d(2, 1)], []), gate(globalAvgPool2d(), dense(6)), flatten(), dense(2)]),
    ],
    [
      'none of an image that is made of a vector',
      0,
      model([6], [dense(24, { activation: 'relu' }), reshape([2, 3, 4]), conv2d(3, 2), flatten(), dense(2)]),
    ],
    ['one more for an image at the end', 2, model([6, 6, 3], [conv2d(2, 3)])],
    [
      'two more around a normalisation of channels',
      3,
      model([6, 6, 3], [conv2d(4, 3), layerNorm(), conv2d(2, 1), flatten(), dense(2)]),
    ],
  ])('%s', (_, count, m) => {
    expect(transpositions(m)).toBe(count);
  });
});
