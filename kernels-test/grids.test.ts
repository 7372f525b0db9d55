import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elements, type Value } from '../src/core/value.ts';
import { filled } from '../src/graph/sources.ts';
import type { Tensor } from '../src/graph/tensor.ts';
import type { VariantChoice } from '../src/kernels/family.ts';
import { families } from '../src/kernels/registry.ts';
import {
  adam,
  type Dataset,
  dense,
  flatten,
  type Gpu,
  LimitError,
  type Model,
  model,
  type TrainerOptions,
  trainer,
} from '../src/node.ts';
import { lower } from '../src/plan/lower.ts';
import { makeCase, normal } from './cases/case.ts';
import { type Case, cases } from './cases/index.ts';
import { batchNormalisation } from './cases/normalisation.ts';
import { checkCase } from './support/check.ts';
import { noise } from './support/datasets.ts';
import { fusedCases, fusedGraph, fusedWays } from './support/fused-cases.ts';
import { openTestGpu, testSize } from './support/gpu.ts';
import { idleInvocations, isRagged, leastGrid, takesTwo, withGrids, writtenBeyond } from './support/grids.ts';
import { loweredDispatches, loweredKernels } from './support/lowered.ts';
import { mixed } from './support/models.ts';
import { runGraph } from './support/planned-graph.ts';
import { separableCases, separableGraph, separableWays } from './support/separable-cases.ts';
import { engineWith, type VariantName, variantNames } from './support/variant-cases.ts';
import './support/loaded-kernels.ts';

// A dimension of a dispatch holds 65,535 workgroups, more than a test can afford. So the limit is lowered, for each case to the
// least with which it can be dispatched at all: then the largest of its dispatches has rows in both x and y, the last one ragged.

/** Cases of many channels, for the families whose work is a channel each, and the tables' others, the smallest first. */
const WIDE = [
  batchNormalisation([4, 300], 'batch'),
  // More rows than one dispatch normalises by itself.
  batchNormalisation([2049, 300], 'batch'),
  makeCase(
    'conv2d',
    '1x3x3x200 in 200 groups',
    { x: [[1, 3, 3, 200], normal()], filter: [[3, 3, 1, 200], normal()] },
    { strides: [1, 1], padding: 'same', dilations: [1, 1], groups: 200 },
  ),
];
const bySize = [...WIDE, ...cases({ size: testSize === 'small' ? 'small' : 'full' })].sort((a, b) => size(a) - size(b));
/**
 * A mean of one number a replica is one workgroup each, and no operation of its own makes a fill. Parts of statistics are joined by kernels of
 * their own where there are over 32,768 rows, whose normalisation then takes more workgroups.
 */
const NEVER = ['mean-loss/lanes', 'fill/direct', 'batch-norm-moments/direct', 'batch-norm-gradient-sums/direct'];

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

function size({ inputs }: Case): number {
  return Object.values(inputs).reduce((sum: number, { shape }: Value) => sum + elements(shape), 0);
}

/** The smallest case in which a variant's kernel takes two dimensions, and with how many workgroups in each. */
function caseOf({ family, variant }: VariantName): { testCase: Case; most: number } | 'not on this adapter' | undefined {
  let served = false;
  for (const testCase of bySize) {
    const kernels = loweredKernels(testCase, gpu.capabilities, { [family]: variant });
    const own = kernels.filter(({ name }) => name === `${family}/${variant}`);
    const most = leastGrid(kernels);
    if (own.some((kernel) => takesTwo(kernel, most))) return { testCase, most };
    served ||= own.length > 0;
  }
  return served ? undefined : 'not on this adapter';
}

describe('dispatched in two dimensions, each variant of each kernel family agrees with the float64 reference', () => {
  for (const name of variantNames.filter(({ family, variant }) => !NEVER.includes(`${family}/${variant}`)))
    test(`${name.family}/${name.variant}`, { timeout: 300_000 }, async ({ skip }) => {
      const found = caseOf(name);
      skip(found === 'not on this adapter', 'this adapter has other variants');
      if (!found || found === 'not on this adapter') throw new Error('No case has enough workgroups');
      const { testCase, most } = found;
      const dispatched = loweredKernels(testCase, withGrids(gpu, most).capabilities, { [name.family]: name.variant });
      expect(Math.max(...dispatched.map(({ workgroups: [, y] }) => y))).toBeGreaterThan(1);
      for (const { workgroups } of dispatched) expect(Math.max(...workgroups)).toBeLessThanOrEqual(most);
      expect(await checkCase(engineWith(withGrids(gpu, most), name), testCase)).toEqual([]);
      // With less it is refused, by name.
      expect(() => loweredKernels(testCase, withGrids(gpu, most - 1).capabilities, { [name.family]: name.variant })).toThrow(
        LimitError,
      );
    });

  test('each family of the registry was asked for', () => {
    expect(new Set(variantNames.map(({ family }) => family))).toEqual(new Set(families.map(({ name }) => name)));
  });

  test('a fill', async () => {
    const y = filled([1000], 7);
    const { values } = await runGraph(withGrids(gpu, 4), [y], []);
    expect(values[0]?.[0]?.data).toEqual(new Float32Array(1000).fill(7));
  });
});

