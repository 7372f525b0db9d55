import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { families } from '../src/kernels/registry.ts';
import { type Gpu, gradOp, runOp } from '../src/node.ts';
import { cases } from './cases/index.ts';
import { checkCase, type Engine } from './support/check.ts';
import { openTestGpu, testSize } from './support/gpu.ts';
import { loweredKernels } from './support/lowered.ts';

/** PAREDOWN_TEST_VARIANTS=all (in CI) takes every case, else each operation and attribute once. */
const size = process.env.PAREDOWN_TEST_VARIANTS === 'all' ? testSize : 'small';
const all = cases({ size });
const choices = families.flatMap((family) => family.variants.map((variant) => ({ family: family.name, variant: variant.name })));

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

/** The engine with one variant wanted wherever it can serve. */
function engineWith(family: string, variant: string): Engine {
  const options = { variants: { [family]: variant } };
  return {
    run: ({ op, inputs, attributes }) => runOp(gpu, op as never, inputs as never, attributes as never, options),
    gradients: ({ op, inputs, attributes }, dy) => gradOp(gpu, op as never, inputs as never, dy, attributes as never, options),
  };
}

describe('each variant of each kernel family agrees with the float64 reference', () => {
  for (const { family, variant } of choices)
    test(`${family}/${variant}`, { timeout: 600_000 }, async () => {
      const choice = { [family]: variant };
      const served = all.filter((testCase) => {
        const names = loweredKernels(testCase, gpu.capabilities, choice).map(({ name }) => name);
        const preferred = loweredKernels(testCase, gpu.capabilities).map(({ name }) => name);
        // What the preferred variants already run is tested with the operations.
        return names.includes(`${family}/${variant}`) && names.join() !== preferred.join();
      });
      const failures: string[] = [];
      for (const testCase of served) failures.push(...(await checkCase(engineWith(family, variant), testCase)));
      expect(failures).toEqual([]);
    });
});

test('every family serves some case', () => {
  const reached = new Set(
    cases({ size: 'full' }).flatMap((testCase) =>
      loweredKernels(testCase, gpu.capabilities).map(({ name }) => name.slice(0, name.indexOf('/'))),
    ),
  );
  // A loss by itself, which no single operation makes: kernels-test/graph.test.ts runs it.
  const elsewhere = ['fill'];
  expect(families.map(({ name }) => name).filter((name) => !reached.has(name) && !elsewhere.includes(name))).toEqual([]);
});
