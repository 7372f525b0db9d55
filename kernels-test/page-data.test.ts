// The demo page in Chromium: its data, its network, and what it finds again after a reload.
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode } from 'fast-png';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Dataset } from '../src/data/dataset.ts';
import { imageFolder } from '../src/node/image-folder.ts';
import { dense, encodeOnnx, flatten, model } from '../src/node.ts';
import { browserToTest, startBrowser } from './support/browsers.ts';
import { idxImages, idxLabels, put } from './support/data-files.ts';
import { BASELINE_JPEG, GREY_JPEG } from './support/jpeg-files.ts';
import { serveDemo } from './support/page.ts';
import { weightsFrom } from './support/weights.ts';

/** Of any one thing that a page is to do: it may share the machine. */
const TIMEOUT = 180_000;
const MARKUP = '<img src=x onerror=document.title="hacked">';

let demo: Awaited<ReturnType<typeof serveDemo>>;
let browser: Browser;
let folder: string;
let page: Page;
/** Why there is no browser. */
let missing: string | undefined;
let errors: string[];

beforeAll(async () => {
  const path = chromium();
  if (!path) return;
  folder = await mkdtemp(join(tmpdir(), 'paredown-page-data-'));
  demo = await serveDemo();
  // A camera that shows a moving picture, and may be used.
  const args = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
  browser = await startBrowser('chromium', path, { args });
}, TIMEOUT);
afterAll(async () => {
  await browser?.close();
  await demo?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true, force: true });
});

function chromium(): string | undefined {
  try {
    return browserToTest('chromium', (why) => {
      missing = why;
    });
  } catch (error) {
    if (missing === undefined) throw error;
    return undefined;
  }
}

beforeEach(async ({ skip }) => {
  if (missing) skip(missing);
  page = await opened(browser);
});
afterEach(async () => {
  if (!page) return;
  // Each test begins with an empty store.
  const context = page.browserContext();
  const url = page.url();
  await page.goto('about:blank');
  await context.close();
  expect(url).toContain(demo.url);
  expect(errors).toEqual([]);
});

/** A page with a store of its own. */
async function opened(of: Browser): Promise<Page> {
  const context = await of.createBrowserContext();
  const fresh = await context.newPage();
  errors = [];
  fresh.on('pageerror', (error) => errors.push(String(error)));
  await go(fresh, '#/data');
  return fresh;
}

async function go(where: Page, hash: string): Promise<void> {
  await where.goto(demo.url + hash);
  await until(where, () => document.querySelector('main')?.textContent?.includes('classes') || location.hash !== '#/data');
}

const until = (where: Page, holds: (text: string) => unknown, text = '') =>
  where.waitForFunction(holds, { timeout: TIMEOUT, polling: 200 }, text);
const untilText = (where: Page, text: string) =>
  until(where, (wanted) => document.querySelector('main')?.textContent?.includes(wanted), text);
const textOf = (selector: string) => page.$eval(selector, (element) => element.textContent ?? '');

/** A control by its label, or a button by what is on it. */
async function control(name: string): Promise<ElementHandle<Element>> {
  const found = await page.waitForSelector(`main ::-p-aria(${name})`, { timeout: TIMEOUT });
  if (!found) throw new Error(`no ${name}`);
  return found;
}
async function click(name: string): Promise<void> {
  const button = await page.waitForSelector(`main ::-p-aria([name="${name}"][role="button"])`, { timeout: TIMEOUT });
  await button?.evaluate((element) => (element as HTMLElement).click());
}
async function type(name: string, text: string): Promise<void> {
  const input = await control(name);
  await input.evaluate((element) => (element as HTMLInputElement).select());
  await page.keyboard.press('Backspace');
  await input.type(text);
}
async function choose(path: string | readonly string[], index: 0 | 1): Promise<void> {
  const inputs = await page.$$('main input[type=file]');
  await (inputs[index] as ElementHandle<HTMLInputElement>).uploadFile(...[path].flat());
}

const png = (seed: number) =>
  encode({ width: 40, height: 30, channels: 1, data: Uint8Array.from({ length: 1200 }, (_, index) => (index * seed) & 255) });
