import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { encode } from 'fast-png';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PageClassifier } from '../src/export/html/script/classifier.ts';
import { conv2d, type DecodedModel, decodeModel, dense, encodeHtml, flatten, model } from '../src/node.ts';
import { type BrowserName, browserToTest, startBrowser } from './support/browsers.ts';
import { drawnWeights } from './support/exported-models.ts';
import { paredownOf } from './support/html-page.ts';

/** A network that was trained on MNIST, 697 parameters. */
const RECORD = fileURLToPath(new URL('../docs/results/records/mnist-97.5-seed1.safetensors', import.meta.url));
const HOSTILE = [
  '</script><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"',
  '&lt;',
  '\u202e',
  '<!--',
  "'",
  '\\',
  '\0',
  '7',
];

/** A camera that shows a pattern, and asks nobody. */
const FAKE_CAMERA = { 'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true };

let folder: string;
let digits: DecodedModel;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-html-'));
  digits = decodeModel(new Uint8Array(await readFile(RECORD)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A 1, in white on black or the other way round, larger than the network's input. */
function one(ink: number, paper: number): { width: number; height: number; data: Uint8ClampedArray } {
  const [width, height] = [140, 140];
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => {
    const [x, y] = [(i >> 2) % width, Math.floor((i >> 2) / width)];
    if (i % 4 === 3) return 255;
    return x > 64 && x < 78 && y > 25 && y < 115 ? ink : paper;
  });
  return { width, height, data };
}

async function pngFile(name: string, { width, height, data }: ReturnType<typeof one>): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, encode({ width, height, channels: 4, depth: 8, data: new Uint8Array(data) }));
  return path;
}

/** The top class as the page shows it, once it is what it should be; else what it is after a while. */
async function shownTop(page: Page, expected: string): Promise<string> {
  const told = () => page.$eval('#top', (element) => element.textContent ?? '');
  for (const end = Date.now() + 20_000; Date.now() < end; await new Promise((later) => setTimeout(later, 50)))
    if ((await told()) === expected) break;
  return told();
}

