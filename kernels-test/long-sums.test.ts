import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Pair } from '../src/core/geometry.ts';
import { elements, type Shape, type Value } from '../src/core/value.ts';
import type { Tensor } from '../src/graph.ts';
import { type Gpu, gradOp, runOp } from '../src/node.ts';
import type { OpAttributes } from '../src/ops/registry.ts';
import type { RunOptions } from '../src/program/run-op.ts';
import { fusedGraph, fusedWays } from './support/fused-cases.ts';
import { openTestGpu, testSize } from './support/gpu.ts';
import { runGraph } from './support/planned-graph.ts';
import { variantNames } from './support/variant-cases.ts';

// Sums of many equal terms: each addition rounds the same way until the sum doubles, so that one after the other loses most. In float32
// 0.1 is 0.1 + 1.5e-9; what a sum of it should be is reckoned from that.

const TENTH = Math.fround(0.1);
const MOST = Math.fround(0.7);
/** What sums and means over up to 16 million elements may be off, relatively. */
const CLOSE = 1e-5;
const MILLION = 2 ** 20;
/** Side of a square image; SwiftShader is slow. */
const side = testSize === 'small' ? 512 : 2048;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

function filled(shape: Shape, value = TENTH): Value {
  return { shape, data: new Float32Array(elements(shape)).fill(value) };
}

/** The largest error of a result's elements, relative to what they all should be. */
function errorOf(result: Value | undefined, right: number): number {
  if (!result) throw new Error('There is no such result');
  return result.data.reduce((worst, value) => Math.max(worst, Math.abs(value - right) / Math.abs(right)), 0);
}

/** The default and every variant of a family, where they suit this kind of adapter, or `all`. */
function choices(family: string, all: boolean): { name: string; options: RunOptions }[] {
  const own = variantNames.filter(
    (one) => one.family === family && (all || (one.madeFor ?? gpu.capabilities.kind) === gpu.capabilities.kind),
  );
  return [
    { name: 'preferred', options: {} },
    ...own.map(({ variant }) => ({ name: variant, options: { variants: { [family]: variant } } })),
  ];
}

/** The errors above `CLOSE`, by variant. `all`: those made for other kinds of adapter too. */
async function errors(
  family: string,
  measure: (options: RunOptions) => Promise<number>,
  all = false,
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const { name, options } of choices(family, all)) found[name] = await measure(options);
  return Object.fromEntries(Object.entries(found).filter(([, error]) => !(error <= CLOSE)));
}

