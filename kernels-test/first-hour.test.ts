import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as graph from '../src/graph.ts';
import * as paredown from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';

const { adam, dataset, dense, digits, flatten, model, OptionError, ShapeError } = paredown;

const SPLITS = digits({ train: 100, test: 20 });
const NETWORK = model([28, 28, 1], [flatten(), dense(10)]);
const OPTIONS = { batch: 50, optimizer: adam() };

let gpu: paredown.Gpu;
let trainer: paredown.Trainer;
beforeAll(async () => {
  gpu = await openTestGpu();
  trainer = await paredown.trainer(gpu, NETWORK, OPTIONS);
});
afterAll(() => gpu?.destroy());

/** What a program without types may hand over. */
function wrong<T>(value: unknown): T {
  return value as T;
}

describe('a mistake of the first hour is told with what to write:', () => {
  const mistakes: readonly [string, () => unknown, RegExp][] = [
    [
      'a number for the options of an optimizer',
      () => adam(wrong(0.1)),
      /adam: options must be an object, got 0\.1; write adam\(\{ learningRate: 0\.001 \}\)/,
    ],
    [
      'an activation for the options of a layer',
      () => dense(10, wrong('relu')),
      /dense: options must be an object, got "relu"; write dense\(10, \{ activation: 'relu' \}\)/,
    ],
    [
      'layers that are no array',
      () => model([28, 28, 1], wrong(flatten())),
      /model: layers must be an array, got \{"type":"flatten"\}; write model\(\[28, 28, 1\], \[flatten\(\), dense\(10\)\]\)/,
    ],
    [
      'a layer that was not called',
      () => model([28, 28, 1], [wrong(flatten)]),
      /layers\[0\]: a layer must be an object, got the function flatten; call it: flatten\(\.\.\.\)/,
    ],
    [
      'a promise that was not awaited',
      () => paredown.trainer(wrong(paredown.openGpu()), NETWORK, OPTIONS),
      /trainer: gpu must be a Gpu.*got a Promise \(write await before it\)/,
    ],
    [
      'the device for the Gpu',
      () => paredown.trainer(wrong(gpu.device), NETWORK, OPTIONS),
      /gpu must be a Gpu, which `await openGpu\(\)` gives, got a GPUDevice, which is a device without/,
    ],
    [
      'layers for a model',
      () => paredown.trainer(gpu, wrong([flatten()]), OPTIONS),
      /trainer: model must be a Model, which `model\(\[28, 28, 1\], \[\.\.\.layers\]\)` gives/,
    ],
    [
      'a model of JSON that lacks what defaults would fill in',
      () => paredown.describe(wrong({ format: 1, input: [4], layers: [{ type: 'dense', units: 3 }] })),
      /describe: model must be a Model.*or `parseModel\(json\)` for one from a file/,
    ],
    [
      'a function for a loss',
      () => paredown.trainer(gpu, NETWORK, wrong({ ...OPTIONS, loss: () => 0 })),
      /loss must be 'softmaxCrossEntropy', .*got the function loss/,
    ],
    [
      'all splits for one',
      () => trainer.fit(wrong(SPLITS), { steps: 1 }),
      /fit: data must be a data set.*give one of them, its `\.train`/,
    ],
    [
      'all splits to validate on',
      () => trainer.fit(SPLITS.train, { steps: 1, validate: wrong(SPLITS) }),
      /validate must be a data set.*all the splits; give one of them/,
    ],
    [
      'no weights',
      () => paredown.predictor(gpu, NETWORK, wrong(undefined)),
      /predictor: weights must be Weights.*got undefined; write predictor\(gpu, model, weights/,
    ],
    [
      'weights that were not awaited',
      () => paredown.predictor(gpu, NETWORK, wrong(trainer.weights())),
      /weights must be Weights.*got a Promise \(write await before it\)/,
    ],
    [
      'a tensor for the named inputs of an operation',
      () => graph.relu(wrong(graph.input('x', [2, 3]))),
      /relu: inputs must be tensors by name, .*which is a tensor by itself; write relu\(\{ x \}\)/,
    ],
    [
      'a value for a tensor',
      () => graph.relu({ x: wrong({ shape: [1], data: new Float32Array(1) }) }),
      /relu: input 'x' must be a Tensor.*which is a value: it goes into `program\.run\(\{ x: value \}\)`; write relu\(\{ x \}\)/,
    ],
    [
      'a number for a tensor',
      () => graph.relu({ x: wrong(2) }),
      /relu: input 'x' must be a Tensor.*got 2, which as a tensor is parameter\('NAME', \[\], constant\(2\), \{ trainable: false \}\)/,
    ],
    [
      'a number for the first value of a parameter',
      () => graph.parameter('one', [], wrong(1)),
      /parameter: init must be an initialiser, such as zeros\(\) or constant\(1\), or a value.*, got 1; write parameter/,
    ],
    [
      'options in the place of the replica',
      () => trainer.setWeights(new Map(), wrong({ partial: true })),
      /setWeights: replica must be a finite number, got \{"partial":true\}; write setWeights\(.*, 0, \{ partial: true \}\)/,
    ],
    [
      'a list of layers for a layer',
      () => paredown.residual(wrong([dense(10)])),
      /residual\.layers\[0\]: a layer must be an object, got an array; write its layers one by one, \.\.\.layers/,
    ],
    [
      'a text for the optimizer of a program',
      () => graph.compile(gpu, { outputs: {}, update: { loss: graph.input('x', []), optimizer: wrong('adam') } }),
      /compile: update: optimizer must be made with adam\(\)/,
    ],
  ];
  for (const [name, call, message] of mistakes)
    test(name, async () => {
      const attempt = async () => call();
      await expect(attempt()).rejects.toThrow(OptionError);
      await expect(attempt()).rejects.toThrow(message);
    });

  test('bytes for what the model sees: the data set knows their scale, the predictor does not', async () => {
    const predictor = await paredown.predictor(gpu, NETWORK, await trainer.weights(), { batch: 1 });
    const bytes = wrong<paredown.Value>({ shape: [1, 28, 28, 1], data: new Uint8Array(784) });
    await expect(predictor.predict(bytes)).rejects.toThrow(ShapeError);
    await expect(predictor.predict(bytes)).rejects.toThrow(
      /data: Float32Array \}, got \{ shape, data \} with data a Uint8Array of 784; give what the model sees.*v \* scale \+ offset.*1 \/ 255 for bytes/,
    );
    await predictor.destroy();
  });
});