const pngs = (count: number, from: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.png`, png(from + index)]));

/** 90 images to train on, 10 to watch by, 20 to test with, of ten classes. */
async function chooseSmallData(): Promise<void> {
  const small = await put(join(folder, 'small'), {
    'train-images-idx3-ubyte': idxImages(100),
    'train-labels-idx1-ubyte': idxLabels(100),
    't10k-images-idx3-ubyte': idxImages(20),
    't10k-labels-idx1-ubyte': idxLabels(20),
  });
  const names = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'];
  await choose(
    names.map((name) => join(small, `${name}-ubyte`)),
    1,
  );
  await untilText(page, '90 to train on');
}

interface Kept {
  readonly step: number;
  readonly ended: boolean;
  readonly network: string;
  readonly reports: readonly unknown[];
  readonly [split: string]: unknown;
}

/** What the page keeps, as it lies in the browser's storage; bytes as texts. */
const kept = (key: string) =>
  page.evaluate(
    (wanted) =>
      new Promise<Kept | undefined>((resolve, reject) => {
        const opening = indexedDB.open('paredown-page');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const asked = opening.result.transaction('kept').objectStore('kept').get(wanted);
          asked.onsuccess = () => {
            opening.result.close();
            const value = asked.result?.value;
            const text = (bytes: ArrayLike<number> | undefined) => Array.from(bytes ?? []).join();
            const splits = ['train', 'validation', 'test'].map((key) => [
              key,
              { x: text(value?.[key]?.x), y: text(value?.[key]?.y) },
            ]);
            resolve(value && { ...value, network: text(value.network), checkpoint: undefined, ...Object.fromEntries(splits) });
          };
        };
      }),
    key,
  );

test('images in folders of classes, with names and files that mean harm', { timeout: TIMEOUT }, async () => {
  const pets = join(folder, 'pets');
  await put(join(pets, 'cat'), { ...pngs(8, 1), 'cut.png': png(3).subarray(0, 60), 'notes.txt': new Uint8Array(3) });
  await put(join(pets, MARKUP), pngs(6, 20));
  await choose(pets, 0);
  await untilText(page, '1 image could not be decoded and is left out: pets/cat/cut.png.');
  const text = await textOf('main');
  expect(text).toContain('1 file left out');
  expect(text).toContain(MARKUP);
  expect(text).toContain('pets: 2 classes, images of 28 x 28, grey; 10 to train on');
  expect(await page.title()).toBe('paredown');
  expect(await page.$$eval('.classes .thumbnail', (pictures) => pictures.length)).toBe(10);

  // The network has followed, and a reload finds both, once they are kept.
  await expect.poll(async () => JSON.stringify(await kept('settings')), { timeout: TIMEOUT }).toContain('"units":2');
  await page.reload();
  await untilText(page, 'pets: 2 classes');
  await page.evaluate(() => {
    location.hash = '#/network';
  });
  await untilText(page, '[2], 514 parameters');
});

test('a folder of images is divided as the commands divide it', { timeout: TIMEOUT }, async () => {
  const pets = join(folder, 'divided');
  const colours = (seed: number, grey: boolean) => {
    const data = Uint8Array.from({ length: 3 * 1200 }, (_, index) => ((grey ? Math.floor(index / 3) : index) * seed) & 255);
    return encode({ width: 30, height: 40, channels: 3, data });
  };
  const some = (count: number, of: (index: number) => Uint8Array) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.png`, of(index)]));
  await put(join(pets, 'cat'), { ...some(9, (index) => png(index + 1)), 'jpeg.jpg': BASELINE_JPEG.file });
  // Two of them are copies of others, in three channels; some are as large as what is trained on.
  await put(
    join(pets, 'dog'),
    some(9, (index) => colours(index + 1, index % 2 === 0)),
  );
  await put(join(pets, '\u{1f408}'), { ...some(7, (index) => colours(20 + index, false)), 'jpeg.jpg': GREY_JPEG.file });
  await put(
    join(pets, '\uff23at'),
    some(7, (index) => encode({ width: 28, height: 28, channels: 1, data: square(index) })),
  );
  await choose(pets, 0);
  await untilText(page, 'divided: 4 classes');
  const here = await kept('data');

  const there = await imageFolder({ dir: pets, size: 28, channels: 1 });
  const textsOf = ({ x, y }: Dataset) => ({ x: Array.from(x).join(), y: Array.from(y).join() });
  for (const split of ['train', 'validation', 'test'] as const) expect(here?.[split]).toEqual(textsOf(there[split]));
});

const square = (index: number) => Uint8Array.from({ length: 784 }, (_, pixel) => (pixel * (2 * index + 3)) & 255);

