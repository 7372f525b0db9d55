// The demo page from its first room to its last, as a person goes through it, in real browsers.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PageClass } from '../src/export/html/script/classifier.ts';
import { type BrowserName, browserToTest, startBrowser } from './support/browsers.ts';
import { serveDemo } from './support/page.ts';
import { chooseSmallest, drawSeven, enter, PATIENCE, pare, press, ROOMS, says, train } from './support/visitor.ts';

let site: Awaited<ReturnType<typeof serveDemo>> | undefined;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-path-'));
  // An epoch of 16 images a step is ten steps.
  site = await serveDemo({ digits: { train: 160, test: 50 } });
}, PATIENCE);
afterAll(async () => {
  await site?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** What the room for drawing shows: the pixels that the network was given, and each class with its probability. */
const answered = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.seen canvas');
    const { data } = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
    const classes = [...document.querySelectorAll('.probabilities tr')].map((row) => ({
      class: row.querySelector('th')?.textContent ?? '',
      probability: Number(row.querySelector('.numbers')?.textContent?.replace('%', '')) / 100,
    }));
    return {
      pixels: [...data].filter((_, at) => at % 4 === 0),
      top: document.querySelector('p.top strong')?.textContent ?? '',
      classes,
    };
  });

/** How wide beside their height pictures are shown, over how they are. */
const ratiosOf = (page: Page, selector: string) =>
  page.$$eval(selector, (canvases) =>
    canvases.map((canvas) => {
      const { width, height } = canvas.getBoundingClientRect();
      return width / height / ((canvas as HTMLCanvasElement).width / (canvas as HTMLCanvasElement).height);
    }),
  );

/** Serious and critical faults of what a page shows. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { passes, violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    if (passes.length < 10) throw new Error(`axe looked at ${passes.length} rules`);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`));
  });
}

/** Of every room, light and dark. */
async function faultsOfRooms(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const room of Object.keys(ROOMS) as (keyof typeof ROOMS)[])
    for (const scheme of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
      await enter(page, room);
      faults.push(...(await faultsOf(page)).map((fault) => `${room}, ${scheme}: ${fault}`));
    }
  return faults;
}

describe.each<BrowserName>(['chromium', 'firefox'])('in %s', (name) => {
  let browser: Browser | undefined;
  let page: Page;
  /** What a console or a network told of faults. */
  const heard: string[] = [];
  afterAll(() => browser?.close());

  function listen(to: Page): void {
    to.on('console', (message) => message.type() === 'error' && heard.push(message.text()));
    to.on('pageerror', (error) => heard.push(String(error)));
    to.on('requestfailed', (request) => heard.push(`${request.url()}: ${request.failure()?.errorText}`));
    to.on('response', (response) => response.status() >= 400 && heard.push(`${response.url()}: ${response.status()}`));
  }

  /** Opens the page with nothing in its store. */
  async function open(skip: (why: string) => void): Promise<void> {
    browser = await startBrowser(name, browserToTest(name, skip), {
      preferences: { 'browser.download.folderList': 2, 'browser.download.dir': folder },
      timeoutMs: PATIENCE,
    });
    if (name === 'chromium') {
      const session = await browser.target().createCDPSession();
      await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder });
    }
    page = await browser.newPage();
    listen(page);
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(site?.url ?? '');
    await page.waitForSelector('button.primary:not(:disabled)', { timeout: PATIENCE });
  }

  test('a network is trained, asked, pared, taken away as a page, and says the same there', { timeout: 900_000 }, async ({
    skip,
  }) => {
    await open(skip);
    if (name === 'chromium') expect(await faultsOfRooms(page)).toEqual([]);
    await train(page, { epochs: 3, batch: 16 });
    expect(await page.$eval('.pace', (pace) => pace.textContent)).toMatch(/Step 30 of 30,/);

    await enter(page, 'draw');
    await drawSeven(page);
    await page.waitForSelector('p.top strong', { timeout: PATIENCE });
    const parameters = /[\d,]+ parameters/;
    const asked = () => page.$eval('section[aria-labelledby=answer]', (section) => section.textContent ?? '');
    const trained = parameters.exec(await asked())?.[0];
    expect((await answered(page)).top).toMatch(/^\d$/);

    await pare(page);
    await chooseSmallest(page);
    await says(page, 'It is loaded: the other rooms of this page ask this network now\\.');
    await enter(page, 'take');
    await page.waitForFunction(() => document.querySelectorAll('.files button:enabled').length === 6, { timeout: PATIENCE });
    await press(page, 'Download A page');
    const html = async () => (await readdir(folder)).find((file) => file.endsWith('.html'));
    await expect.poll(html, { timeout: PATIENCE, interval: 200 }).toBeDefined();
    const taken = join(folder, `${name}.htm`);
    await expect.poll(async () => (await readFile(join(folder, (await html()) ?? ''), 'utf8')).endsWith('</html>\n')).toBe(true);
    await writeFile(taken, await readFile(join(folder, (await html()) ?? '')));
    await rm(join(folder, (await html()) ?? ''));

    await enter(page, 'draw');
    await page.waitForSelector('p.top strong', { timeout: PATIENCE });
    const pared = parameters.exec(await asked())?.[0];
    expect(Number.parseInt(pared?.replace(',', '') ?? '', 10)).toBeLessThan(Number.parseInt(trained?.replace(',', '') ?? '', 10));
    const { pixels } = await answered(page);
    const alone = await (browser as Browser).newPage();
    listen(alone);
    await alone.goto(pathToFileURL(taken).href);
    const told = (await alone.evaluate((bytes) => paredown.classify(Uint8Array.from(bytes)), pixels)) as PageClass[];
    expect(told).toHaveLength(10);
    // The page asks the pared network anew about what was drawn.
    const difference = async () => {
      const { classes, top } = await answered(page);
      if (top !== told[0]?.class) return Number.POSITIVE_INFINITY;
      return Math.max(...told.map((one) => Math.abs(one.probability - (classes[one.index]?.probability ?? Number.NaN))));
    };
    await expect.poll(difference, { timeout: PATIENCE, interval: 500 }).toBeLessThan(1e-3);
    if (name === 'chromium') {
      expect(await faultsOf(alone)).toEqual([]);
      expect(await faultsOfRooms(page)).toEqual([]);
      // The styles of the other rooms, all of which are loaded now, leave pictures in their shape.
      await enter(page, 'train');
      await page.waitForSelector('.sample canvas', { timeout: PATIENCE });
      const squashed = async () =>
        (await ratiosOf(page, '.sample canvas, .tiles:not(.strip) canvas')).filter((ratio) => !(Math.abs(ratio - 1) < 0.05));
      await expect.poll(squashed, { timeout: 30_000, interval: 200 }).toEqual([]);
    }
    expect(heard).toEqual([]);
  });
});
