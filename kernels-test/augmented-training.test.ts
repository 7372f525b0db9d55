import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Augmentation,
  adam,
  decodeCheckpoint,
  dense,
  digits,
  encodeCheckpoint,
  type Gpu,
  model,
  predictor,
  subset,
  type Trainer,
  type TrainerOptions,
  trainer,
  tune,
} from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';
import { optimised } from './support/models.ts';

const { train: many } = digits({ train: 50, test: 1, seed: 1 });
/** An epoch is 4 steps, the last of 2 samples. */
const DATA = subset(many, 0, 14, 'few');
const MODEL = optimised(8);
const AUGMENT: Augmentation = {
  shift: 2,
  rotation: 10,
  scale: [0.9, 1.1],
  flip: 'horizontal',
  crop: [1, 2],
  erase: { size: 5, probability: 0.5 },
};
const OPTIONS: TrainerOptions = { batch: 4, optimizer: adam({ learningRate: 0.01 }), seed: 21, augment: AUGMENT };

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

async function withTrainer<T>(use: (training: Trainer) => Promise<T>, options: Partial<TrainerOptions> = {}): Promise<T> {
  const training = await trainer(gpu, MODEL, { ...OPTIONS, ...options });
  try {
    return await use(training);
  } finally {
    await training.destroy();
  }
}

async function train(training: Trainer, steps: number): Promise<void> {
  for await (const _ of training.fit(DATA, { steps }));
}

/** The weights after six steps of a training of its own. */
function trained(options: Partial<TrainerOptions> = {}) {
  return withTrainer(async (training) => {
    await train(training, 6);
    return training.weights();
  }, options);
}

