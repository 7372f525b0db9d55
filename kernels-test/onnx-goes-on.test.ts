import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import {
  adam,
  decodeOnnx,
  describe as described,
  encodeOnnx,
  type Gpu,
  predictor,
  search,
  searchProblem,
  trainer,
} from '../src/node.ts';
import { mutateModel } from '../src/search/space/mutate.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { difference } from './support/inference64.ts';
import { inputValue, ours, runOnnx } from './support/onnx-judge.ts';
import { torchLeNet, torchMobileNet } from './support/onnx-networks.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** Too few samples not to be learned by heart. */
const DATA = noise(20, [12, 12, 1], 10);

test('a network that came in goes on training, and goes out again', async () => {
  const { model, weights } = decodeOnnx(torchLeNet().bytes);
  const training = await trainer(gpu, model, { batch: 20, optimizer: adam({ learningRate: 0.01 }), seed: 1 });
  training.setWeights(weights);
  const before = await training.evaluate(DATA);
  await training.fit(DATA, { steps: 60 });
  const after = await training.evaluate(DATA);
  expect(after.loss).toBeLessThan(before.loss / 2);
  const trained = await training.weights();
  await training.destroy();

  const bytes = encodeOnnx(model, trained);
  const network = await predictor(gpu, model, trained, { batch: 4 });
  const x = ours(inputValue([4, 1, 12, 12]));
  const expected = await network.predict(x);
  await network.destroy();
  expect(difference(expected, await runOnnx(bytes, x))).toBeLessThan(1e-5);
});

describe('a search starts from a network that came in', () => {
  const { model } = decodeOnnx(torchLeNet().bytes);

  test('and trains it first', async () => {
    const options = {
      floor: 0.05,
      start: model,
      samples: 40,
      rates: [0.01],
      setup: { batch: 20 },
      budget: { trials: 1 },
      finish: false,
    };
    const records = [];
    for await (const step of search(gpu, { train: DATA, validation: DATA }, options))
      if (step.type === 'trial') records.push(step.record);
    expect(records[0]?.model).toEqual(model);
    expect(records[0]?.outcome.status).toBe('trained');
  });

  test.each([
    ['LeNet', () => model],
    ['MobileNet', () => decodeOnnx(torchMobileNet().bytes).model],
  ])('whose neighbours are networks too: %s', (_, make) => {
    const start = make();
    const { space } = searchProblem({ train: noise(20, start.input, 10) }, { floor: 0.5 });
    const random = new Random(1, 1);
    const found = Array.from({ length: 20 }, () => mutateModel(start, space, random)?.model ?? expect.fail('no neighbour'));
    expect(found.some((neighbour) => described(neighbour).parameters < described(start).parameters)).toBe(true);
    for (const neighbour of found) expect(described(neighbour).layers.at(-1)?.outputShape).toEqual([10]);
  });
});
