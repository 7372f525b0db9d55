import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Value } from '../src/core/value.ts';
import { FIRST_LOSS_SCALE, GROWTH_STEPS, MOST_LOSS_SCALE } from '../src/kernels/mixed.ts';
import {
  adam,
  type Checkpoint,
  type Dataset,
  dataset,
  decodeCheckpoint,
  dense,
  digits,
  encodeCheckpoint,
  type Gpu,
  type Model,
  model,
  openGpu,
  opNames,
  predictor,
  sgd,
  type Trainer,
  type TrainerOptions,
  trainer,
  type Weights,
} from '../src/node.ts';
import type { LossScaling } from '../src/plan/state.ts';
import { cases } from './cases/index.ts';
import { checkCase } from './support/check.ts';
import { noise } from './support/datasets.ts';
import { gpuEngine, openTestGpu } from './support/gpu.ts';
import { halvedCases } from './support/halves.ts';
import { mixed, optimised } from './support/models.ts';

const MODEL = mixed();
const DATA = noise(14, MODEL.input, 5);
const OPTIONS: TrainerOptions = { batch: 4, optimizer: adam({ learningRate: 0.01 }), seed: 21, precision: 'mixed' };

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** A test that needs 16-bit floats; skipped, with the reason, where the adapter has none. */
function testHalves(name: string, run: () => Promise<void>): void {
  test(name, async ({ skip }) => {
    skip(!gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
    await run();
  });
}

async function train(training: Trainer, steps: number, data: Dataset = DATA): Promise<number | undefined> {
  let skipped: number | undefined;
  for await (const progress of training.fit(data, { steps })) skipped = progress.skipped;
  return skipped;
}

function scalingOf({ training }: Checkpoint): readonly LossScaling[] {
  return training.scaling as readonly LossScaling[];
}

/** Runs `use` with a trainer. */
async function withTrainer(use: (training: Trainer) => Promise<void>, options = {}, network: Model = MODEL): Promise<void> {
  const training = await trainer(gpu, network, { ...OPTIONS, ...options });
  try {
    await use(training);
  } finally {
    await training.destroy();
  }
}

/** Changes what a trainer knows of the loss scale of one replica. */
async function rescale(training: Trainer, change: Partial<LossScaling>, replica = 0): Promise<void> {
  const checkpoint = await training.checkpoint();
  const scaling = scalingOf(checkpoint).map((one, index) => (index === replica ? { ...one, ...change } : one));
  training.restore({ ...checkpoint, training: { ...checkpoint.training, scaling } });
}

test('an adapter without 16-bit floats is refused, and what to do is said', async () => {
  const before = process.env.PAREDOWN_DEFAULT_LIMITS;
  process.env.PAREDOWN_DEFAULT_LIMITS = '1';
  const plain = await openGpu();
  if (before === undefined) delete process.env.PAREDOWN_DEFAULT_LIMITS;
  else process.env.PAREDOWN_DEFAULT_LIMITS = before;
  await expect(trainer(plain, MODEL, OPTIONS)).rejects.toThrow(/shader-f16.*does not offer; use precision 'f32'/);
  await plain.destroy();
});

describe('each operation and its gradients, in mixed precision, agree with the float64 reference within the roundings to f16', () => {
  const all = halvedCases(cases({ size: 'small' }));
  for (const op of opNames)
    testHalves(op, async () => {
      const own = all.filter((testCase) => testCase.op === op);
      const engine = gpuEngine(gpu, { precision: 'mixed' });
      const failures: string[] = [];
      for (const testCase of own) failures.push(...(await checkCase(engine, testCase, 'mixed')));
      expect(own.length).toBeGreaterThan(0);
      expect(failures).toEqual([]);
    });
});

describe('the loss scale', () => {
  testHalves('begins at 2^15, and each step that changes the weights counts', () =>
    withTrainer(async (training) => {
      expect(await train(training, 3)).toBe(0);
      const [scaling] = scalingOf(await training.checkpoint());
      expect(scaling).toEqual({ scale: FIRST_LOSS_SCALE, good: 3, updates: 3, skipped: 0 });
    }),
  );

  testHalves('halves where a gradient overflows; that step changes neither weights nor moments and is no divergence', () =>
    withTrainer(async (training) => {
      await train(training, 2);
      await rescale(training, { scale: MOST_LOSS_SCALE });
      const before = await training.checkpoint();
      expect(await train(training, 1)).toBe(1);
      const after = await training.checkpoint();
      const learned = ([name]: [string, Value]) => !/\/(mean|variance)$/.test(name);
      expect([...after.tensors].filter(learned)).toEqual([...before.tensors].filter(learned));
      expect(scalingOf(after)).toEqual([{ scale: MOST_LOSS_SCALE / 2, good: 0, updates: 2, skipped: 1 }]);
    }),
  );

  for (const optimizer of [adam({ learningRate: 0.01 }), sgd({ learningRate: 0.1, momentum: 0.9 })])
    testHalves(`a step after skipped ones does what it would have done without them (${optimizer.type})`, async () => {
      // One sample, so that every step sees the same. Five classes: the gradient of the label's logit is about -0.8.
      const network = model([3], [dense(4, { activation: 'relu' }), dense(5)]);
      const one = noise(1, [3], 5);
      const weights: unknown[] = [];
      for (const [scale, steps] of [
        [2 ** 16, 1],
        [2 ** 18, 3],
      ] as const)
        await withTrainer(
          async (training) => {
            await rescale(training, { scale });
            expect(await train(training, steps, one)).toBe(steps - 1);
            weights.push(await training.weights());
          },
          { batch: 1, optimizer },
          network,
        );
      expect(weights[1]).toEqual(weights[0]);
    });

  testHalves(`doubles after ${GROWTH_STEPS} good steps in a row, to 2^24 at the most`, () =>
    withTrainer(async (training) => {
      await rescale(training, { scale: 2 ** 4, good: GROWTH_STEPS - 2 });
      await train(training, 3);
      expect(scalingOf(await training.checkpoint())).toEqual([{ scale: 2 ** 5, good: 1, updates: 3, skipped: 0 }]);
    }),
  );

  testHalves('never falls below 1', async () => {
    // The gradient of the loss, 2 (x - 10^6) / 4, is beyond f16 by itself; the loss, 10^12, is not beyond float32.
    const far = dataset({
      name: 'far',
      inputShape: [1],
      targetShape: [1],
      x: new Float32Array(4),
      y: new Float32Array(4).fill(1e6),
    });
    await withTrainer(
      async (training) => {
        await rescale(training, { scale: 2 });
        const before = await training.weights();
        expect(await train(training, 3, far)).toBe(3);
        expect(await training.weights()).toEqual(before);
        expect(scalingOf(await training.checkpoint())).toEqual([{ scale: 1, good: 0, updates: 0, skipped: 3 }]);
      },
      { loss: 'meanSquaredError' },
      model([1], [dense(1)]),
    );
  });
});

testHalves('a loss that is not finite is a divergence', async () => {
  const beyond = dataset({ name: 'beyond', inputShape: [2], classes: 2, x: new Float32Array(8).fill(1e6), y: new Uint8Array(4) });
  await withTrainer(
    (training) => expect(train(training, 1, beyond)).rejects.toThrow(/loss/),
    {},
    model([2], [dense(2, { init: { type: 'constant', value: 1 } })]),
  );
});

describe('each replica gets exactly the weights that it would get alone', () => {
  testHalves('also where the gradients of one overflow', async () => {
    const seeds = [21, 5, 900];
    await withTrainer(
      async (together) => {
        await rescale(together, { scale: MOST_LOSS_SCALE }, 1);
        await train(together, 8);
        const scalings = scalingOf(await together.checkpoint());
        expect(scalings.map(({ skipped }) => skipped > 0)).toEqual([false, true, false]);
        for (const [replica, seed] of seeds.entries())
          await withTrainer(
            async (alone) => {
              if (replica === 1) await rescale(alone, { scale: MOST_LOSS_SCALE });
              await train(alone, 8);
              expect(await together.weights(replica), `replica ${replica}`).toEqual(await alone.weights());
              expect(scalingOf(await alone.checkpoint())).toEqual([scalings[replica]]);
            },
            { seed },
          );
      },
      { replicas: 3, seed: seeds },
    );
  });
});

describe('a checkpoint', () => {
  testHalves('restored in a new trainer goes on bit for bit', () =>
    withTrainer(async (first) => {
      await rescale(first, { scale: 2 ** 20 });
      await train(first, 6);
      const bytes = encodeCheckpoint(await first.checkpoint());
      await train(first, 5);
      await withTrainer(async (second) => {
        second.restore(decodeCheckpoint(bytes));
        await train(second, 5);
        expect(await second.checkpoint()).toEqual(await first.checkpoint());
      });
    }),
  );

  testHalves('of another precision is refused', () =>
    withTrainer(async (halves) => {
      await withTrainer(
        async (singles) => {
          const [ofHalves, ofSingles] = [await halves.checkpoint(), await singles.checkpoint()];
          expect(() => halves.restore(ofSingles)).toThrow(/made with precision f32, this trainer with mixed/);
          expect(() => singles.restore(ofHalves)).toThrow(/made with precision mixed, this trainer with f32/);
          const { scaling: _, ...training } = ofHalves.training;
          expect(() => halves.restore({ ...ofHalves, training })).toThrow(/not made by a trainer of this version/);
        },
        { precision: 'f32' },
      );
    }),
  );
});

testHalves('setWeights replaces what products read, too', async () => {
  // One sample, so that seeds decide nothing but the first weights.
  const network = model([3], [dense(4, { activation: 'relu' }), dense(5)]);
  const one = noise(1, [3], 5);
  const afterStep = async (seed: number, weights?: Weights) => {
    let first: Weights | undefined;
    let then: Weights | undefined;
    await withTrainer(
      async (training) => {
        if (weights) training.setWeights(weights);
        first = await training.weights();
        await train(training, 1, one);
        then = await training.weights();
      },
      { batch: 1, seed },
      network,
    );
    return { first, then };
  };
  const { first, then } = await afterStep(1);
  expect((await afterStep(2)).then).not.toEqual(then);
  expect((await afterStep(2, first)).then).toEqual(then);
});

describe('a training of W2 on digits', () => {
  const drawn = digits({ train: 1000, test: 500 });

  testHalves('learns as it does in f32, in half the memory, and is judged in f32', async () => {
    const found = new Map<string, { loss: number; accuracy: number; bytes: number }>();
    for (const precision of ['f32', 'mixed'] as const)
      await withTrainer(
        async (training) => {
          await train(training, 60, drawn.train);
          const { replicas: _, ...evaluation } = await training.evaluate(drawn.test);
          const { plan } = training;
          expect(plan.precision).toBe(precision);
          found.set(precision, { ...evaluation, accuracy: evaluation.accuracy ?? 0, bytes: plan.activationBytes });
          const judge = await predictor(gpu, training.model, await training.weights(), { batch: 50 });
          expect(await judge.evaluate(drawn.test)).toEqual(evaluation);
          await judge.destroy();
        },
        { batch: 50, optimizer: adam({ learningRate: 3e-3 }), precision },
        optimised(),
      );
    const [singles, halves] = [found.get('f32'), found.get('mixed')];
    if (!singles || !halves) throw new Error('a training is missing');
    expect(singles.accuracy).toBeGreaterThan(0.5);
    // Two orders of sums in f32 end about 0.1% apart; f16 may cost ten times that, and ten answers of 500 where the loss is so high.
    expect(Math.abs(halves.loss - singles.loss)).toBeLessThan(0.01 * singles.loss);
    expect(Math.abs(halves.accuracy - singles.accuracy)).toBeLessThanOrEqual(0.02);
    expect(halves.bytes).toBeLessThan(0.6 * singles.bytes);
  });
});
