import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Network } from '../src/model/network.ts';
import {
  adam,
  conv2d,
  dense,
  depthwiseConv2d,
  flatten,
  type Gpu,
  type Model,
  model,
  sgd,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { lower } from '../src/plan/lower.ts';
import { trainerSettings } from '../src/train/options.ts';
import { trainingGraph } from '../src/train/training-graph.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { asGpuKind, GPU_CAPABILITIES } from './support/gpu-kind.ts';
import { baseline, mixed, optimised } from './support/models.ts';
import { trainingDifferences } from './support/training-differences.ts';
import './support/loaded-kernels.ts';

// The variants that real GPUs run, as a whole, on whatever driver there is. Software drivers take long to compile them.

const thorough = process.env.PAREDOWN_TEST_CASES === 'all';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** The kernels of a training step on a GPU. */
function kernelsOf(m: Model, batch: number) {
  const settings = trainerSettings({ batch, optimizer: adam(), seed: 1 });
  const { rows, gradients } = trainingGraph(new Network(m, settings.seeds), settings);
  return lower([rows], gradients, { capabilities: GPU_CAPABILITIES, replicas: 1, choice: {} }).dispatches.map(
    ({ kernel }) => kernel,
  );
}

describe('three steps with the variants of a GPU agree with float64', () => {
  // A network that has learnt its samples by heart has a loss that rounding decides.
  const slow = { batch: 2, optimizer: sgd({ learningRate: 0.001, momentum: 0.5 }) };

  test('the published baseline', async () => {
    expect(await trainingDifferences(asGpuKind(gpu), baseline(), noise(5, [28, 28, 1], 10), 3136, slow)).toEqual([]);
  });

  test('the published optimised network', async () => {
    expect(await trainingDifferences(asGpuKind(gpu), optimised(), noise(5, [28, 28, 1], 10), 2 * 784, slow)).toEqual([]);
  });

  test.runIf(thorough)('branches, residuals, batch normalisation and dropout', async () => {
    expect(await trainingDifferences(asGpuKind(gpu), mixed(), noise(7, [8, 8, 2], 5), 3 * 64)).toEqual([]);
  });

  test.runIf(thorough)('grouped, depthwise, dilated and strided convolutions', async () => {
    const m = model(
      [9, 9, 4],
      [
        conv2d(8, 3, { groups: 2, activation: 'relu', dilations: 2, padding: 'same' }),
        depthwiseConv2d(2, { multiplier: 2 }),
        conv2d(6, 3, { strides: 2 }),
        flatten(),
        dense(3),
      ],
    );
    expect(await trainingDifferences(asGpuKind(gpu), m, noise(7, [9, 9, 4], 3), 3 * 81)).toEqual([]);
  });
});

test('with the variants of a GPU, each replica gets exactly the weights that it would get alone', async () => {
  const m = model([6, 6, 3], [conv2d(5, 3, { padding: 'same', activation: 'relu' }), flatten(), dense(4)]);
  const data = noise(10, [6, 6, 3], 4);
  const train = async (options: Pick<TrainerOptions, 'replicas' | 'seed'>) => {
    const training = await trainer(asGpuKind(gpu), m, { batch: 4, optimizer: adam({ learningRate: 0.01 }), ...options });
    for await (const _ of training.fit(data, { steps: 4 }));
    const weights = await Promise.all(Array.from({ length: options.replicas ?? 1 }, (_, replica) => training.weights(replica)));
    await training.destroy();
    return weights;
  };
  expect(await train({ replicas: 2, seed: [7, 8] })).toEqual([...(await train({ seed: 7 })), ...(await train({ seed: 8 }))]);
});

describe('on a GPU', () => {
  test('every product of the published networks is tiled', () => {
    const products = /^(conv2d|conv2d-filter-gradient|matmul)\//;
    for (const m of [baseline(), optimised()]) {
      const names = kernelsOf(m, 50).map(({ name }) => name.replace(/^.*?\/tiled.*/, 'tiled'));
      expect(names.filter((name) => products.test(name))).toEqual([]);
      expect(names).toContain('tiled');
    }
  });

  test("the baseline's convolutions have a workgroup for each of 128 processors", () => {
    const found = kernelsOf(baseline(), 50).filter(({ name }) => /^conv2d(-filter-gradient)?\//.test(name));
    expect(found.length).toBeGreaterThanOrEqual(3);
    for (const { name, workgroups } of found)
      expect(workgroups[0] * workgroups[1] * workgroups[2], name).toBeGreaterThanOrEqual(128);
  });
});
