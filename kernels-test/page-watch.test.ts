import type { Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browserToTest, startBrowser } from './support/browsers.ts';
import { serveDemo } from './support/page.ts';

// SwiftShader on two cores that others use too: a step takes from a third of a second to many. An epoch is 5 steps.
const PATIENCE = 240_000;

let site: Awaited<ReturnType<typeof serveDemo>>;
beforeAll(async () => {
  site = await serveDemo({ digits: { train: 320, test: 50 } });
}, 240_000);
afterAll(() => site?.[Symbol.asyncDispose]());

/** Presses the first button that is ready and whose text or label begins so. */
async function press(page: Page, text: string): Promise<void> {
  await page.waitForFunction(
    (wanted: string) => {
      const named = (button: HTMLButtonElement) => button.getAttribute('aria-label') ?? button.textContent ?? '';
      const button = [...document.querySelectorAll('button')].find((one) => named(one).startsWith(wanted) && !one.disabled);
      button?.click();
      return button !== undefined;
    },
    { timeout: PATIENCE, polling: 200 },
    text,
  );
}

const shows = (page: Page, selector: string) => page.waitForSelector(selector, { timeout: PATIENCE });
const textOf = (page: Page, selector: string) => page.$eval(selector, (element) => element.textContent ?? '');
/** The darkest and the brightest of the pixels of some pictures. */
const contrast = (page: Page, selector: string) =>
  page.$$eval(selector, (canvases) =>
    canvases.map((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const context = (canvas as HTMLCanvasElement).getContext('2d');
      const { data } = context?.getImageData(0, 0, width, height) ?? { data: [] };
      const reds = [...data].filter((_, at) => at % 4 === 0);
      return Math.max(...reds) - Math.min(...reds);
    }),
  );

test('a training can be watched: curves, times of its kernels, what is mistaken for what, filters and layers', {
  timeout: 900_000,
}, async ({ skip }) => {
  const path = browserToTest('chromium', skip);
  const browser = await startBrowser('chromium', path);
  try {
    const page = await browser.newPage();
    const failures: unknown[] = [];
    page.on('pageerror', (error) => failures.push(error));
    await page.goto(site.url);
    await press(page, 'Train');
    await page.waitForFunction(() => /Step [1-9]/.test(document.querySelector('.pace')?.textContent ?? ''), {
      timeout: PATIENCE,
    });

    // While it trains, which waits and goes on.
    await press(page, 'Time the kernels');
    await shows(page, 'table.times tbody tr');
    expect(await page.$$eval('table.times tbody tr', (rows) => rows.length)).toBeGreaterThan(10);
    expect(await textOf(page, 'table.times')).toContain('optimizer/adam');
    expect(await page.$$eval('.roofline circle', (circles) => circles.length)).toBeGreaterThan(3);

    // The first validation, after an epoch.
    await shows(page, '.latest strong');
    expect(await textOf(page, '.chart figcaption')).toMatch(/training [\d.]+.*validation [\d.]+/);
    const validated = Number(/On (\d+) images/.exec(await textOf(page, '.latest'))?.[1]);
    const counts = await page.$$eval('.confusion tbody td', (cells) => cells.map((cell) => Number(cell.textContent) || 0));
    expect(counts).toHaveLength(100);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(validated);
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll('.layer-pictures canvas')].some((canvas) => {
          const { width, height } = canvas as HTMLCanvasElement;
          return (canvas as HTMLCanvasElement)
            .getContext('2d')
            ?.getImageData(0, 0, width, height)
            .data.some((byte) => byte > 0);
        }),
      { timeout: PATIENCE },
    );
    expect(Math.max(...(await contrast(page, '#layers ~ .tiles canvas')))).toBeGreaterThan(100);
    expect(Math.max(...(await contrast(page, '.layer-pictures li:first-child canvas')))).toBeGreaterThan(50);

    await press(page, 'Stop');
    await page.waitForFunction(() => document.querySelector('.status')?.textContent?.startsWith('Stopped'), {
      timeout: PATIENCE,
    });

    // A cell by the keyboard: the Tab key reaches one, arrows the others, Enter shows its images.
    await page.focus('.confusion button[tabindex="0"]');
    await page.keyboard.press('Enter');
    await shows(page, '.gallery li');
    const [cell, count] = await page.$eval('.confusion button[aria-pressed="true"]', (button) => [
      button.getAttribute('data-cell'),
      Number(button.textContent),
    ]);
    expect(cell).toMatch(/^\d-\d$/);
    expect(await page.$$eval('.gallery li', (items) => items.length)).toBe(Math.min(24, count as number));
    expect(await textOf(page, '.gallery li')).toMatch(/\d, said \d, \d+% sure/);
    await press(page, 'All wrong images');
    await page.waitForFunction(() => /^All wrong images: \d/.test(document.querySelector('.gallery-text')?.textContent ?? ''), {
      timeout: PATIENCE,
    });
    const wrong = counts.reduce((sum, one, at) => (at % 11 === 0 ? sum : sum + one), 0);
    expect(await textOf(page, '.gallery-text')).toMatch(/^All wrong images: \d+ of/);
    expect(wrong).toBeGreaterThan(0);
    const sure = (await page.$$eval('.gallery li', (items) => items.map((item) => item.textContent ?? ''))).map((text) =>
      Number(/(\d+)% sure/.exec(text)?.[1]),
    );
    expect(sure).toEqual([...sure].sort((a, b) => b - a));

    await press(page, 'Measure what');
    await page.waitForFunction(() => /computes [\d.e+]+ GFLOP/.test(document.body.textContent ?? ''), { timeout: PATIENCE });
    await page.waitForSelector('.roof:not(.guessed)', { timeout: 10_000 });
    expect(failures).toEqual([]);
  } finally {
    await browser.close();
  }
});