describe.each<BrowserName>(['chromium', 'firefox'])('a page in %s', (name) => {
  let browser: Browser | undefined;
  /** What pages said, and asked for beside themselves. */
  const heard: string[] = [];
  afterAll(() => browser?.close());

  async function opened(file: string, html: string, skip: (why: string) => void): Promise<Page> {
    browser ??= await startBrowser(name, browserToTest(name, skip), {
      webgpu: false,
      preferences: FAKE_CAMERA,
      args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      timeoutMs: 120_000,
    });
    const path = join(folder, file);
    await writeFile(path, html);
    const { href } = pathToFileURL(path);
    const page = await browser.newPage();
    await page.setViewport({ width: 390, height: 844 });
    heard.length = 0;
    page.on('console', (message) => heard.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => heard.push(String(error)));
    page.on('request', (request) => {
      // An empty icon in the file itself, so that no browser asks for one.
      if (request.url() !== href && request.url() !== 'data:,') heard.push(`asked for ${request.url().slice(0, 200)}`);
    });
    await page.goto(href);
    return page;
  }

  const digitsPage = () => encodeHtml(digits.model, digits.weights, { input: digits.input, title: 'Digits' });

  test('tells of an image what it tells elsewhere, and says nothing on the console', { timeout: 180_000 }, async ({ skip }) => {
    const html = digitsPage();
    const page = await opened('digits.html', html, skip);
    const image = one(255, 0);
    const expected = paredownOf(html).classify(image);
    const found = (await page.evaluate(
      ({ width, height, data }) => paredown.classify({ width, height, data: Uint8ClampedArray.from(data) }),
      { ...image, data: [...image.data] },
    )) as ReturnType<PageClassifier['classify']>;
    expect(found.map(({ class: own }) => own)).toEqual(expected.map(({ class: own }) => own));
    expect(found[0]?.class).toBe('1');
    expect(found[0]?.probability).toBeCloseTo(expected[0]?.probability ?? Number.NaN, 6);
    expect(heard).toEqual([]);
    await page.close();
  });

  test('takes what is drawn, chosen, pasted and dropped', { timeout: 180_000 }, async ({ skip }) => {
    const page = await opened('digits.html', digitsPage(), skip);
    expect(await shownTop(page, 'Nothing drawn yet')).toBe('Nothing drawn yet');

    const { x = 0, y = 0, width = 0, height = 0 } = (await (await page.$('#canvas'))?.boundingBox()) ?? {};
    const [middle, up, down] = [x + width / 2, y + 0.22 * height, y + 0.78 * height];
    await page.mouse.move(middle, up);
    await page.mouse.down();
    for (let step = 1; step <= 8; step++) await page.mouse.move(middle, up + (step / 8) * (down - up));
    await page.mouse.up();
    expect(await shownTop(page, '1')).toBe('1');
    const bars = await page.$$eval('#classes li', (rows) => rows.map((row) => row.textContent ?? ''));
    expect(bars.length).toBe(10);
    for (const text of bars) expect(text).toMatch(/^\d(> )?\d+\.\d%$/);
    // A screen reader hears of it when the drawing has stood for a while.
    await page.waitForFunction(() => /^1, /.test(document.getElementById('status')?.textContent ?? ''), { timeout: 20_000 });

    await (await page.$('#clear'))?.click();
    expect(await shownTop(page, 'Nothing drawn yet')).toBe('Nothing drawn yet');

    const file = (await page.$('#file')) as ElementHandle<HTMLInputElement>;
    await file.uploadFile(await pngFile('one.png', one(255, 0)));
    expect(await shownTop(page, '1')).toBe('1');

    // Dark ink on paper, once light and dark are swapped.
    await (await page.$('#clear'))?.click();
    await (await page.$('#invert'))?.click();
    await file.uploadFile(await pngFile('ink.png', one(0, 255)));
    expect(await shownTop(page, '1')).toBe('1');
    await (await page.$('#invert'))?.click();

    const png = [...encode({ width: 140, height: 140, channels: 4, depth: 8, data: new Uint8Array(one(255, 0).data) })];
    for (const way of ['paste', 'drop'] as const) {
      await (await page.$('#clear'))?.click();
      await page.evaluate(
        (bytes, event) => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(bytes)], 'one.png', { type: 'image/png' }));
          // Firefox lets nobody make an event of the clipboard that holds files.
          const name = event === 'paste' ? 'clipboardData' : 'dataTransfer';
          document.dispatchEvent(Object.defineProperty(new Event(event, { cancelable: true }), name, { value: data }));
        },
        png,
        way,
      );
      expect(await shownTop(page, '1'), way).toBe('1');
    }
    expect(heard).toEqual([]);
    await page.close();
  });

  test('says what is wrong with a file, by its name as text', { timeout: 180_000 }, async ({ skip }) => {
    const page = await opened('digits.html', digitsPage(), skip);
    const path = join(folder, '<b>damaged<b>.png');
    await writeFile(path, 'no image');
    await ((await page.$('#file')) as ElementHandle<HTMLInputElement>).uploadFile(path);
    await page.waitForFunction(() => document.getElementById('message')?.textContent !== '', { timeout: 20_000 });
    expect(await page.$eval('#message', (element) => [element.textContent, element.childElementCount])).toEqual([
      '<b>damaged<b>.png is no image that this browser can read; choose a PNG or a JPEG',
      0,
    ]);
    expect(heard).toEqual([]);
    await page.close();
  });

  test('classifies what the camera shows, until it is stopped', { timeout: 180_000 }, async ({ skip }) => {
    const page = await opened('digits.html', digitsPage(), skip);
    const label = () => page.$eval('#camera', (element) => element.textContent);
    await (await page.$('#camera'))?.click();
    await page.waitForFunction(() => /^\d$/.test(document.getElementById('top')?.textContent ?? ''), { timeout: 60_000 });
    expect(await label()).toBe('Stop camera');
    await (await page.$('#camera'))?.click();
    expect(await label()).toBe('Camera');
    expect(await shownTop(page, 'Nothing drawn yet')).toBe('Nothing drawn yet');
    expect(await page.$eval('#video', (video) => (video as HTMLVideoElement).srcObject)).toBe(null);
    expect(heard).toEqual([]);
    await page.close();
  });

  test('shows hostile names as text, and runs nothing of them', { timeout: 180_000 }, async ({ skip }) => {
    const input = { shape: [28, 28, 1], scale: 1 / 255, offset: 0, classNames: HOSTILE };
    const title = '</title><script>alert(1)</script>';
    const page = await opened('hostile.html', encodeHtml(digits.model, digits.weights, { input, title }), skip);
    let dialogs = 0;
    page.on('dialog', (dialog) => {
      dialogs++;
      return dialog.dismiss();
    });
    expect(await page.title()).toBe(title);
    expect(await page.$eval('h1', (element) => element.textContent)).toBe(title);
    await page.evaluate(() => paredown.classify(new Uint8Array(784)));
    expect(await page.$$eval('.name', (names) => names.map((own) => own.textContent))).toEqual(HOSTILE);
    expect(await page.$$eval('img, b', (found) => found.length)).toBe(0);
    expect([dialogs, heard]).toEqual([0, []]);
    await page.close();
  });

  test('takes colours, and numbers, and fits 320 pixels', { timeout: 180_000 }, async ({ skip }) => {
    const coloured = model([6, 8, 3], [conv2d(2, 3), flatten(), dense(30)]);
    const input = { shape: coloured.input, scale: 1 / 255, offset: 0 };
    const long = Array.from({ length: 30 }, (_, i) => `a class whose name is long ${'x'.repeat(40)} ${i}`);
    const html = encodeHtml(coloured, drawnWeights(coloured, 1), { input: { ...input, classNames: long } });
    const page = await opened('colours.html', html, skip);
    await page.setViewport({ width: 320, height: 640 });
    expect(await page.$('#invert')).toBe(null);
    await ((await page.$('#file')) as ElementHandle<HTMLInputElement>).uploadFile(await pngFile('ink.png', one(0, 255)));
    const [first] = paredownOf(html).classify(one(0, 255));
    expect(await shownTop(page, first?.class ?? '')).toBe(first?.class);
    expect(await page.$$eval('#classes li', (rows) => rows.length)).toBe(12);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);

    const m = model([3], [dense(2)]);
    const numbers = encodeHtml(m, drawnWeights(m, 1), { input: { shape: [3], scale: 1, offset: 0, classNames: ['no', 'yes'] } });
    const other = await opened('numbers.html', numbers, skip);
    const typed = async (text: string) => {
      await other.$eval('#numbers', (field) => {
        (field as HTMLTextAreaElement).value = '';
      });
      await other.type('#numbers', text);
    };
    await typed('1, 2 ');
    expect(await other.$eval('#message', (element) => element.textContent)).toBe('The network takes 3 numbers, and there are 2');
    await typed('1 -2.5\n3e-1');
    const [best] = paredownOf(numbers).classify(Float32Array.of(1, -2.5, 0.3));
    expect(await shownTop(other, best?.class ?? '')).toBe(best?.class);
    expect(heard).toEqual([]);
    await page.close();
    await other.close();
  });
});
