import type { Capabilities, Gpu } from '../../src/gpu/gpu.ts';

/** A GPU of unknown lanes and WebGPU's default limits. */
export const GPU_CAPABILITIES: Capabilities = {
  kind: 'gpu',
  subgroupSize: 0,
  maxInvocations: 256,
  maxWorkgroupStorageBytes: 16_384,
  maxWorkgroupsPerDimension: 65_535,
};

/** The same device, which takes itself for a GPU: plans on it choose the variants that a GPU would run. */
export function asGpuKind(gpu: Gpu): Gpu {
  return Object.create(gpu, { capabilities: { value: { ...gpu.capabilities, ...GPU_CAPABILITIES } } }) as Gpu;
}
