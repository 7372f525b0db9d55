import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import { Workspace } from '../src/gpu/workspace.ts';
import { type Dataset, dataset, type Gpu, type Model, type QuantizedModel } from '../src/node.ts';
import { IntegerEngine } from '../src/quantize/engine.ts';
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
async function compared(m: Model, rounding: Pick<QuantizedModel, 'rounding'> = {}) {
  const [weights, count] = [drawnWeights(m, 1), 3];
  const data = samples(m, 40, 5);
  const quantized = await quantize(gpu, m, weights, { calibration: data });
  const graph = integerGraph({ ...quantized, ...rounding });
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

  test('of networks of before too, whose sums are rounded twice', { timeout: 60_000 }, async () => {
    const models = MODELS.filter(({ title }) => ['a residual', 'a product', 'leakyRelu', 'a gate'].includes(title));
    const outputs = await Promise.all(
      models.map(async ({ m }) => [await compared(m, { rounding: 'twice' }), await compared(m)] as const),
    );
    for (const [twice] of outputs) expect(twice.found).toEqual(twice.expected);
    expect(outputs.some(([twice, once]) => `${twice.found}` !== `${once.found}`)).toBe(true);
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
  test.each(MODELS.slice(0, 27))('$title', async ({ m }) => {
    const { steps } = await compared(m);
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
    expect(mean).toBeLessThan(3);
  });
});
