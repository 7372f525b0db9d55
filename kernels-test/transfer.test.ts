import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  batchNorm,
  conv2d,
  type Dataset,
  dataset,
  dense,
  flatten,
  type Gpu,
  type Layer,
  type Model,
  model,
  OptionError,
  predictor,
  ShapeError,
  type Trainer,
  type TrainerOptions,
  trainer,
  type Weights,
} from '../src/node.ts';
import { noise } from './support/datasets.ts';
import { openTestGpu } from './support/gpu.ts';

/** New heads on old weights, and layers that stay as they are. */
const base = (options: { trainable?: false } = {}): Layer[] => [
  conv2d(4, 3, { padding: 'same', activation: 'relu', weightDecay: 0.1, ...options }),
  batchNorm({ momentum: 0.5, ...options }),
  conv2d(3, 3, { strides: 2, activation: 'tanh', ...options }),
  flatten(),
];
const withHead = (layers: Layer[], classes = 3): Model => model([8, 8, 2], [...layers, dense(classes, { name: 'head' })]);
const DATA = noise(20, [8, 8, 2], 3);
const OPTIONS: TrainerOptions = { batch: 6, optimizer: adam({ learningRate: 0.05 }), seed: 5 };

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

async function withTrainer<T>(
  m: Model,
  use: (training: Trainer) => Promise<T>,
  options: Partial<TrainerOptions> = {},
): Promise<T> {
  const training = await trainer(gpu, m, { ...OPTIONS, ...options });
  try {
    return await use(training);
  } finally {
    await training.destroy();
  }
}

/** The weights before and after some steps. */
const trained = (m: Model, options?: Partial<TrainerOptions>): Promise<{ before: Weights; after: Weights }> =>
  withTrainer(
    m,
    async (training) => {
      const before = await training.weights();
      await training.fit(DATA, { steps: 5 });
      return { before, after: await training.weights() };
    },
    options,
  );

const changed = ({ before, after }: { before: Weights; after: Weights }): string[] =>
  [...before].flatMap(([name, { data }]) => (data.some((value, index) => value !== after.get(name)?.data[index]) ? [name] : []));

describe('frozen layers', () => {
  test.for(['f32', 'mixed'] as const)(
    'keep their weights and running statistics, %s; weight decay or not',
    async (precision, { skip }) => {
      skip(precision === 'mixed' && !gpu.features.has('shader-f16'), 'the adapter has no 16-bit floats');
      expect(changed(await trained(withHead(base({ trainable: false })), { precision }))).toEqual(['head/weights', 'head/bias']);
      expect(changed(await trained(withHead(base()), { precision }))).toHaveLength(10);
    },
  );

  test('have neither gradients nor moments, and none is computed below the lowest layer that is trained', () =>
    withTrainer(withHead(base({ trainable: false })), (frozen) =>
      withTrainer(withHead(base()), async (free) => {
        const gradients = (training: Trainer) => training.plan.kernels.filter(({ name }) => name.includes('gradient')).length;
        expect(gradients(frozen)).toBe(0);
        expect(gradients(free)).toBeGreaterThan(2);
        // Of the head's [27, 3] and [3] alone, each rounded up to a whole binding.
        expect(frozen.plan.momentBytes).toBe(2 * 4 * (128 + 64));
        expect(frozen.plan.gradientBytes).toBeLessThan(free.plan.gradientBytes);
        expect(frozen.plan.activationBytesUnshared).toBeLessThan(free.plan.activationBytesUnshared);
      }),
    ));

  test('between trained ones pass the gradient on', async () => {
    const m = withHead([conv2d(4, 3, { name: 'first' }), conv2d(4, 3, { name: 'frozen', trainable: false }), flatten()]);
    expect(changed(await trained(m))).toEqual(['first/filter', 'first/bias', 'head/weights', 'head/bias']);
  });

  test('train a head as their outputs alone would', async () => {
    const m = withHead(base({ trainable: false }));
    await withTrainer(m, async (training) => {
      const weights = await training.weights();
      const features = await featuresOf(DATA, m, weights);
      const alone = model(features.inputShape as [number], [dense(3, { name: 'head' })]);
      await withTrainer(alone, async (head) => {
        head.setWeights(new Map([...weights].filter(([name]) => name.startsWith('head/'))));
        for (const one of [
          { training, data: DATA },
          { training: head, data: features },
        ])
          await one.training.fit(one.data, { steps: 8 });
        const [whole, part] = [await training.weights(), await head.weights()];
        // Both sum 27 products of outputs that agree to a few roundings, in 8 steps of at most 0.05 that Adam's division may turn.
        for (const [name, { data }] of part)
          data.forEach((value, index) => {
            expect(Math.abs(value - (whole.get(name)?.data[index] ?? Number.NaN)), name).toBeLessThan(1e-4);
          });
      });
    });
  });

  test('alone leave nothing to train', async () => {
    const m = model([4], [dense(3, { trainable: false })]);
    await expect(trainer(gpu, m, OPTIONS)).rejects.toThrow(/every layer of the model is frozen \(trainable: false\)/);
    await expect(trainer(gpu, m, OPTIONS)).rejects.toBeInstanceOf(ShapeError);
    await expect(trainer(gpu, model([4], [flatten()]), OPTIONS)).rejects.toThrow(/has no parameters to train/);
  });
});

