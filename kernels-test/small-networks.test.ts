import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elements } from '../src/core/value.ts';
import { parametersOf } from '../src/model/resolve.ts';
import { describe as counted, type Dataset, dataset, type Gpu, type Model, sgd, trainer } from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';
import { mobileNetV2, mobileNetV3, V2_STAGES, V3_SMALL } from './support/mobile-networks.ts';
import { autoencoder, minimalMnist, resNet8, resNet20, shuffleNet, squeezeNext, uNet } from './support/small-networks.ts';

/** A network with what its source prints. */
interface Published {
  readonly network: Model;
  /** Weights, biases, scales and offsets. */
  readonly parameters: number;
  /** Running statistics, which some sources count among the parameters. */
  readonly statistics?: number;
  /** Millions of multiply-accumulates, to the digits that are printed. */
  readonly macs?: { readonly millions: number; readonly digits: number };
  /** What trains a step here, where the network itself is too large for a test. */
  readonly small?: Model;
}

const PUBLISHED: Readonly<Record<string, Published>> = {
  // Keras' summary in the benchmark's training_log.txt: 78,666 parameters, 78,186 of them trained.
  'ResNet-8 of MLPerf Tiny': { network: resNet8(), parameters: 78_186, statistics: 480, macs: { millions: 12.5, digits: 1 } },
  // 0.27 M in the paper. 272,474 with projections (https://github.com/osmr/imgclsmob); without them, 2,752 less: 269,722.
  'ResNet-20': { network: resNet20(), parameters: 272_474, macs: { millions: 41, digits: 0 } },
  'the autoencoder of Keras': { network: autoencoder(), parameters: 28_353 },
  'U-Net of 32 features': {
    network: uNet({ size: 256, features: 32, levels: 4 }),
    parameters: 7_763_041,
    small: uNet({ size: 16, features: 4, levels: 2 }),
  },
  // https://github.com/osmr/imgclsmob, whose count of the 0.72 M in the paper this is.
  '1.0-SqNxt-23': {
    network: squeezeNext(224, 64, [6, 6, 8, 1], [32, 64, 128, 256], [128, 1000]),
    parameters: 724_056,
    small: squeezeNext(25, 16, [1, 1], [8, 16], [8, 10]),
  },
  // https://github.com/osmr/imgclsmob
  'ShuffleNet 1x of 3 groups': {
    network: shuffleNet(224, 3, [4, 8, 4], [240, 480, 960], 1000),
    parameters: 1_865_728,
    small: shuffleNet(24, 3, [2], [60], 10),
  },
  // num_params and _ops of torchvision's weights: 3,504,872 and 0.301; the paper prints 3.4 M and 300 M.
  MobileNetV2: {
    network: mobileNetV2(224, V2_STAGES, [32, 1280], 1000),
    parameters: 3_504_872,
    macs: { millions: 301, digits: 0 },
    small: mobileNetV2(
      16,
      [
        [1, 8, 1, 1],
        [2, 12, 2, 2],
      ],
      [8, 24],
      10,
    ),
  },
  // torchvision: 2,542,856 and 0.057; the paper prints 2.5 M and 56 M.
  'MobileNetV3-Small': {
    network: mobileNetV3(224, V3_SMALL, [16, 576, 1024], 1000),
    parameters: 2_542_856,
    macs: { millions: 57, digits: 0 },
    small: mobileNetV3(
      16,
      [
        { kernel: 3, expanded: 8, filters: 8, strides: 1, kind: 'relu', squeezed: 4 },
        { kernel: 5, expanded: 24, filters: 12, strides: 2, kind: 'hardSwish', squeezed: 6 },
      ],
      [8, 24, 16],
      10,
    ),
  },
  'the 1,936 parameters for MNIST': { network: minimalMnist(), parameters: 1_936 },
};

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

describe.each(Object.entries(PUBLISHED))('%s', (_, { network, parameters, statistics, macs, small = network }) => {
  test('has the counts that its source prints', () => {
    const description = counted(network);
    expect(description.parameters).toBe(parameters);
    if (statistics !== undefined) expect(statisticsOf(network)).toBe(statistics);
    if (macs) expect(description.macs / 1e6).toBeCloseTo(macs.millions, macs.digits);
  });

  test('trains: a step changes all of its weights', async () => {
    await using training = await trainer(gpu, small, {
      batch: 2,
      optimizer: sgd({ learningRate: 0.01 }),
      seed: 1,
      loss: outputOf(small).length > 1 ? 'meanSquaredError' : 'softmaxCrossEntropy',
    });
    const before = await training.weights();
    const { loss } = await training.fit(dataFor(small), { steps: 1 });
    const after = await training.weights();
    expect(loss).toBeGreaterThan(0);
    for (const [name, { data }] of before) {
      const now = after.get(name)?.data ?? new Float32Array();
      expect(now.every(Number.isFinite)).toBe(true);
      // What a normalisation takes away again, a bias or a scale, has no gradient.
      if (/(filter|weights)$/.test(name)) expect([name, data.some((value, index) => value !== now[index])]).toEqual([name, true]);
    }
  }, 300_000);
});

function statisticsOf(m: Model): number {
  return parametersOf(m).reduce((sum, { statistic, shape }) => sum + (statistic ? elements(shape) : 0), 0);
}

function outputOf(m: Model): readonly number[] {
  const { layers } = counted(m);
  return layers.filter(({ name }) => !name.includes('/')).at(-1)?.outputShape ?? [];
}

/** Noise, with classes for a classifier and images for what makes images. */
function dataFor(m: Model): Dataset {
  const output = outputOf(m);
  if (output.length === 1) return noise(2, m.input, output[0] ?? 1);
  const { x } = noise(2, m.input, 1);
  const y = Float32Array.from({ length: 2 * elements(output) }, (_, index) => (index % 7) / 7);
  return dataset({ name: 'images', inputShape: m.input, targetShape: output, x, y });
}
