import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WORKLOADS } from '../bench/workloads.ts';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import {
  activation,
  adam,
  branch,
  conv2d,
  dense,
  dropout,
  flatten,
  type Gpu,
  globalAvgPool2d,
  type Layer,
  type Model,
  maxPool2d,
  model,
  type PlanSummary,
  residual,
  trainer,
} from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';
import { baseline, mixed, optimised } from './support/models.ts';
import { planTraining } from './support/planned-training.ts';
import { randomModel } from './support/random-models.ts';

const SEED = Number(process.env.PAREDOWN_TEST_SEED ?? 1);

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** What a trainer says of its plan. */
async function planOf(m: Model, batch = 4): Promise<PlanSummary> {
  const training = await trainer(gpu, m, { batch, optimizer: adam() });
  const { plan } = training;
  await training.destroy();
  return plan;
}

/** Losses and weights of a few steps, with or without shared memory. */
async function train(m: Model, share: boolean) {
  const batch = 4;
  const random = new Random(11, 0);
  const training = await planTraining(gpu, m, batch, share);
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const x = Float32Array.from({ length: batch * elements(m.input) }, () => random.normal());
    const labels = Float32Array.from({ length: batch }, () => random.below(4));
    losses.push(...(await training.step(x, labels)));
  }
  const weights = await training.weights();
  training.destroy();
  return { losses, weights, summary: training.summary };
}

describe('a plan that shares memory gives the same bits as one that does not', () => {
  const models: Record<string, Model> = {
    W2: optimised(16),
    'W1 with fewer channels': baseline(3, 5, 12),
    'branches, residuals and batch normalisation': mixed(),
    [`a random model of seed ${SEED}`]: randomModel(SEED),
  };
  for (const [name, m] of Object.entries(models))
    test(name, async () => {
      const shared = await train(m, true);
      const unshared = await train(m, false);
      expect(shared.losses.every(Number.isFinite)).toBe(true);
      expect(shared.losses).toEqual(unshared.losses);
      expect(shared.weights).toEqual(unshared.weights);
      expect(shared.summary.activationBytes).toBeLessThan(unshared.summary.activationBytes);
      expect(shared.summary.activationBytesUnshared).toBe(unshared.summary.activationBytes);
      // With validation on, whatever the plan binds wrongly would have been raised.
      await gpu.finished();
    });
});

describe('the dispatches of a training step', () => {
  const kernels = ({ kernels }: PlanSummary, family: string) =>
    kernels.filter(({ name }) => name.startsWith(`${family}/`)).length;

  test('are at most 17 for W1, 11 for W2, 18 for W3 and 60 for W4, the gathering of the batch and the counting of the step included', async () => {
    // Convolution and pooling are joined, forward and backward, but on software drivers without subgroups.
    const apart = gpu.capabilities.subgroupSize === 0 ? 2 : 0;
    expect((await planOf(baseline(), 50)).dispatches).toBeLessThanOrEqual(17 + apart);
    // Where a subgroup is a vector register of the CPU, so are the gradients of small dense layers and of convolutions of few channels,
    // and blocks of a depthwise convolution and one of single pixels.
    const onCpu = gpu.capabilities.kind === 'cpu';
    const joined = onCpu && gpu.capabilities.subgroupSize >= 8;
    expect((await planOf(optimised(), 50)).dispatches).toBeLessThanOrEqual(11 + apart + (joined ? 0 : 1));
    if (apart === 0) {
      expect((await planOf(WORKLOADS.W3.model, WORKLOADS.W3.batch)).dispatches).toBeLessThanOrEqual(18 + (joined ? 0 : 17));
      // On GPUs batch normalisation takes more of them.
      const most = joined ? 60 : onCpu ? 69 : 93;
      expect((await planOf(WORKLOADS.W4.model, WORKLOADS.W4.batch)).dispatches).toBeLessThanOrEqual(most);
    }
  });

  test('bias, activation and dropout cost none of their own, forward or backward', async () => {
    const plain = model(
      [8, 8, 2],
      [
        conv2d(4, 3, { bias: false }),
        maxPool2d(2),
        conv2d(4, 2, { bias: false }),
        flatten(),
        dense(8, { bias: false }),
        dense(4),
      ],
    );
    const fused = model(
      [8, 8, 2],
      [
        conv2d(4, 3, { activation: 'relu' }),
        maxPool2d(2),
        conv2d(4, 2, { activation: 'tanh' }),
        flatten(),
        dense(8, { activation: 'relu' }),
        dropout(0.5),
        dense(4),
      ],
    );
    const plan = await planOf(fused);
    expect(kernels(plan, 'elementwise')).toBe(0);
    expect(plan.dispatches).toBe((await planOf(plain)).dispatches);
  });

  const branched = (...paths: Layer[][]) => model([8, 8, 2], [branch(...paths), globalAvgPool2d(), dense(4)]);
  const path = () => [conv2d(3, 3, { padding: 'same' })];

  test('a branch of two convolutions costs no copy, nested or not', async () => {
    expect(kernels(await planOf(branched(path(), path())), 'elementwise')).toBe(0);
    expect(kernels(await planOf(branched(path(), [branch(path(), path())])), 'elementwise')).toBe(0);
  });

  test('an identity path costs one copy', async () => {
    expect(kernels(await planOf(branched(path(), [])), 'elementwise')).toBe(1);
  });

  test('a convolution whose result is needed before and after its activation runs once', async () => {
    const m = model([8, 8, 2], [...path(), residual(activation('relu')), globalAvgPool2d(), dense(4)]);
    const plan = await planOf(m);
    expect(kernels(plan, 'conv2d')).toBe(1);
    // x + relu(x), and back: the derivative, and the sum of both gradients.
    expect(kernels(plan, 'elementwise')).toBeLessThanOrEqual(4);
  });

  test('where a tensor has two users, joining their gradients costs one sum and nothing else', async () => {
    const m = model([8, 8, 2], [...path(), branch(path(), path()), globalAvgPool2d(), dense(4)]);
    expect(kernels(await planOf(m), 'elementwise')).toBe(1);
  });
});

test('a plan tells its bytes: by arena, with and without sharing, of parameters, moments and gradients', async () => {
  const plan = await planOf(optimised(), 50);
  expect(plan.activationBytes).toBe(plan.arenas.reduce((sum, bytes) => sum + bytes, 0));
  expect(plan.activationBytes).toBeLessThan(plan.activationBytesUnshared);
  // 14,014 parameters in float32, each tensor's place a multiple of 256 bytes.
  expect(plan.parameterBytes).toBeGreaterThanOrEqual(14_014 * 4);
  expect(plan.parameterBytes).toBeLessThan(14_014 * 4 + 6 * 256);
  expect(plan.momentBytes).toBe(2 * plan.parameterBytes);
  expect(plan.gradientBytes).toBeGreaterThanOrEqual(plan.parameterBytes);
});