describe('an augmented training', () => {
  test('is decided by its seed and its augmentation', async () => {
    const weights = await trained();
    expect(await trained()).toEqual(weights);
    expect(await trained({ augment: undefined })).not.toEqual(weights);
    for (const [name, value] of Object.entries(AUGMENT))
      expect(
        await trained({ augment: { ...AUGMENT, [name]: undefined } }),
        `without ${name}, ${JSON.stringify(value)}`,
      ).not.toEqual(weights);
  });

  test('that does nothing is no augmentation, bit for bit', async () => {
    const plain = await trained({ augment: undefined });
    for (const augment of [
      {},
      { shift: 0, crop: [0, 0], rotation: 0, scale: [1, 1], erase: { size: 2, probability: 0 } },
    ] as const)
      expect(await trained({ augment })).toEqual(plain);
  });

  test('costs no dispatch', () =>
    withTrainer((augmented) => withTrainer(async (plain) => expect(augmented.plan).toEqual(plain.plan), { augment: undefined })));

  test('is evaluated on the images as they are', () =>
    withTrainer(async (training) => {
      await train(training, 3);
      const prediction = await predictor(gpu, MODEL, await training.weights(), { batch: 4 });
      const { replicas, ...own } = await training.evaluate(DATA);
      expect(await prediction.evaluate(DATA)).toEqual(own);
      await prediction.destroy();
    }));

  for (const precision of ['f32', 'mixed'] as const) {
    test(`gives each replica what it would get alone, in ${precision}`, async ({ skip }) => {
      skip(precision === 'mixed' && !gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
      await withTrainer(
        async (together) => {
          await train(together, 6);
          for (const [replica, seed] of [21, 5].entries())
            expect(await together.weights(replica)).toEqual(await trained({ precision, seed }));
        },
        { precision, replicas: 2, seed: [21, 5] },
      );
    });

    test(`goes on from a checkpoint bit for bit, in ${precision}`, async ({ skip }) => {
      skip(precision === 'mixed' && !gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
      await withTrainer(
        async (first) => {
          await train(first, 3);
          const bytes = encodeCheckpoint(await first.checkpoint());
          await train(first, 3);
          await withTrainer(
            async (second) => {
              second.restore(decodeCheckpoint(bytes));
              await train(second, 3);
              expect(await second.checkpoint()).toEqual(await first.checkpoint());
            },
            { precision },
          );
        },
        { precision },
      );
    });
  }

  test('stands in the checkpoint as plain data with defaults, and may change from one stage to the next', () =>
    withTrainer(
      async (training) => {
        const checkpoint = decodeCheckpoint(encodeCheckpoint(await training.checkpoint()));
        expect(checkpoint.training.settings).toMatchObject({
          augment: {
            shift: [3, 3],
            rotation: 0,
            scale: [1, 1],
            flip: 'none',
            crop: [0, 0],
            erase: { size: [1, 1], probability: 0 },
            fill: null,
          },
        });
        await withTrainer(async (other) => other.restore(checkpoint), { augment: undefined });
      },
      { augment: { shift: 3 } },
    ));

  test('learns', () =>
    withTrainer(
      async (training) => {
        for await (const _ of training.fit(DATA, { steps: 150 }));
        expect((await training.evaluate(DATA)).accuracy).toBeGreaterThan(0.9);
      },
      { augment: { shift: 1, rotation: 5 }, batch: 14 },
    ));
});

describe('an augmentation that makes no sense is refused', () => {
  const refused: readonly (readonly [string, unknown, RegExp])[] = [
    ['no object', 2, /augment must be an object such as .*, got 2/],
    ['an unknown option', { shear: 3 }, /unknown option 'shear'; it takes shift, rotation, scale/],
    ['half a pixel', { shift: 1.5 }, /shift must be whole pixels of at least 0.*got 1.5/],
    ['a negative shift', { shift: [1, -1] }, /shift must be whole pixels.*got \[1,-1\]/],
    ['a shift of three numbers', { shift: [1, 2, 3] }, /shift must be whole pixels/],
    ['a shift beyond the image', { shift: [28, 0] }, /shift is \[28, 0\], but the images are 28 x 28; at most \[27, 27\]/],
    ['a crop beyond the image', { crop: 30 }, /crop is \[30, 30\], but the images are 28 x 28/],
    ['no whole crop', { crop: '3' }, /crop must be whole pixels/],
    ['too far a rotation', { rotation: 181 }, /rotation must be from 0 to 180, got 181/],
    ['no number', { rotation: Number.NaN }, /rotation must be from 0 to 180, got NaN/],
    ['one scale', { scale: 1.2 }, /scale must be \[least, largest\], got 1.2/],
    ['scales in the wrong order', { scale: [2, 1] }, /scale must be \[least, largest\]/],
    ['a scale of 0', { scale: [0, 1] }, /scale must be from 0.01 to 100, got 0/],
    ['an unknown flip', { flip: true }, /flip must be 'horizontal', 'vertical' or 'both', got true/],
    ['erase as a number', { erase: 3 }, /erase must be { size, probability }, got 3/],
    ['erase of nothing', { erase: { size: 0 } }, /erase: size must be whole pixels of at least 1/],
    ['erase beyond the image', { erase: { size: [29, 2] } }, /erase: size is \[29, 2\].*at most \[28, 28\]/],
    ['erase with a wrong probability', { erase: { size: 2, probability: 2 } }, /probability must be from 0 to 1, got 2/],
    ['erase with an unknown option', { erase: { size: 2, value: 2 } }, /erase: unknown option 'value'/],
    ['an infinite fill', { shift: 1, fill: Number.POSITIVE_INFINITY }, /fill must be from .*got Infinity/],
  ];
  for (const [what, augment, message] of refused)
    test(what, () => expect(trainer(gpu, MODEL, { ...OPTIONS, augment: augment as Augmentation })).rejects.toThrow(message));

  test('for inputs that are no images, by the trainer and by tune', async () => {
    const m = model([6], [dense(2)]);
    const message = /augment needs images \[height, width, channels\], but the model's input is \[6\]/;
    await expect(trainer(gpu, m, OPTIONS)).rejects.toThrow(message);
    expect(() => tune(gpu, m, { batch: 4, optimizer: adam(), augment: AUGMENT })).toThrow(message);
  });
});
