import { type Gpu, type GpuOptions, openOn } from '../../src/gpu/gpu.ts';

/** Stands for src/gpu/dawn.ts where the tests run in Deno (PAREDOWN_TEST_DRIVER=wgpu): its WebGPU is wgpu with naga, as Firefox's is. */
export async function openGpu(options: GpuOptions = {}): Promise<Gpu> {
  if (!('Deno' in globalThis)) throw new Error('PAREDOWN_TEST_DRIVER=wgpu is for Deno: npm run test:wgpu');
  const defaultsOnly = process.env.PAREDOWN_DEFAULT_LIMITS === '1';
  return openOn({ entry: navigator.gpu, advice: 'wgpu needs a Vulkan driver.', naga: true, defaultsOnly }, options);
}