test('pictures of a camera are taken class by class, and let go of it', { timeout: TIMEOUT }, async () => {
  await click('Open the camera');
  await page.waitForFunction(() => ((document.querySelector('video.camera') as HTMLVideoElement | null)?.readyState ?? 0) > 1, {
    timeout: TIMEOUT,
    polling: 200,
  });
  for (const name of ['near', 'far']) {
    await type('Class', name);
    await (await control('Hold to take pictures')).focus();
    await page.keyboard.down('Space');
    await page.waitForFunction(
      (wanted) => document.querySelectorAll(`[aria-label="Pictures of ${wanted}"] img`).length >= 5,
      { timeout: TIMEOUT, polling: 200 },
      name,
    );
    await page.keyboard.up('Space');
  }
  await click('Close');
  expect(await page.$('video.camera')).toBeNull();
  await click('Use the pictures');
  await untilText(page, 'pictures: 2 classes');

  // In the room for drawing one picture is enough.
  await go(page, '#/draw');
  await click('Open the camera');
  await page.waitForFunction(() => ((document.querySelector('video.camera') as HTMLVideoElement | null)?.readyState ?? 0) > 1, {
    timeout: TIMEOUT,
    polling: 200,
  });
  await page.evaluate(() =>
    Object.defineProperty(document.querySelector('video.camera'), 'readyState', { value: 1, configurable: true }),
  );
  await click('Take the picture');
  await untilText(page, 'The camera has no picture yet');
  await page.evaluate(() => Reflect.deleteProperty(document.querySelector('video.camera') as Element, 'readyState'));
  await click('Take the picture');
  await untilText(page, 'Shows the middle of what the camera saw.');
  expect(await page.$('video.camera')).toBeNull();
});

test('a camera that is permitted after its room was left is let go of', { timeout: TIMEOUT }, async () => {
  await page.evaluate(() => {
    const { mediaDevices } = navigator;
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (wanted) => {
      await new Promise((permitted) => addEventListener('permitted', permitted, { once: true }));
      const stream = await ask(wanted);
      Object.assign(globalThis, { tracks: stream.getTracks() });
      return stream;
    };
  });
  await click('Open the camera');
  await page.evaluate(() => {
    location.hash = '#/network';
  });
  await control('Epochs');
  await page.evaluate(() => dispatchEvent(new Event('permitted')));
  await until(page, () => {
    const { tracks = [] } = globalThis as { tracks?: readonly MediaStreamTrack[] };
    return tracks.length > 0 && tracks.every(({ readyState }) => readyState === 'ended');
  });
});

test('what cannot be trained on is refused by a message, and the data stay as they were', { timeout: TIMEOUT }, async () => {
  await untilText(page, 'digits: 10 classes');
  const lonely = join(folder, 'lonely');
  await put(join(lonely, 'cat'), pngs(8, 1));
  await put(join(lonely, 'dog'), pngs(1, 20));
  await choose(lonely, 0);
  await untilText(page, 'the class "dog" has 1 distinct image');

  const film = join(folder, 'film.png');
  await writeFile(film, '');
  await truncate(film, 200 * 2 ** 20);
  await choose(film, 1);
  await untilText(page, 'film.png has 200 MiB');

  await type('Or MNIST from an address', `${demo.url}nowhere/`);
  await click('Load');
  await untilText(page, 'there is no such file (404)');
  await untilText(page, 'digits: 10 classes');
});

test('a training goes on after a reload, bit for bit as one that was never interrupted', { timeout: 4 * TIMEOUT }, async () => {
  await chooseSmallData();
  await go(page, '#/network');
  await click('Take nahhas/double-cnn');
  await type('Epochs', '40');
  await type('Images a step (batch)', '30');
  await type('Moved at random, pixels', '1');
  await page.evaluate(() => {
    location.hash = '#/';
  });
  await untilText(page, '40 epochs, batches of 30');
  await click('Train');
  await untilText(page, 'Trained.');
  const uninterrupted = await kept('training');
  expect(uninterrupted).toMatchObject({ step: 120, ended: true });

  await click('Train anew');
  await untilText(page, 'Step ');
  await click('Stop');
  await untilText(page, 'Stopped; it can go on');
  const stopped = await kept('training');
  expect(stopped?.ended).toBe(false);
  expect(stopped?.step).toBeLessThan(120);
  await page.reload();
  await untilText(page, 'Stopped; it can go on');
  expect(await textOf('main')).toMatch(/Step \d+ of 120/);
  await click('Go on');
  await untilText(page, 'Trained.');
  const goneOn = await kept('training');
  expect(goneOn).toMatchObject({ step: 120, ended: true });
  expect(goneOn?.network).toBe(uninterrupted?.network);
});

