import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Gpu } from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';
import { publishedDifferences, publishedNetworks } from './support/published-training.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

for (const [name, network] of Object.entries(publishedNetworks))
  test(`three steps of the published ${name} network agree with float64`, { timeout: 300_000 }, async () => {
    expect(await publishedDifferences(gpu, network())).toEqual([]);
  });
