// The pages of `paredown serve` in real browsers.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AxeResults } from 'axe-core';
import { serveRuns } from 'paredown/node';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserToTest, withBrowser } from './support/browsers.ts';
import { GrowingStudy } from './support/growing-study.ts';
import { imageFiles, judgedStudy } from './support/judged-study.ts';

const TIMEOUT = 60_000;
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-serve-browser-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Faults that axe finds serious or critical, and where. The page's own policy forbids scripts that it does not bring along: axe comes by the browser. */
async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map(({ html }) => html.slice(0, 120))
          .join(' | ')}`,
    );
}

/** A page, and what it complains of. */
async function watchedPage(browser: Browser): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  return { page, errors };
}

describe.skipIf(process.env.PAREDOWN_TEST_DRIVER).each(['chromium', 'firefox'] as const)('%s', (name) => {
  test('shows a new trial without a reload, what is unfolded, sorted and typed stays, and axe finds no serious fault', {
    timeout: 400_000,
  }, async ({ skip }) => {
    const path = browserToTest(name, skip);
    const study = await GrowingStudy.begin(join(folder, name, 'study'), 30);
    await using server = await serveRuns([join(folder, name)], { port: 0 });
    await withBrowser(
      name,
      path,
      async (browser) => {
        const { page, errors } = await watchedPage(browser);
        await page.goto(server.url);
        await page.waitForSelector('a[href^="/folder/"]', { timeout: TIMEOUT });
        expect(await seriousFaults(page)).toEqual([]);
        const link = await page.$eval('a[href^="/folder/"]', (element) => (element as HTMLAnchorElement).href);
        await page.goto(link, { timeout: TIMEOUT });
        await page.evaluate(() => {
          Object.assign(globalThis, { isTheSamePage: true });
          for (const fold of document.querySelectorAll('details')) fold.open = true;
        });
        // By parameters, falling, of those of one kind.
        const head = await page.waitForSelector('table[data-tools] th:nth-child(4) button', { timeout: TIMEOUT });
        await head?.evaluate((button) => (button as HTMLButtonElement).click());
        await head?.evaluate((button) => (button as HTMLButtonElement).click());
        await page.type('.tools input', 'filters');
        // Firefox brings what is typed into into view a moment later: half a second must pass in which nothing does.
        await page.evaluate(async () => {
          for (let still = 0; still < 30; still++) {
            if (scrollY !== 700) still = 0;
            scrollTo(0, 700);
            await new Promise((done) => requestAnimationFrame(done));
          }
        });
        const before = await page.evaluate(() => ({ y: scrollY, focus: document.activeElement?.tagName }));
        const numbers = [await study.grow(), await study.grow()];
        await page.waitForFunction(
          (wanted) => wanted.every((number) => document.getElementById(`t${number}`) !== null),
          { timeout: TIMEOUT },
          numbers,
        );
        const after = await page.evaluate(() => {
          const table = document.querySelector('table[data-tools]') as HTMLTableElement;
          const rows = [...(table.tBodies[0]?.rows ?? [])];
          return {
            same: 'isTheSamePage' in globalThis,
            folds: [...document.querySelectorAll('details')].every(({ open }) => open),
            sizes: rows.map(({ cells }) => Number(cells[3]?.textContent?.replace(/,/g, ''))),
            hidden: rows.every((row) => row.hidden === !row.textContent?.toLowerCase().includes('filters')),
            typed: (document.querySelector('.tools input') as HTMLInputElement).value,
            tools: document.querySelectorAll('.tools').length,
            y: scrollY,
            focus: document.activeElement?.tagName,
          };
        });
        expect(after).toMatchObject({ same: true, folds: true, hidden: true, typed: 'filters', tools: 1, ...before });
        expect(after.sizes).toHaveLength(32);
        expect(after.sizes).toEqual([...after.sizes].sort((a, b) => b - a));
        expect(await seriousFaults(page)).toEqual([]);
        for (const below of ['/trial/3', '/compare?a=3&b=12']) {
          await page.goto(link + below, { timeout: TIMEOUT });
          expect(await seriousFaults(page)).toEqual([]);
        }
        for (const width of [390, 1280, 2560]) {
          await page.setViewport({ width, height: 900 });
          for (const address of [server.url, link, `${link}/compare?a=3&b=12`]) {
            await page.goto(address, { timeout: TIMEOUT });
            const wide = await page.evaluate(() => document.documentElement.scrollWidth);
            expect(wide, `${address} at ${width}`).toBeLessThanOrEqual(width);
          }
        }
        expect(errors).toEqual([]);
        await server[Symbol.asyncDispose]();
        await page.waitForFunction(() => document.getElementById('connection')?.textContent?.includes('does not answer'), {
          timeout: TIMEOUT,
        });
      },
      { webgpu: false },
    );
  });

  test('looks at the images of a trial by the keyboard, keeps the focus and tells a screen reader what came of it', {
    timeout: 400_000,
  }, async ({ skip }) => {
    const path = browserToTest(name, skip);
    const images = join(folder, name, 'images');
    for (const [file, bytes] of Object.entries(imageFiles())) {
      await mkdir(dirname(join(images, file)), { recursive: true });
      await writeFile(join(images, file), bytes);
    }
    const study = await judgedStudy(join(folder, name, 'judged'), images);
    await using server = await serveRuns([study.folder], { port: 0 });
    await withBrowser(
      name,
      path,
      async (browser) => {
        const { page, errors } = await watchedPage(browser);
        await page.goto(server.url);
        const link = await page.waitForSelector('a[href^="/folder/"]', { timeout: TIMEOUT });
        await page.goto(`${await link?.evaluate((element) => (element as HTMLAnchorElement).href)}/trial/1`);
        const status = () => page.$eval('#images-status[role=status]', (element) => element.textContent);
        expect(await status()).toBe('They were not looked at yet.');
        await page.focus('#images-look');
        await page.keyboard.press('Enter');
        await page.waitForSelector('#images-look[aria-disabled=true]', { timeout: TIMEOUT });
        // At work it is asked for nothing.
        await page.keyboard.press('Enter');
        await page.waitForSelector('#part-images table.confusion', { timeout: TIMEOUT });
        expect(await status()).toMatch(/^It takes \d+ of 120 images/);
        expect(await page.evaluate(() => document.activeElement?.id)).toBe('images-look');
        expect(await seriousFaults(page)).toEqual([]);
        for (const width of [390, 1280]) {
          await page.setViewport({ width, height: 900 });
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        }
        await page.reload();
        expect(await status()).toMatch(/^It takes/);
        expect(await page.$$eval('#part-images img', (all) => all.length)).toBe(0);
        expect(errors).toEqual([]);
      },
      { webgpu: false },
    );
  });
});
