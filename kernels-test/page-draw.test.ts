import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { unzipSync } from 'fflate';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { latest } from '../examples/page/app/latest.ts';
import { prepared } from '../examples/page/engine/draw/prepare.ts';
import {
  type Classification,
  classifier,
  type DecodedModel,
  decodeModel,
  decodeOnnx,
  encodeModel,
  type PixelArray,
  type Weights,
} from '../src/node.ts';
import { browserToTest, startBrowser } from './support/browsers.ts';
import { openTestGpu } from './support/gpu.ts';
import { serveDemo } from './support/page.ts';

const RECORD = fileURLToPath(new URL('../docs/results/records/mnist-95-seed1.safetensors', import.meta.url));
/** SwiftShader compiles kernels slowly where other work shares the processor. */
const PATIENCE = 120_000;
const HOSTILE = '<img src=x onerror="window.hacked=true">';

interface ClassifyingPage {
  readonly paredown: { classify(image: PixelArray): Classification[] };
}

describe('what a network is given of a picture', () => {
  const dot = (left: number, top: number) => {
    const data = new Uint8ClampedArray(4 * 100 * 100).map((_, at) => (at % 4 === 3 ? 255 : 0));
    for (let y = top; y < top + 10; y++)
      for (let x = left; x < left + 5; x++) data.fill(255, 4 * (100 * y + x), 4 * (100 * y + x) + 3);
    return { width: 100, height: 100, data, dark: true };
  };

  test('is its ink in the middle, as high as digits are, wherever it was drawn', () => {
    const [first, second] = [dot(3, 4), dot(80, 71)].map((picture) =>
      prepared({ ...picture, swap: false, centre: true }, [28, 28, 1]),
    );
    expect(first).toEqual(second);
    const rows = Array.from({ length: 28 }, (_, row) => Math.max(...(first?.subarray(28 * row, 28 * (row + 1)) ?? [])));
    // 20 of 28 rows, and a part of those beside them.
    expect(rows.flatMap((most, row) => (most === 255 ? [row] : []))).toEqual(Array.from({ length: 20 }, (_, i) => 4 + i));
  });

  test('is what was drawn, where it is not to be moved, and light and dark change places where they are to', () => {
    const plain = prepared({ ...dot(0, 0), swap: false, centre: false }, [10, 10, 1]);
    expect([plain[0], plain[10], plain[20]]).toEqual([128, 0, 0]);
    expect([...prepared({ ...dot(0, 0), swap: true, centre: false }, [10, 10, 1])]).toEqual([...plain].map((byte) => 255 - byte));
  });

  test('is nothing but the background where there is no ink', () => {
    const blank = { width: 5, height: 5, data: new Uint8ClampedArray(100), dark: false, swap: false, centre: true };
    expect([...prepared(blank, [2, 2, 1])]).toEqual([255, 255, 255, 255]);
  });
});

test('of what comes while an answer is made only the latest is asked', async () => {
  const asked: number[] = [];
  const answers: (() => void)[] = [];
  const ask = latest(async (given: number) => {
    asked.push(given);
    await new Promise<void>((answered) => answers.push(answered));
  });
  for (const given of [1, 2, 3]) ask(given);
  answers[0]?.();
  await new Promise((turn) => setTimeout(turn));
  expect(asked).toEqual([1, 3]);
});