test('what is large is not written out to be shown', async () => {
  const large = { x: new Uint8Array(2 ** 28), rows: Array.from({ length: 1_000_000 }, () => 'row') };
  await expect(trainer.fit(wrong(large), { steps: 1 })).rejects.toThrow(
    /got \{"x":"\(Uint8Array\)","rows":\["row",.{20,60}\.\.\./,
  );
});

test('a model from JSON is the same model', async () => {
  const json = JSON.parse(JSON.stringify(NETWORK));
  expect(paredown.describe(json)).toEqual(paredown.describe(NETWORK));
  await (await paredown.trainer(gpu, json, OPTIONS)).destroy();
});

test('a data set that was made by hand is looked at as dataset does', async () => {
  const data = { ...SPLITS.train };
  expect((await trainer.fit(data, { steps: 2 })).loss).toBeGreaterThan(0);
  const mislabelled = { ...data, y: data.y.map(() => 10) };
  await expect(trainer.fit(mislabelled, { steps: 1 })).rejects.toThrow(/label of sample 0 is 10; with 10 classes/);
});

test('the pixels of a canvas, a Uint8ClampedArray, are bytes like any other', () => {
  const x = Uint8ClampedArray.of(1, 2, 3, 4, 5, 6);
  const data = dataset({ inputShape: [2], x: x.subarray(2), y: Uint8Array.of(0, 1), classes: 2 });
  expect(data.x).toEqual(Uint8Array.of(3, 4, 5, 6));
  expect(data.x.buffer).toBe(x.buffer);
  expect(data.scale).toBe(1 / 255);
});
