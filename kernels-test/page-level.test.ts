// What ten trainings in the demo page leave in the memory of a browser: npm run test:level
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { browserToTest, withBrowser } from './support/browsers.ts';
import { serveDemo } from './support/page.ts';
import { descendantsOf } from './support/processes.ts';
import { enter, fill, press, says } from './support/visitor.ts';

test('ten trainings of 1.6 million parameters in the demo page take no more memory than five', { timeout: 1_200_000 }, async ({
  skip,
}) => {
  skip(process.env.PAREDOWN_TEST_LEVEL !== '1', 'takes minutes: npm run test:level');
  const path = browserToTest('chromium', skip);
  await using site = await serveDemo({ digits: { train: 48, test: 10 } });
  await withBrowser('chromium', path, async (browser) => {
    const page = await browser.newPage();
    await page.goto(site.url);
    await enter(page, 'network');
    await page.waitForSelector('button[aria-label="Take dhingra/fc-256"]');
    await page.click('button[aria-label="Take dhingra/fc-256"]');
    await fill(page, { 'Images a step': '16', Epochs: '1' });
    await enter(page, 'train');
    const readings: number[] = [];
    for (let training = 1; training <= 10; training++) {
      await press(page, 'Train');
      // Another one has begun, and ended.
      await page.waitForFunction(() => document.querySelector('.status')?.textContent !== 'Trained.');
      await says(page, 'Trained\\.');
      readings.push(await residentMegabytes(browser.process()?.pid ?? 0));
    }
    const [after5 = 0, after10 = 0] = [readings[4], readings[9]];
    expect(after5).toBeGreaterThan(0);
    // Weights, gradients and two moments are 26 MB: of each training that stayed, ten would leave 128 MB more than five.
    expect(after10 - after5, `${readings.join(', ')} MB`).toBeLessThan(64);
  });
});

/** Of a process and all that it has started. */
async function residentMegabytes(parent: number): Promise<number> {
  const kilobytes = await Promise.all(
    [parent, ...(await descendantsOf(parent))].map(async (id) => {
      const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
      return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) + Number(/^RssShmem:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
    }),
  );
  return Math.round(kilobytes.reduce((sum, one) => sum + one, 0) / 1024);
}
