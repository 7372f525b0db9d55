import type { Kernel } from '../../src/gpu/kernel.ts';
import type { Gpu } from '../../src/node.ts';

/** The same device, as if a dispatch could have no more than `most` workgroups in a dimension. */
export function withGrids(gpu: Gpu, most: number): Gpu {
  return Object.create(gpu, { capabilities: { value: { ...gpu.capabilities, maxWorkgroupsPerDimension: most } } });
}

/** The least number of workgroups in a dimension with which kernels that were built for any number can still be dispatched. */
export function leastGrid(kernels: readonly Kernel[]): number {
  return Math.max(...kernels.map(({ workgroups: [x, y, z] }) => Math.max(z, Math.ceil(Math.sqrt(x * y)))));
}

/** Whether a kernel takes a second dimension where the first holds `most` workgroups. */
export function takesTwo({ workgroups: [x, y] }: Kernel, most: number): boolean {
  return x * y > most;
}