/** The data set as the layers before the head show it. */
async function featuresOf(data: Dataset, m: Model, weights: Weights): Promise<Dataset> {
  const layers = m.layers.slice(0, -1);
  const own = new Map([...weights].filter(([name]) => !name.startsWith('head/')));
  const predicting = await predictor(gpu, model([8, 8, 2], layers), own);
  const x = await predicting.predict({ shape: [data.size, ...data.inputShape], data: data.x as Float32Array });
  await predicting.destroy();
  return dataset({ inputShape: x.shape.slice(1), x: x.data, y: data.y, classes: 3 });
}

describe('weights of another model', () => {
  test('are taken in part where that is asked for: all that fit by name and shape', async () => {
    const weights = await withTrainer(withHead(base(), 3), (old) => old.weights(), { seed: 9 });
    const use = async (training: Trainer) => {
      const fresh = await training.weights(1);
      const surplus = ['old/head', { shape: [1], data: Float32Array.of(1) }] as const;
      const report = training.setWeights(new Map([...weights, surplus]), 1, { partial: true });
      expect(report.missing).toEqual(['head/weights', 'head/bias']);
      expect(report.ignored).toEqual(['head/weights', 'head/bias', 'old/head']);
      expect(report.set).toHaveLength(8);
      const now = await training.weights(1);
      for (const name of report.set) expect(now.get(name)).toEqual(weights.get(name));
      for (const name of report.missing) expect(now.get(name)).toEqual(fresh.get(name));
      expect((await training.weights(0)).get('conv2d_1/filter')).not.toEqual(weights.get('conv2d_1/filter'));
      await training.fit(noise(20, [8, 8, 2], 5), { steps: 2 });
    };
    await withTrainer(withHead(base(), 5), use, { replicas: 2 });
  });

  test('are refused as a whole where it is not asked for, and where none fits', () =>
    withTrainer(withHead(base(), 3), async (training) => {
      const weights = await training.weights();
      const head = new Map([...weights].filter(([name]) => name.startsWith('head/')));
      expect(() => training.setWeights(head)).toThrow(/'conv2d_1\/filter' \[3, 3, 2, 4\] is missing/);
      expect(() => training.setWeights(new Map(), 0, { partial: true })).toThrow(/none of these names and shapes.*found none/);
      const other = new Map([['head/bias', { shape: [2], data: new Float32Array(2) }]]);
      expect(() => training.setWeights(other, 0, { partial: true })).toThrow(/none of these names.*found head\/bias \[2\]/);
      const halves = training as unknown as { setWeights(w: Weights, replica: number, options: object): void };
      expect(() => halves.setWeights(head, 0, { part: true })).toThrow(OptionError);
    }));

  test('that are whole are told so', () =>
    withTrainer(withHead(base(), 3), async (training) => {
      const weights = await training.weights();
      expect(training.setWeights(weights)).toEqual({ set: [...weights.keys()], missing: [], ignored: [] });
    }));
});