describe('sums and means over millions of elements are right to 1e-5', { timeout: 300_000 }, () => {
  for (const channels of [1, 4])
    test(`globalAvgPool2d of ${channels} channels`, async () => {
      const x = filled([1, side, side / channels, channels]);
      expect(
        await errors('pool', async (options) => errorOf(await runOp(gpu, 'globalAvgPool2d', { x }, {}, options), TENTH)),
      ).toEqual({});
    });

  test('globalAvgPool2d of 16 million pixels', async ({ skip }) => {
    skip(testSize === 'small', 'takes this driver minutes');
    expect(errorOf(await runOp(gpu, 'globalAvgPool2d', { x: filled([1, 4096, 4096, 1]) }), TENTH)).toBeLessThan(CLOSE);
  });

  test('avgPool2d of wide windows', async () => {
    const x = filled([1, 600, 700, 2]);
    const pooled = await runOp(gpu, 'avgPool2d', { x }, { size: [512, 300], strides: [64, 200], padding: 'same' });
    expect(errorOf(pooled, TENTH)).toBeLessThan(CLOSE);
  });

  test('losses, over elements and over samples', async () => {
    for (const shape of [[1, MILLION], [MILLION], [MILLION / 64, 64]]) {
      const inputs = { prediction: filled(shape), target: filled(shape, 0) };
      expect(errorOf(await runOp(gpu, 'meanSquaredError', inputs), TENTH ** 2)).toBeLessThan(CLOSE);
    }
    const logits = filled([MILLION, 1]);
    const labels = filled([MILLION], 0);
    const binary = Math.log1p(Math.exp(TENTH));
    expect(errorOf(await runOp(gpu, 'binaryCrossEntropy', { logits, labels }), binary)).toBeLessThan(CLOSE);
    expect(
      errorOf(await runOp(gpu, 'binaryCrossEntropy', { logits, labels }, { reduction: 'sum' }), binary * MILLION),
    ).toBeLessThan(CLOSE);
    const pairs = { logits: filled([MILLION, 2]), labels };
    expect(errorOf(await runOp(gpu, 'softmaxCrossEntropy', pairs), Math.LN2)).toBeLessThan(CLOSE);
  });

  test('softmax and its cross-entropy of a million classes', async () => {
    const logits = filled([1, MILLION]);
    expect(errorOf(await runOp(gpu, 'softmax', { x: logits }), 1 / MILLION)).toBeLessThan(CLOSE);
    for (const labelSmoothing of [0, 0.1]) {
      const loss = await runOp(gpu, 'softmaxCrossEntropy', { logits, labels: filled([1], 3) }, { labelSmoothing });
      expect(errorOf(loss, Math.log(MILLION))).toBeLessThan(CLOSE);
    }
  });

  test('the statistics of batchNorm, with a mean of a thousand standard deviations', async () => {
    const rows = 2 * MILLION;
    const x = { shape: [rows, 1], data: new Float32Array(rows).map((_, i) => 1000 + (i % 2 === 0 ? 1 : -1)) };
    const inputs = { x, scale: filled([1], 1), offset: filled([1], 0) };
    const wrong = await errors('batch-norm-statistics', async (options) => {
      const { data } = await runOp(gpu, 'batchNorm', inputs, { epsilon: 1e-6 }, options);
      // The mean is a float32 of about 1000, half a unit of which is 3e-5 standard deviations.
      return Math.max(Math.abs((data[0] ?? 0) - 1), Math.abs((data[1] ?? 0) + 1)) - 3e-5;
    });
    expect(wrong).toEqual({});
  });

  // Few rows are summed in one dispatch, more of them in short parts, blocks of which are joined.
  for (const rows of [2000, 5000])
    test(`the statistics of batchNorm over ${rows} rows, of which the first are far from the others`, async () => {
      const data = new Float32Array(rows).map((_, i) => (i < 8 ? 1000 : 3 + (i % 2 === 0 ? 1 : -1)));
      const inputs = { x: { shape: [rows, 1], data }, scale: filled([1], 1), offset: filled([1], 0) };
      const mean = data.reduce((sum, value) => sum + value, 0) / rows;
      const deviation = Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rows);
      const wrong = await errors('batch-norm-statistics', async (options) => {
        const y = await runOp(gpu, 'batchNorm', inputs, { epsilon: 1e-6 }, options);
        return Math.max(...[0, rows - 1].map((i) => Math.abs((y.data[i] ?? 0) - ((data[i] ?? 0) - mean) / deviation) / 32));
      });
      expect(wrong).toEqual({});
    });

  test('the gradients of batchNorm', async () => {
    const rows = 2 * MILLION;
    const inputs = {
      x: filled([rows, 1]),
      scale: filled([1], 1),
      offset: filled([1], 0),
      mean: filled([1], 0),
      variance: filled([1], 1),
    };
    const wrong = await errors('batch-norm-statistics', async (options) => {
      const { scale, offset } = await gradOp(gpu, 'batchNorm', inputs, filled([rows, 1]), { epsilon: 1e-12 }, options);
      return Math.max(errorOf(scale, TENTH ** 2 * rows), errorOf(offset, TENTH * rows));
    });
    expect(wrong).toEqual({});
  });

  for (const [outputs, groups] of [
    [1, 1],
    [16, 1],
    [4, 4],
  ] as const)
    test(`the gradients of a convolution's filter and bias, ${outputs} outputs in ${groups} groups`, async () => {
      const size = Math.min(side, outputs === 1 ? side : 512);
      const inputs = { x: filled([1, size, size, groups]), filter: filled([1, 1, 1, outputs]), bias: filled([outputs]) };
      const dy = filled([1, size, size, outputs]);
      const wrong = await errors('conv2d-filter-gradient', async (options) => {
        const { filter, bias } = await gradOp(gpu, 'conv2d', inputs, dy, { groups }, options);
        return Math.max(errorOf(filter, TENTH ** 2 * size * size), errorOf(bias, TENTH * size * size));
      });
      expect(wrong).toEqual({});
    });

  test('dense with a hundred thousand inputs, and with as many samples', async () => {
    const many = 100_000;
    const wide = { x: filled([2, many]), weights: filled([many, 3]) };
    expect(
      await errors('matmul', async (options) => errorOf(await runOp(gpu, 'dense', wide, {}, options), TENTH ** 2 * many)),
    ).toEqual({});
    const long = { x: filled([many, 2]), weights: filled([2, 3]), bias: filled([3]) };
    const wrong = await errors('matmul', async (options) => {
      const { weights, bias } = await gradOp(gpu, 'dense', long, filled([many, 3]), {}, options);
      return Math.max(errorOf(weights, TENTH ** 2 * many), errorOf(bias, TENTH * many));
    });
    expect(wrong).toEqual({});
  });
});

