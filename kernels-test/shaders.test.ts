import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Capabilities } from '../src/gpu/gpu.ts';
import type { Kernel } from '../src/gpu/kernel.ts';
import type { Tensor } from '../src/graph/tensor.ts';
import type { VariantChoice } from '../src/kernels/family.ts';
import { families } from '../src/kernels/registry.ts';
import { type Gpu, openGpu } from '../src/node.ts';
import { type LoweredDispatch, lower } from '../src/plan/lower.ts';
import { type Case, cases, DEFAULT_SEED, randomCases } from './cases/index.ts';
import { fusedCases, fusedGraph, fusedWays } from './support/fused-cases.ts';
import { loweredDispatches } from './support/lowered.ts';
import { separableCases, separableGraph, separableWays } from './support/separable-cases.ts';
import { lossDispatches, trainingKernels } from './support/training-kernels.ts';
import './support/loaded-kernels.ts';

// Dawn's null backend type-checks shaders with Tint and runs nothing: no driver, and a moment for each shader. In Deno
// (PAREDOWN_TEST_DRIVER=wgpu) naga checks those that wgpu can have: Deno offers no subgroups.

const limits = { maxInvocations: 256, maxWorkgroupStorageBytes: 16384, maxWorkgroupsPerDimension: 65535 };
const adapters: Record<string, Capabilities> = {
  'software driver, 8 lanes': { kind: 'cpu', subgroupSize: 8, ...limits },
  'software driver, 4 lanes': { kind: 'cpu', subgroupSize: 4, ...limits },
  'software driver without subgroups': { kind: 'cpu', subgroupSize: 0, ...limits },
  'GPU, 32 lanes': { kind: 'gpu', subgroupSize: 32, ...limits },
  'GPU of unknown lanes': { kind: 'gpu', subgroupSize: 0, ...limits },
};
/** PAREDOWN_TEST_CASES=all (in CI) takes every case, else each operation and attribute once. */
const thorough = process.env.PAREDOWN_TEST_CASES === 'all';
const all = thorough ? [...cases({ size: 'full' }), ...randomCases(DEFAULT_SEED, 60)] : cases({ size: 'small' });
const choices = [{}, ...families.flatMap((family) => family.variants.map((variant) => ({ [family.name]: variant.name })))];

const toggles = process.env.PAREDOWN_DAWN_TOGGLES;
let gpu: Gpu;
beforeAll(() => {
  process.env.PAREDOWN_DAWN_TOGGLES = 'backend=null';
});
// A device for each test: it keeps all that it compiled, which is gigabytes together.
beforeEach(async () => {
  gpu = await openGpu();
});
afterEach(() => gpu?.destroy());
afterAll(() => {
  if (toggles === undefined) delete process.env.PAREDOWN_DAWN_TOGGLES;
  else process.env.PAREDOWN_DAWN_TOGGLES = toggles;
});

function dispatchesOf(tested: readonly Case[], capabilities: Capabilities, precision: 'f32' | 'mixed') {
  return tested.flatMap((testCase) => choices.flatMap((choice) => loweredDispatches(testCase, capabilities, choice, precision)));
}

/** The bindings that a shader declares as f16 where f32 is bound, or the other way round. */
function mistaken({ kernel: { name, code }, bound }: LoweredDispatch): string[] {
  const halves = new Set(['f16', ...[...code.matchAll(/^alias (\w+) = f16;/gm)].map(([, alias]) => alias)]);
  return [...code.matchAll(/@binding\((\d+)\) var<[^>]*> (\w+): array<(?:vec4<)?(?:atomic<)?(\w+)/g)].flatMap(
    ([, binding, variable, type]) => {
      const storage = bound[Number(binding)];
      if (!storage || storage === 'state') return [];
      return halves.has(type ?? '') === (storage.type === 'f16') ? [] : [`${name}: ${variable}`];
    },
  );
}

/** The dispatches of convolutions with their poolings, and with the depthwise ones in front of them, in each of the ways that there are. */
function fusedDispatches(capabilities: Capabilities, precision: 'f32' | 'mixed') {
  const inWays = (outputs: readonly Tensor[], ways: readonly VariantChoice[]) =>
    ways.flatMap((choice) => lower(outputs, [], { capabilities, replicas: 1, choice, precision }).dispatches);
  return [
    ...Object.values(fusedCases).flatMap((testCase) => inWays(fusedGraph(testCase, { wantsX: true }).outputs, fusedWays)),
    ...Object.values(separableCases).flatMap((testCase) => inWays(separableGraph(testCase).outputs, separableWays)),
  ];
}

/** Whether a shader needs a feature that wgpu does not offer here. */
function lacks(code: string): boolean {
  const needed = [...code.matchAll(/^enable (\w+);/gm)].map(([, name]) => (name === 'f16' ? 'shader-f16' : (name ?? '')));
  return process.env.PAREDOWN_TEST_DRIVER === 'wgpu' && needed.some((feature) => !gpu.features.has(feature));
}

/** Compiles the kernels of dispatches, and tells what went wrong and how many there were. */
function compile(dispatches: readonly LoweredDispatch[]) {
  return compileKernels(dispatches.map(({ kernel }) => kernel));
}

async function compileKernels(given: readonly Kernel[]) {
  const kernels = new Map<string, Kernel>();
  for (const kernel of given) if (!lacks(kernel.code)) kernels.set(kernel.code, kernel);
  const results = await Promise.allSettled([...kernels.values()].map((kernel) => gpu.pipelines.get(kernel)));
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
  return { failures, count: kernels.size };
}

for (const [name, capabilities] of Object.entries(adapters)) {
  test(`every shader of every case compiles for a ${name}`, { timeout: 300_000 }, async () => {
    const { failures, count } = await compile(dispatchesOf(all, capabilities, 'f32'));
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(30);
  });

  test(`and those of the essential cases in mixed precision, for a ${name}`, { timeout: 300_000 }, async () => {
    const dispatches = dispatchesOf(cases({ size: 'small' }), capabilities, 'mixed');
    const { failures, count } = await compile(dispatches);
    expect(failures).toEqual([]);
    expect(count).toBeGreaterThan(30);
    expect([...new Set(dispatches.flatMap(mistaken))]).toEqual([]);
  });

  test(`and those of convolutions with pooling in either precision, for a ${name}`, async () => {
    for (const precision of ['f32', 'mixed'] as const) {
      const dispatches = fusedDispatches(capabilities, precision);
      expect((await compile(dispatches)).failures).toEqual([]);
      expect([...new Set(dispatches.flatMap(mistaken))]).toEqual([]);
    }
  });

  test(`and those of every loss and optimizer in either precision, for a ${name}`, async () => {
    for (const precision of ['f32', 'mixed'] as const) {
      const dispatches = lossDispatches(capabilities, precision);
      expect((await compile(dispatches)).failures).toEqual([]);
      expect([...new Set(dispatches.flatMap(mistaken))]).toEqual([]);
    }
    expect((await compileKernels(trainingKernels(capabilities))).failures).toEqual([]);
  });
}
