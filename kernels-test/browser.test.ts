import * as paredown from 'paredown/node';
import { expect, test } from 'vitest';
import { findChromium, runInChromium } from './support/chromium.ts';
import { w2Losses } from './support/w2.mjs';

test('W2 trains in Chromium as it does in Node: 50 losses, alike to 1e-3', { timeout: 600_000 }, async ({ skip }) => {
  const browser = findChromium();
  if (!browser && !process.env.CI) skip('no Chromium in PATH, and the environment variable CHROME names none');
  if (!browser)
    throw new Error('no Chromium: install one (Debian: apt-get install chromium), or name it in the environment variable CHROME');
  const inBrowser = (await runInChromium(
    browser,
    `const { w2Losses } = await import('/kernels-test/support/w2.mjs');
     return w2Losses(await import('/dist/index.js'));`,
    480_000,
  )) as number[];
  const inNode = await w2Losses(paredown);
  expect(inNode).toHaveLength(50);
  expect(inBrowser).toHaveLength(50);
  // The network starts near ln 10 = 2.3, so 1e-3 is far below what a step changes, and far above rounding in another order of sums.
  const differences = inBrowser.map((loss, step) => Math.abs(loss - (inNode[step] ?? Number.NaN)));
  expect(Math.max(...differences)).toBeLessThan(1e-3);
  expect(inNode.at(-1)).toBeLessThan(inNode[0] ?? Number.NaN);
});
