import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { families } from '../src/kernels/registry.ts';
import type { Gpu } from '../src/node.ts';
import { cases } from './cases/index.ts';
import { checkCase } from './support/check.ts';
import { openTestGpu, testSize } from './support/gpu.ts';
import { halvedCases } from './support/halves.ts';
import { loweredKernels } from './support/lowered.ts';
import { engineWith, serves, type VariantName, variantNames } from './support/variant-cases.ts';

/** PAREDOWN_TEST_VARIANTS=all (in CI) takes every case, else each operation and attribute once, in f32 alone. */
const thorough = process.env.PAREDOWN_TEST_VARIANTS === 'all';
const size = thorough ? testSize : 'small';
const all = cases({ size });
/** Variants for adapters of another kind take seconds to compile here: each operation and attribute once. */
const essential = cases({ size: 'small' });
const casesOf = ({ madeFor }: VariantName) => (madeFor && madeFor !== gpu.capabilities.kind ? essential : all);

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

describe('each variant of each kernel family agrees with the float64 reference', () => {
  for (const name of variantNames)
    test(`${name.family}/${name.variant}`, { timeout: 600_000 }, async () => {
      const failures: string[] = [];
      // What the preferred variants already run is tested with the operations.
      for (const testCase of casesOf(name).filter((one) => serves(gpu, name, one)))
        failures.push(...(await checkCase(engineWith(gpu, name), testCase)));
      expect(failures).toEqual([]);
    });
});

describe.runIf(thorough)('and in mixed precision, each operation and attribute once', () => {
  const halved = halvedCases(cases({ size: 'small' }));
  for (const name of variantNames)
    test(`${name.family}/${name.variant}`, { timeout: 600_000 }, async ({ skip }) => {
      skip(!gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
      const failures: string[] = [];
      for (const testCase of halved.filter((one) => serves(gpu, name, one)))
        failures.push(...(await checkCase(engineWith(gpu, name, 'mixed'), testCase, 'mixed')));
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