describe('the page', { timeout: 3 * PATIENCE }, () => {
  let started: Promise<{ site: Awaited<ReturnType<typeof serveDemo>>; browser: Browser; page: Page }> | undefined;
  let network: DecodedModel;
  let folder: string;
  /** What was drawn as the network saw it, and what the page said of it. */
  let drawn: { readonly seen: readonly number[]; readonly probabilities: readonly number[] } | undefined;
  beforeAll(async () => {
    network = decodeModel(await readFile(RECORD));
    folder = await mkdtemp(join(tmpdir(), 'paredown-draw-'));
    const { model, weights, input } = network;
    if (!input) throw new Error('The record tells its input');
    const classNames = (input.classNames ?? []).map((name, index) => (index === 7 ? HOSTILE : name));
    await writeFile(join(folder, 'seven.safetensors'), encodeModel(model, weights, { input: { ...input, classNames } }));
  });
  afterAll(async () => {
    const { browser, site } = (await started?.catch(() => undefined)) ?? {};
    await browser?.close();
    await site?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** One page for all tests, which leave it to each other as a person would. */
  function demo(skip: (why: string) => void) {
    const path = browserToTest('chromium', skip);
    const start = async () => {
      const site = await serveDemo();
      const browser = await startBrowser('chromium', path, { timeoutMs: PATIENCE });
      return { site, browser, page: await opened(browser) };
    };
    started ??= start();
    return started;
  }

  async function opened(by: Browser): Promise<Page> {
    const made = await by.newPage();
    made.setDefaultTimeout(PATIENCE);
    await made.setViewport({ width: 1280, height: 900 });
    return made;
  }

  async function load(on: Page, url: string, file: string): Promise<void> {
    await on.goto(`${url}#/take`);
    await (await upload(on)).uploadFile(file);
  }

  async function upload(on: Page): Promise<ElementHandle<HTMLInputElement>> {
    const found = await on.waitForSelector('section[aria-labelledby=load] input[type=file]');
    if (!found) throw new Error('A network can be loaded');
    return found as ElementHandle<HTMLInputElement>;
  }

  /** Each file of the room, by its name. */
  async function downloads(on: Page): Promise<Map<string, Uint8Array>> {
    const target = await mkdtemp(join(folder, 'downloads-'));
    const client = await on.browser().target().createCDPSession();
    await client.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: target });
    // A button is off while its file is weighed again: it is pressed at the moment in which it is seen to be on.
    for (let index = 0; index < 6; index++)
      await on.waitForFunction(
        (at) => {
          const button = document.querySelectorAll<HTMLButtonElement>('.files button')[at];
          if (!button || button.disabled) return false;
          button.click();
          return true;
        },
        {},
        index,
      );
    const files = async () => (await readdir(target)).filter((name) => !name.endsWith('.crdownload'));
    await expect.poll(async () => (await files()).length, { timeout: PATIENCE, interval: 200 }).toBe(6);
    return new Map(await Promise.all((await files()).map(async (name) => [name, await readFile(join(target, name))] as const)));
  }

  /** What the network was given away as: a browser may hold a second batch of files back. */
  let taken: ReadonlyMap<string, Uint8Array> | undefined;

  /** The weights of a network, whatever its layers are called. */
  const numbersOf = (weights: Weights) => [...weights.values()].map(({ data }) => [...data]);

  test('tells the classes of a stroke as the engine does in Node, and shows their names as text', async ({ skip }) => {
    const { page, site } = await demo(skip);
    await load(page, site.url, join(folder, 'seven.safetensors'));
    await page.waitForFunction(() =>
      document.querySelector('section[aria-labelledby=load]')?.textContent?.includes('the network seven'),
    );
    await page.goto(`${site.url}#/draw`);
    const pad = await page.waitForSelector('canvas.pad');
    const box = await pad?.boundingBox();
    if (!box) throw new Error('There is something to draw on');
    const to = (x: number, y: number) => page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 5 });
    await to(0.3, 0.25);
    await page.mouse.down();
    await to(0.7, 0.25);
    await to(0.45, 0.8);
    await page.mouse.up();
    await page.waitForSelector('p.top strong');
    // What was asked last is answered when nothing changes any more.
    const text = () => page.$eval('.probabilities', (table) => table.textContent ?? '');
    let before = '';
    const stands = async () => {
      const now = await text();
      const same = now === before;
      before = now;
      return same;
    };
    await expect.poll(stands, { timeout: PATIENCE, interval: 1000 }).toBe(true);

    const rows = await page.$$eval('.probabilities tr', (all) =>
      all.map((row) => [row.querySelector('th')?.textContent ?? '', row.querySelector('.numbers')?.textContent ?? '']),
    );
    const probabilities = rows.map(([, share]) => Number(share?.replace('%', '')) / 100);
    expect(rows[7]?.[0]).toBe(HOSTILE);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
    expect(Math.abs(probabilities.reduce((sum, one) => sum + one, 0) - 1)).toBeLessThan(1e-3);

    const widths = await page.$$eval('.probability', (cells) =>
      cells.map((cell) => (cell.firstElementChild?.getBoundingClientRect().width ?? 0) / cell.getBoundingClientRect().width),
    );
    // A cell has a padding of a pixel.
    for (const [index, width] of widths.entries()) expect(Math.abs(width - (probabilities[index] ?? 0))).toBeLessThan(0.05);

    const seen = await page.$eval('.seen canvas', (canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height) ?? { data: [] };
      return [...data].filter((_, at) => at % 4 === 0);
    });
    expect(seen.length).toBe(784);
    drawn = { seen, probabilities };
    const gpu = await openTestGpu();
    const engine = await classifier(gpu, network);
    for (const { index, probability } of await engine.classify(Uint8Array.from(seen)))
      expect(Math.abs(probability - (probabilities[index] ?? Number.NaN))).toBeLessThan(1e-3);
    await engine.destroy();
    await gpu.destroy();
  });

  test.for(['occlusion', 'gradient'])('shows what the network looks at, by %s', async (look, { skip }) => {
    const { page } = await demo(skip);
    await page.select('section[aria-labelledby=seen] select', look);
    await page.$$eval('section[aria-labelledby=seen] button', ([button]) => button?.click());
    const words = look === 'occlusion' ? 'a grey patch takes from' : 'a change of a pixel';
    await page.waitForFunction(
      (wanted) => document.querySelector('section[aria-labelledby=seen] .status')?.textContent?.includes(wanted),
      {},
      words,
    );
    const opaque = await page.$eval('.overlay', (canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')?.getImageData(0, 0, width, height) ?? { data: [] };
      return Math.max(...[...data].filter((_, at) => at % 4 === 3));
    });
    expect(opaque).toBe(230);
  });

  test('gives the network away in every format, and each holds it', async ({ skip }) => {
    const { page, site } = await demo(skip);
    await page.goto(`${site.url}#/take`);
    const files = await downloads(page);
    taken = files;
    const file = (name: string) => files.get(name) ?? new Uint8Array();
    const { model, weights } = network;
    for (const name of ['seven.safetensors', 'seven.paredown']) {
      const found = decodeModel(file(name));
      expect(found.model).toEqual(model);
      expect(numbersOf(found.weights)).toEqual(numbersOf(weights));
      expect(found.input?.classNames?.[7]).toBe(HOSTILE);
    }
    expect(decodeOnnx(file('seven.onnx')).model.input).toEqual(model.input);
    expect(new TextDecoder().decode(file('seven.tflite').subarray(4, 8))).toBe('TFL3');
    expect(Object.keys(unzipSync(file('seven.zip')))).toEqual(['seven.h', 'seven.c', 'seven_test.c']);
  });

  test('gives it away as a page that says the same of the same stroke', async ({ skip }) => {
    const { page } = await demo(skip);
    if (!drawn) throw new Error('The first test draws');
    const content = taken?.get('seven.html');
    const file = join(folder, 'own.html');
    await writeFile(file, content ?? '');
    const own = await opened(page.browser());
    await own.goto(pathToFileURL(file).href);
    const answers = await own.evaluate(
      (bytes) =>
        (window as unknown as ClassifyingPage).paredown.classify({
          width: 28,
          height: 28,
          data: Uint8Array.from(bytes),
          channels: 1,
        }),
      [...drawn.seen],
    );
    for (const { index, probability } of answers)
      expect(Math.abs(probability - (drawn.probabilities[index] ?? Number.NaN))).toBeLessThan(1e-3);
    expect(answers.find(({ index }) => index === 7)?.class).toBe(HOSTILE);
    await own.close();
  });

  test.for<[string, string, (path: string) => Promise<void>, RegExp]>([
    [
      'a damaged file',
      'cut.safetensors',
      async (path: string) => writeFile(path, (await readFile(RECORD)).subarray(0, 3000)),
      /can't be loaded/,
    ],
    ['a file of another kind', 'notes.txt', (path: string) => writeFile(path, 'nothing to see here'), /is no model/],
    ['an empty file', 'empty.onnx', (path: string) => writeFile(path, ''), /is empty/],
    [
      'a file of 200 MB',
      'large.onnx',
      async (path: string) => {
        await using file = await open(path, 'w');
        await file.truncate(200e6);
      },
      /191 MiB, more than/,
    ],
  ])('refuses %s with a message, and keeps its network', async ([, name, write, message], { skip }) => {
    const { page } = await demo(skip);
    const path = join(folder, name);
    await write(path);
    await (await upload(page)).uploadFile(path);
    await page.waitForFunction(
      (wanted) => document.querySelector('section[aria-labelledby=load] [role=alert]')?.textContent?.includes(wanted),
      {},
      name,
    );
    expect(await page.$eval('section[aria-labelledby=load] [role=alert]', (alert) => alert.textContent)).toMatch(message);
    expect(await page.$eval('section[aria-labelledby=leave]', (leave) => leave.textContent)).toContain('seven');
  });

  test('without WebGPU takes a network and gives it away, and says what that leaves to do', async ({ skip }) => {
    const { site } = await demo(skip);
    const without = await startBrowser('chromium', browserToTest('chromium', skip), { webgpu: false, timeoutMs: PATIENCE });
    try {
      const other = await opened(without);
      await load(other, site.url, join(folder, 'seven.safetensors'));
      expect((await downloads(other)).size).toBe(6);
      await other.goto(`${site.url}#/draw`);
      await other.waitForFunction(() =>
        document.querySelector('section[aria-labelledby=answer]')?.textContent?.includes('Without WebGPU'),
      );
    } finally {
      await without.close();
    }
  });
});
