import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gpu, opNames } from '../src/node.ts';
import { type Case, cases, DEFAULT_SEED, randomCases } from './cases/index.ts';
import { checkCase } from './support/check.ts';
import { gpuEngine, openTestGpu, testSize } from './support/gpu.ts';

/** PAREDOWN_TEST_CASES=all (in CI) takes every case; else every third of those whose kernels take a driver long to compile. */
const thorough = process.env.PAREDOWN_TEST_CASES === 'all' || testSize === 'small';
const essential = new Set(cases({ size: 'small' }).map(({ op, name }) => `${op} ${name}`));
const slow = ['conv2d', 'dense', 'maxPool2d', 'avgPool2d'];
const all = cases({ size: testSize }).filter(
  ({ op, name }, index) => thorough || essential.has(`${op} ${name}`) || !slow.includes(op) || index % 3 === 0,
);
const seed = Number(process.env.PAREDOWN_TEST_SEED ?? DEFAULT_SEED);
const randomCount = testSize === 'small' ? 0 : thorough ? 60 : 15;

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

async function failuresOf(tested: readonly Case[]): Promise<string[]> {
  const engine = gpuEngine(gpu);
  const failures: string[] = [];
  for (const testCase of tested) failures.push(...(await checkCase(engine, testCase)));
  return failures;
}

describe('each operation and its gradients agree with the float64 reference', () => {
  for (const op of opNames) {
    const own = all.filter((testCase) => testCase.op === op);
    test(`${op}, ${own.length} cases`, { timeout: 300_000 }, async () => {
      expect(own.length, `kernels-test/cases has no case of ${op}`).toBeGreaterThan(0);
      expect(await failuresOf(own)).toEqual([]);
    });
  }

  test(`${randomCount} random cases of seed ${seed} (PAREDOWN_TEST_SEED)`, { timeout: 300_000 }, async () => {
    expect(await failuresOf(randomCases(seed, randomCount))).toEqual([]);
  });

  test('no case names an operation that is not registered', () => {
    expect(all.filter(({ op }) => !(opNames as readonly string[]).includes(op))).toEqual([]);
  });
});
