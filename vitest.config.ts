import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { SkippedReporter } from './kernels-test/support/skipped.ts';
import { pageScriptsOfVite } from './scripts/page-scripts.mjs';

/** What PAREDOWN_TEST_DRIVER selects, as the environment that src/gpu/dawn.ts reads; scripts/setup.mjs brings SwiftShader, Deno wgpu. */
const drivers: Record<string, Record<string, string>> = {
  clamp: { PAREDOWN_DAWN_TOGGLES: 'disable-dawn-features=vulkan_use_buffer_robust_access_2' },
  defaults: { PAREDOWN_DEFAULT_LIMITS: '1' },
  swiftshader: {},
  wgpu: {},
};

function driverEnvironment(): Record<string, string> {
  const name = process.env.PAREDOWN_TEST_DRIVER;
  if (!name) return {};
  const found = drivers[name];
  if (!found) throw new Error(`PAREDOWN_TEST_DRIVER is '${name}'; there are ${Object.keys(drivers).join(', ')}`);
  return found;
}

// As esbuild's text loader does it (scripts/build.mjs).
const wgsl = {
  name: 'wgsl',
  load: (id: string) => (id.endsWith('.wgsl') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))};` : null),
};

/** In Deno, whose WebGPU is wgpu as Firefox's is, the tests open that instead of Dawn. */
const dawnReplacement = fileURLToPath(new URL('kernels-test/support/wgpu.ts', import.meta.url));
const wgpu = {
  name: 'wgpu',
  enforce: 'pre' as const,
  resolveId: (id: string) => (id.endsWith('/gpu/dawn.ts') ? dawnReplacement : null),
};

export default defineConfig({
  plugins: process.env.PAREDOWN_TEST_DRIVER === 'wgpu' ? [wgsl, pageScriptsOfVite, wgpu] : [wgsl, pageScriptsOfVite],
  test: {
    include: ['kernels-test/**/*.test.ts'],
    reporters: ['default', new SkippedReporter()],
    env: driverEnvironment(),
    // A process for each file, since Dawn's state belongs to the process; two, since a software driver uses every core by itself.
    pool: 'forks',
    maxWorkers: 2,
    watch: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
  },
});