describe('on a grid with workgroups to spare, though those of the items are whole, nothing is written but the outputs', () => {
  const convolution = (channels: number, groups: number, window: number) =>
    makeCase(
      'conv2d',
      `${window}x${window} of ${channels} channels in ${groups} groups`,
      { x: [[5, 7, 7, channels], normal()], filter: [[window, window, channels / groups, channels], normal()] },
      { strides: [1, 1], padding: 'same', dilations: [1, 1], groups },
    );

  for (const [variant, testCase] of Object.entries({
    depthwise: convolution(64, 64, 3),
    channels: convolution(8, 1, 3),
    pointwise: convolution(8, 1, 1),
  }))
    test(`conv2d/${variant}`, { timeout: 300_000 }, async ({ skip }) => {
      const choice = { conv2d: variant };
      const kernels = loweredKernels(testCase, gpu.capabilities, choice);
      const totals = kernels.flatMap(({ name, workgroups: [x, y] }) => (name === `conv2d/${variant}` ? [x * y] : []));
      skip(variant !== 'depthwise' && totals.length === 0, 'this adapter has other variants');
      let most = Math.max(...totals) - 1;
      while (most > leastGrid(kernels) && !totals.every((total) => isRagged(total, most))) most--;
      expect(totals.filter((total) => !isRagged(total, most))).toEqual([]);
      for (const dispatch of loweredDispatches(testCase, withGrids(gpu, most).capabilities, choice)) {
        if (dispatch.kernel.name !== `conv2d/${variant}`) continue;
        expect(idleInvocations(dispatch.kernel) ?? 0).toBe(0);
        expect(await writtenBeyond(gpu, dispatch)).toEqual([]);
      }
    });
});

describe('dispatched in two dimensions, kernels give the bits that they give in one', () => {
  const inTwoDimensions = async (
    { inputs, dy, outputs }: { inputs: Readonly<Record<string, Tensor>>; dy: Tensor; outputs: readonly Tensor[] },
    ways: readonly VariantChoice[],
  ) => {
    const values = [...Object.values(inputs), dy].map((tensor, stream) => ({
      tensor,
      value: { shape: tensor.shape, data: Float32Array.from({ length: elements(tensor.shape) }, (_, i) => Math.sin(i + stream)) },
    }));
    for (const choice of ways) {
      const { dispatches } = lower(outputs, [], { capabilities: gpu.capabilities, replicas: 1, choice });
      const kernels = dispatches.map(({ kernel }) => kernel);
      const most = leastGrid(kernels);
      expect(kernels.some((kernel) => takesTwo(kernel, most))).toBe(true);
      const run = (on: Gpu) => runGraph(on, outputs, values, { choice });
      expect(await run(withGrids(gpu, most))).toEqual(await run(gpu));
    }
  };

  test('those of a convolution with its pooling, in each way', { timeout: 300_000 }, async () => {
    const testCase = fusedCases['32 channels, tanh'];
    if (!testCase) throw new Error('This test is about a case that is no more');
    await inTwoDimensions(fusedGraph(testCase, { wantsX: true }), fusedWays);
  });

  test('those of a depthwise convolution with one of single pixels, in each way', { timeout: 300_000 }, async () => {
    const testCase = separableCases['the first block of W3'];
    if (!testCase) throw new Error('This test is about a case that is no more');
    await inTwoDimensions(separableGraph({ ...testCase, x: [150, 14, 14, 6] }), separableWays);
  });

  /** Weights and evaluation after some steps. */
  async function trained(on: Gpu, m: Model, data: Dataset, options: Omit<TrainerOptions, 'optimizer'>) {
    const training = await trainer(on, m, { optimizer: adam({ learningRate: 0.01 }), seed: 3, ...options });
    for await (const _ of training.fit(data, { steps: 3 }));
    const weights = await Promise.all(Array.from({ length: options.replicas ?? 1 }, (_, replica) => training.weights(replica)));
    const result = { weights, evaluation: await training.evaluate(data), kernels: training.plan.kernels };
    await training.destroy();
    return result;
  }

  test('those of a training of replicas', { timeout: 300_000 }, async () => {
    const most = 16;
    const data = noise(50, [8, 8, 2], 5);
    const options = { batch: 24, replicas: 2 };
    const expected = await trained(gpu, mixed(), data, options);
    const got = await trained(withGrids(gpu, most), mixed(), data, options);
    expect(got.kernels.filter(({ workgroups: [, y] }) => y > 1).length).toBeGreaterThan(3);
    expect({ ...got, kernels: [] }).toEqual({ ...expected, kernels: [] });
  });

  for (const precision of ['f32', 'mixed'] as const)
    test(`and those of gathering, loss, confusion and optimizer, in ${precision}`, { timeout: 300_000 }, async ({ skip }) => {
      skip(precision === 'mixed' && !gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
      // A workgroup a row of the batch, 32 rows or 4,096 parameters: 1,600 <= 40 x 40, 50 and 60 segments > 40.
      const most = 40;
      const m = model([4, 4, 1], [flatten(), dense(8), dense(8), dense(2)]);
      const data = noise(2000, [4, 4, 1], 2);
      const options = { batch: 1600, replicas: 10, precision };
      const expected = await trained(gpu, m, data, options);
      const got = await trained(withGrids(gpu, most), m, data, options);
      const two = (name: string) => got.kernels.some((kernel) => kernel.name.startsWith(name) && kernel.workgroups[1] > 1);
      expect(['loss/', 'optimizer/'].filter((name) => !two(name))).toEqual([]);
      expect({ ...got, kernels: [] }).toEqual({ ...expected, kernels: [] });
    });
});
