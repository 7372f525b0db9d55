import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import { Workspace } from '../src/gpu/workspace.ts';
import { type Dataset, dataset, type Gpu, type Model } from '../src/node.ts';
import { IntegerEngine } from '../src/quantize/engine.ts';
import { multiplied, multiplierOf } from '../src/quantize/fixed-point.ts';
import { integerGraph } from '../src/quantize/lower.ts';
import { quantize } from '../src/quantize/quantize.ts';
import { evaluateIntegers } from '../src/quantize/reference.ts';
import { drawnWeights, windowModel } from './support/exported-models.ts';
import { openTestGpu } from './support/gpu.ts';
import { inference64 } from './support/inference64.ts';
import { integerModels } from './support/integer-models.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** Samples for a model between -1 and 1, with labels that mean nothing. */
function samples(m: Model, size: number, seed: number): Dataset {
  const random = new Random(seed, 0x717561);
  const x = Float32Array.from({ length: size * elements(m.input) }, () => 2 * random.uniform() - 1);
  return dataset({ inputShape: m.input, x, y: new Uint8Array(size), classes: 2 });
}

/** The output's integers of some samples, by the engine and by the reference, and in float64 without any rounding. */
async function compared(m: Model, weights = drawnWeights(m, 1), count = 3) {
  const data = samples(m, 40, 5);
  const quantized = await quantize(gpu, m, weights, { calibration: data });
  const graph = integerGraph(quantized);
  const { scale, zeroPoint } = graph.input;
  const length = elements(m.input);
  const values = Float32Array.from(data.x.subarray(0, count * length));
  const x = Int8Array.from(values, (value) => Math.min(Math.max(Math.round(value / scale) + zeroPoint, -128), 127));
  const size = elements(graph.output.shape);
  const expected = Array.from({ length: count }, (_, n) =>
    Array.from(evaluateIntegers(graph, x.subarray(n * length, (n + 1) * length)).get(graph.output.name) ?? []),
  ).flat();
  const workspace = new Workspace(gpu, 'test');
  try {
    const engine = await IntegerEngine.create(workspace, graph, count);
    const found = Array.from(await engine.run(x, graph.output));
    const floats = inference64(m, weights, { shape: [count, ...m.input], data: values });
    const steps = Array.from(floats.data, (value, i) =>
      Math.abs(value / graph.output.scale + graph.output.zeroPoint - (expected[i] ?? Number.NaN)),
    );
    return { found, expected, steps, size };
  } finally {
    workspace.destroy();
  }
}

const MODELS = integerModels();

describe('the engine computes the integers of the reference, bit for bit', () => {
  test.each(MODELS)('$title', async ({ m }) => {
    const { found, expected } = await compared(m);
    expect(found).toEqual(expected);
    expect(new Set(found).size).toBeGreaterThan(1);
  });

  test('windows of all sizes, strides, dilations and paddings', { timeout: 60_000 }, async () => {
    for (let seed = 0; seed < 40; seed++) {
      const m = windowModel(seed);
      if (JSON.stringify(m).includes('conv2dTranspose')) continue;
      const { found, expected } = await compared(m);
      expect(found, JSON.stringify(m)).toEqual(expected);
    }
  });
});

describe('and these are near to what the network does in floats', () => {
  test.each(MODELS.slice(0, 25))('$title', async ({ m }) => {
    const { steps } = await compared(m);
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
    expect(mean).toBeLessThan(3);
  });
});

describe('a factor', () => {
  test('is the nearest of 31 bits', () => {
    for (const factor of [1, 0.5, 0.75, 1e-6, 0.3, 3.7, 1 / 3, 2 ** -31, 1 - 2 ** -40]) {
      const { multiplier, shift } = multiplierOf(factor);
      expect(multiplier).toBeGreaterThanOrEqual(2 ** 30);
      expect(multiplier).toBeLessThan(2 ** 31);
      expect(Math.abs((multiplier / 2 ** 31) * 2 ** shift - factor) / factor).toBeLessThan(2 ** -31);
    }
    expect([0, 1e-12].map(multiplierOf)).toEqual([
      { multiplier: 0, shift: 0 },
      { multiplier: 0, shift: 0 },
    ]);
  });

  test('is applied as 64 bits would', () => {
    const random = new Random(1, 2);
    for (let i = 0; i < 20_000; i++) {
      const x = (random.below(2 ** 31) - 2 ** 30) >> random.below(31);
      const factor = { multiplier: 2 ** 30 + random.below(2 ** 30), shift: -random.below(32) };
      const high = (BigInt(x) * BigInt(factor.multiplier) + (1n << 30n)) >> 31n;
      const right = BigInt(-factor.shift);
      const magnitude = high < 0n ? -high : high;
      const rounded = (magnitude + ((1n << right) >> 1n)) >> right;
      expect(multiplied(x, factor) + 0).toBe(Number(high < 0n ? -rounded : rounded));
    }
  });
});
