import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import { innerLists, layerDefinitions } from '../src/model/layers/registry.ts';
import { parametersOf } from '../src/model/resolve.ts';
import {
  batchNorm,
  conv2d,
  describe as counted,
  dense,
  flatten,
  type Gpu,
  globalAvgPool2d,
  type Layer,
  type LayerType,
  type Model,
  model,
  parseModel,
  predictor,
  ShapeError,
  sgd,
  table,
  trainer,
} from '../src/node.ts';
import { layerRefusals } from './cases/layer-refusals.ts';
import { type LayerCase, layerCases } from './cases/layers.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { referenceOutput } from './support/reference-training.ts';
import { sumError } from './support/rounding.ts';
import { trainingDifferences } from './support/training-differences.ts';

/** Of the longest sums here. */
const TERMS = 3 * 64;
const CLASSES = 3;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** The case's layers with a classifier behind them. */
function classifier({ input, layers, output }: LayerCase): Model {
  return model(input, [...layers, ...(output.length > 1 ? [flatten()] : []), dense(CLASSES)]);
}

/** All layers, with those that others hold. */
function all(layers: readonly Layer[]): Layer[] {
  return layers.flatMap((layer) => [layer, ...innerLists(layer).flatMap((list) => all(list.layers))]);
}

for (const type of Object.keys(layerDefinitions) as LayerType[])
  describe(type, () => {
    test('has a definition of its own name', () => expect(layerDefinitions[type].type).toBe(type));

    for (const { title, input, layers, message } of layerRefusals[type])
      test(`refuses ${title}`, () => {
        expect(all(layers).map((layer) => layer.type)).toContain(type);
        expect(() => model(input, layers)).toThrow(ShapeError);
        expect(() => model(input, layers)).toThrow(message);
      });

    for (const one of layerCases[type]) {
      const { input, layers, output, parameters = 0, activations = 0, macs = 0, peak } = one;
      describe(one.title, () => {
        const m = model(input, layers);
        const description = counted(m);

        test('is what the case is about', () => expect(all(layers).map((layer) => layer.type)).toContain(type));
        test('has its shape, and is in the table', () => {
          expect(resolvedShape(m)).toEqual(output);
          for (const { name } of description.layers) expect(table(m)).toContain(name);
        });
        test('has its counts', () => {
          expect({ ...description, peak: description.peakActivationBytes / 4 }).toMatchObject({
            parameters,
            activations: elements(input) + activations,
            macs,
            peak,
          });
        });
        test('is the same from JSON', () => {
          const json: unknown = JSON.parse(JSON.stringify(m));
          expect(json).toStrictEqual(m);
          expect(parseModel(json)).toStrictEqual(m);
          expect(counted(parseModel(json))).toEqual(description);
        });
        test('has a hash without names and trainable', () => {
          const renamed = m.layers.map((layer, index) => ({ ...layer, name: `n${index}` }));
          expect(counted(model(input, renamed)).hash).toBe(description.hash);
          const thawed: unknown = JSON.parse(JSON.stringify(m).replaceAll(',"trainable":false', ''));
          expect(counted(parseModel(thawed)).hash).toBe(description.hash);
        });
        test('trains as in float64', async () => {
          expect(await trainingDifferences(gpu, classifier(one), noise(7, input, CLASSES), TERMS)).toEqual([]);
        });
        test('predicts as in float64', async () => {
          await expectPrediction(classifier(one));
        });
      });
    }
  });

test('no two cases have the same hash', () => {
  const hashes = Object.values(layerCases).flatMap((cases) =>
    cases.map(({ input, layers }) => counted(model(input, layers)).hash),
  );
  expect(new Set(hashes).size).toBe(hashes.length);
});

test('what is frozen stays as it is, bit for bit, and costs no pass', async () => {
  const network = (trainable: boolean) =>
    model(
      [6, 6, 2],
      [
        conv2d(3, 3, { trainable }),
        batchNorm({ trainable, momentum: 0.5 }),
        conv2d(3, 3, { activation: 'relu', trainable }),
        globalAvgPool2d(),
        dense(CLASSES),
      ],
    );
  const run = async (m: Model) => {
    await using training = await trainer(gpu, m, { batch: 4, optimizer: sgd({ learningRate: 0.1 }), seed: 3 });
    const before = await training.weights();
    await training.fit(noise(8, m.input, CLASSES), { steps: 3 });
    const after = await training.weights();
    const changed = [...before].flatMap(([name, { data }]) => (isEqual(data, after.get(name)?.data) ? [] : [name]));
    const kernels = training.plan.kernels.map(({ name }) => name);
    return { changed, gradients: kernels.filter((name) => /^(conv2d|pool|batch-norm).*gradient/.test(name)), kernels, before };
  };
  const [frozen, trained] = [await run(network(false)), await run(network(true))];
  expect(frozen.changed).toEqual(['dense_1/weights', 'dense_1/bias']);
  expect(trained.changed).toEqual([...trained.before.keys()]);
  expect(frozen.gradients).toEqual([]);
  expect(trained.gradients.length).toBeGreaterThan(3);
  expect(frozen.kernels.length).toBeLessThan(trained.kernels.length - 3);
});

function isEqual(a: Float32Array, b: Float32Array | undefined): boolean {
  return a.every((value, index) => value === b?.[index]);
}

function resolvedShape(m: Model): readonly number[] {
  const { layers } = counted(m);
  return layers.filter(({ name }) => !name.includes('/')).at(-1)?.outputShape ?? [];
}

async function expectPrediction(m: Model): Promise<void> {
  const data = noise(4, m.input, CLASSES, 2);
  const random = new Random(3, 0x7765);
  // Running statistics too are not what they begin with; a variance is above 0.
  const weights = new Map(
    parametersOf(m).map(({ name, shape }) => {
      const draw = name.endsWith('/variance') ? () => 0.5 + random.uniform() : () => 0.5 * random.normal();
      return [name, { shape, data: Float32Array.from({ length: elements(shape) }, draw) }];
    }),
  );
  const predicting = await predictor(gpu, m, weights, { batch: 4 });
  const got = await predicting.predict({ shape: [4, ...m.input], data: Float32Array.from(data.x) });
  await predicting.destroy();
  const expected = referenceOutput(m, weights, data, [0, 1, 2, 3]);
  const largest = expected.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  expect(got.shape).toEqual(expected.shape);
  // A pass goes through at most 20 layers.
  got.data.forEach((value, index) => {
    expect(Math.abs(value - (expected.data[index] ?? Number.NaN))).toBeLessThanOrEqual(20 * sumError(TERMS) * largest);
  });
}
