import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Capabilities } from '../src/gpu/gpu.ts';
import type { Kernel } from '../src/gpu/kernel.ts';
import { families } from '../src/kernels/registry.ts';
import { type Gpu, openGpu } from '../src/node.ts';
import { cases, DEFAULT_SEED, randomCases } from './cases/index.ts';
import { loweredKernels } from './support/lowered.ts';

// Dawn's null backend type-checks shaders with Tint and runs nothing: no driver, and a moment for each shader.

const limits = { maxInvocations: 256, maxWorkgroupStorageBytes: 16384, maxWorkgroupsPerDimension: 65535 };
const adapters: Record<string, Capabilities> = {
  'software driver, 8 lanes': { kind: 'cpu', subgroupSize: 8, ...limits },
  'software driver, 4 lanes': { kind: 'cpu', subgroupSize: 4, ...limits },
  'software driver without subgroups': { kind: 'cpu', subgroupSize: 0, ...limits },
  'GPU, 32 lanes': { kind: 'gpu', subgroupSize: 32, ...limits },
  'GPU of unknown lanes': { kind: 'gpu', subgroupSize: 0, ...limits },
};
const all = [...cases({ size: 'full' }), ...randomCases(DEFAULT_SEED, 60)];

const toggles = process.env.PAREDOWN_DAWN_TOGGLES;
let gpu: Gpu;
beforeAll(async () => {
  process.env.PAREDOWN_DAWN_TOGGLES = 'backend=null';
  gpu = await openGpu();
});
afterAll(async () => {
  await gpu?.destroy();
  if (toggles === undefined) delete process.env.PAREDOWN_DAWN_TOGGLES;
  else process.env.PAREDOWN_DAWN_TOGGLES = toggles;
});

for (const [name, capabilities] of Object.entries(adapters))
  test(`every shader of every case compiles for a ${name}`, { timeout: 300_000 }, async () => {
    const kernels = new Map<string, Kernel>();
    const choices = [{}, ...families.flatMap((family) => family.variants.map((variant) => ({ [family.name]: variant.name })))];
    for (const testCase of all)
      for (const choice of choices)
        for (const kernel of loweredKernels(testCase, capabilities, choice)) kernels.set(kernel.code, kernel);
    const failures = await Promise.allSettled([...kernels.values()].map((kernel) => gpu.pipelines.get(kernel)));
    expect(failures.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []))).toEqual([]);
    expect(kernels.size).toBeGreaterThan(100);
  });