test('a network from a file is there after a reload, until another is trained', { timeout: 2 * TIMEOUT }, async () => {
  const network = model([28, 28, 1], [flatten(), dense(10)]);
  const weights = weightsFrom(network, 1);
  const file = join(folder, 'lines.onnx');
  await writeFile(file, encodeOnnx(network, weights));
  await chooseSmallData();
  await go(page, '#/take');
  await page.waitForSelector('#load', { timeout: TIMEOUT });
  await choose(file, 0);
  await untilText(page, 'lines.onnx: the network lines, 7,850 parameters');
  // How its pixels are scaled stays, too.
  await page.select('main .field select', '2');
  await untilText(page, 'bytes x 1.');
  const before = await kept('subject');
  await page.reload();
  await untilText(page, 'The network lines: 28 x 28 x 1 in, 10 classes out, 7,850 parameters');
  await untilText(page, 'bytes x 1.');
  expect((await kept('subject'))?.network).toBe(before?.network);

  await go(page, '#/network');
  await type('Epochs', '1');
  await page.evaluate(() => {
    location.hash = '#/';
  });
  await untilText(page, '1 epochs');
  await click('Train');
  await untilText(page, 'Trained.');
  expect(await kept('subject')).toBeUndefined();
  await page.reload();
  await page.evaluate(() => {
    location.hash = '#/take';
  });
  await untilText(page, 'The network MNIST');
});

test('what is typed into a network stays, wrong as it is, and can be taken back', { timeout: TIMEOUT }, async () => {
  await go(page, '#/network');
  await type('filters', 'many');
  await untilText(page, 'Layer 1: filters must be a positive integer, got "many"');
  // It is kept a moment later.
  await page.waitForFunction(
    () =>
      new Promise<boolean>((resolve) => {
        const opening = indexedDB.open('paredown-page');
        opening.onsuccess = () => {
          const asked = opening.result.transaction('kept').objectStore('kept').get('settings');
          asked.onsuccess = () => {
            opening.result.close();
            resolve(asked.result?.value.layers[0].filters === 'many');
          };
        };
      }),
    { timeout: TIMEOUT, polling: 200 },
  );
  await page.reload();
  await untilText(page, 'Layer 1: filters must be a positive integer, got "many"');
  await type('filters', '4');
  await untilText(page, '[24, 24, 4], 104 parameters');
  await click('Remove layer 5, flatten');
  await untilText(page, 'Layer 5: needs a vector');
  await click('Undo');
  await untilText(page, '[10], 2,570 parameters');
});

test('a store that is damaged is dropped with a word', { timeout: TIMEOUT }, async () => {
  await page.waitForFunction(() => indexedDB.databases().then((all) => all.length > 0), { timeout: TIMEOUT, polling: 200 });
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const opening = indexedDB.open('paredown-page');
        opening.onsuccess = () => {
          const writing = opening.result.transaction('kept', 'readwrite');
          const damaged = { request: { model: { layers: 7 } }, checkpoint: new Uint8Array(4) };
          writing.objectStore('kept').put({ format: 1, value: damaged }, 'training');
          writing.objectStore('kept').put({ format: 99, value: {} }, 'data');
          writing.objectStore('kept').put({ format: 1, value: { network: new Uint8Array(4) } }, 'subject');
          writing.objectStore('kept').put('nonsense', 'settings');
          writing.oncomplete = () => {
            opening.result.close();
            resolve();
          };
        };
      }),
  );
  await page.reload();
  for (const what of ['network and recipe', 'data', 'training', 'loaded network'])
    await untilText(page, `The ${what} that this page had kept could not be read`);
  await untilText(page, 'digits: 10 classes');
});

test('a second tab says that another has the store, and takes it over when that is closed', { timeout: TIMEOUT }, async () => {
  await untilText(page, 'digits: 10 classes');
  const second = await page.browserContext().newPage();
  await go(second, '#/data');
  await untilText(second, 'open in another tab');
  const first = page;
  page = second;
  await first.close();
  await until(second, () => !document.querySelector('main')?.textContent?.includes('open in another tab'));
});