describe('the graph layer sums millions of elements right to 1e-5', { timeout: 300_000 }, () => {
  const many = testSize === 'small' ? 4 * MILLION : 16 * MILLION;

  test(`sum and mean of ${many} elements`, async () => {
    const x = filled([many], MOST);
    expect(errorOf(await runOp(gpu, 'sum', { x }), MOST * many)).toBeLessThan(CLOSE);
    expect(errorOf(await runOp(gpu, 'mean', { x }), MOST)).toBeLessThan(CLOSE);
  });

  test('sums over the first axis, the last, and those between', async () => {
    for (const [shape, axes] of [
      [[MILLION, 3], [0]],
      [[3, MILLION], [1]],
      [
        [2, 1024, 1024, 2],
        [1, 2],
      ],
      [[4096, 1000], [0]],
    ] as const) {
      const count = axes.reduce((product: number, axis) => product * (shape[axis] ?? 1), 1);
      expect(errorOf(await runOp(gpu, 'sum', { x: filled(shape) }, { axes }), TENTH * count), `${shape}`).toBeLessThan(CLOSE);
    }
  });

  test('the gradient of what is broadcast', async () => {
    const inputs = { a: filled([2 * MILLION, 2]), b: filled([2], 1) };
    const { b } = await gradOp(gpu, 'multiply', inputs, filled([2 * MILLION, 2], 1));
    expect(errorOf(b, TENTH * 2 * MILLION)).toBeLessThan(CLOSE);
  });

  test('the gradient of rows that are gathered', async () => {
    const inputs = { x: filled([2, 1]), indices: filled([MILLION], 1) };
    const { x } = await gradOp(gpu, 'gather', inputs, filled([MILLION, 1]));
    expect(Math.abs((x?.data[1] ?? 0) / (TENTH * MILLION) - 1)).toBeLessThan(CLOSE);
  });

  test('products of matrices with a million terms, and gradients of one for a batch', async () => {
    const long = { a: filled([2, 1, MILLION], MOST), b: filled([2, MILLION, 1], 1) };
    expect(errorOf(await runOp(gpu, 'matmul', long), MOST * MILLION)).toBeLessThan(CLOSE);
    const shared = { a: filled([512, 2048, 1], MOST), b: filled([1, 1]) };
    const { b } = await gradOp(gpu, 'matmul', shared, filled([512, 2048, 1], 1));
    expect(errorOf(b, MOST * MILLION)).toBeLessThan(CLOSE);
  });

  test('layer normalisation of samples of four million elements, with a mean of a thousand standard deviations', async () => {
    const count = 4 * MILLION;
    const x = { shape: [1, count, 1], data: new Float32Array(count).map((_, i) => 1000 + (i % 2 === 0 ? 1 : -1)) };
    const inputs = { x, scale: filled([1], 1), offset: filled([1], 0) };
    const wrong = await errors('normalize', async (options) => {
      const { data } = await runOp(gpu, 'layerNorm', inputs, { axes: 'sample', epsilon: 1e-6 }, options);
      // The mean is a float32 of about 1000, half a unit of which is 3e-5 standard deviations.
      return Math.max(Math.abs((data[0] ?? 0) - 1), Math.abs((data[1] ?? 0) + 1)) - 3e-5;
    });
    expect(wrong).toEqual({});
  });
});

describe('sums of up to 16 million products are right to 1e-5', { timeout: 300_000 }, () => {
  const many = testSize === 'small' ? 4 * MILLION : 16 * MILLION;

  for (const value of [TENTH, MOST])
    test(`dense with ${many} inputs of ${value.toFixed(1)}`, async () => {
      const inputs = { x: filled([1, many], value), weights: filled([many, 1], 1) };
      expect(
        await errors('matmul', async (options) => errorOf(await runOp(gpu, 'dense', inputs, {}, options), value * many)),
      ).toEqual({});
    });

  test("dense's gradient with respect to an input of a million outputs", async () => {
    const inputs = { x: filled([1, 2]), weights: filled([2, MILLION], 1) };
    const dy = filled([1, MILLION], MOST);
    const wrong = await errors(
      'matmul',
      async (options) => errorOf((await gradOp(gpu, 'dense', inputs, dy, {}, options)).x, MOST * MILLION),
      true,
    );
    expect(wrong).toEqual({});
  });

  const convolutions: Record<string, { x: Shape; filter: Shape; attributes?: OpAttributes['conv2d'] }> = {
    '65,536 channels': { x: [1, 1, 2, 65_536], filter: [1, 1, 65_536, 3] },
    'a million channels': { x: [1, 1, 1, MILLION], filter: [1, 1, MILLION, 1] },
    'windows of 128 x 130 pixels': { x: [1, 129, 131, 4], filter: [128, 130, 4, 5] },
    'a thousand channels': { x: [1, 4, 5, 1000], filter: [3, 3, 1000, 20] },
    'strides of 2 over 16,384 channels': { x: [1, 5, 5, 16_384], filter: [3, 3, 16_384, 9], attributes: { strides: [2, 2] } },
    'two groups of 65,536 channels': { x: [1, 1, 2, 131_072], filter: [1, 1, 65_536, 4], attributes: { groups: 2 } },
  };
  for (const [name, { x, filter, attributes }] of Object.entries(convolutions))
    test(`a convolution over ${name}`, async () => {
      const terms = elements(filter) / (filter[3] ?? 1);
      const wrong: object[] = [];
      for (const value of [TENTH, MOST]) {
        const inputs = { x: filled(x, value), filter: filled(filter, 1) };
        wrong.push(
          await errors(
            'conv2d',
            async (options) => errorOf(await runOp(gpu, 'conv2d', inputs, attributes, options), value * terms),
            true,
          ),
        );
      }
      expect(wrong).toEqual([{}, {}]);
    });

  for (const stride of [1, 2])
    test(`the gradient of a convolution's input, of 65,536 outputs and stride ${stride}`, async () => {
      const outputs = 65_536;
      const inputs = { x: filled([1, 2 * stride, 2 * stride, 2]), filter: filled([stride, stride, 2, outputs], 1) };
      const dy = filled([1, 2, 2, outputs], MOST);
      const wrong = await errors('conv2d', async (options) =>
        errorOf((await gradOp(gpu, 'conv2d', inputs, dy, { strides: [stride, stride] }, options)).x, MOST * outputs),
      );
      expect(wrong).toEqual({});
    });

  test("the gradients of a convolution's filter and bias from one row of four million pixels", async () => {
    const pixels = 4 * MILLION;
    const inputs = { x: filled([1, 1, pixels, 1], 1), filter: filled([1, 1, 1, 2]), bias: filled([2]) };
    const dy = filled([1, 1, pixels, 2], MOST);
    const wrong = await errors('conv2d-filter-gradient', async (options) => {
      const { filter, bias } = await gradOp(gpu, 'conv2d', inputs, dy, {}, options);
      return Math.max(errorOf(filter, MOST * pixels), errorOf(bias, MOST * pixels));
    });
    expect(wrong).toEqual({});
  });

  const pooled: Record<string, { x: Shape; filter: Shape; size: Pair }> = {
    '131,072 channels': { x: [1, 2, 4, 131_072], filter: [1, 1, 131_072, 4], size: [2, 2] },
    'windows of 128 x 32 pixels': { x: [1, 129, 35, 17], filter: [128, 32, 17, 9], size: [2, 2] },
    'one row of four million pixels': { x: [1, 1, 4 * MILLION, 1], filter: [1, 1, 1, 2], size: [1, 2] },
  };
  for (const [name, { x, filter, size }] of Object.entries(pooled))
    test(`a convolution with pooling over ${name}`, async () => {
      const wantsX = elements(x) < 2 * MILLION;
      const graph = fusedGraph({ x, filter, pool: { size } }, { wantsX });
      const terms = elements(filter) / (filter[3] ?? 1);
      const windows = elements(graph.dy.shape) / (filter[3] ?? 1);
      const inputs = [
        { tensor: graph.inputs.x, value: filled(x, MOST) },
        { tensor: graph.inputs.filter, value: filled(filter, 1) },
        { tensor: graph.inputs.bias as Tensor, value: filled([filter[3] ?? 0], 0) },
        { tensor: graph.dy, value: filled(graph.dy.shape, 1) },
      ];
      const wrong: object[] = [];
      for (const choice of fusedWays) {
        const { values } = await runGraph(gpu, graph.outputs, inputs, { choice });
        const [y, ...gradients] = values.map(([value]) => value);
        const [gradient, bias] = gradients.slice(wantsX ? 1 : 0);
        const found = [errorOf(y, MOST * terms), errorOf(gradient, MOST * windows), errorOf(bias, windows)];
        if (!found.every((error) => error <= CLOSE)) wrong.push({ ...choice, found });
      }
      expect(wrong).toEqual([]);
    });
});
