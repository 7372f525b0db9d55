import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { encode } from 'fast-png';
import type { ElementHandle } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { browserToTest, withBrowser } from './support/browsers.ts';
import { onnxNetwork } from './support/onnx-runtime.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);
const PIXELS = 28 * 28;

let folder: string;
let images: Uint8Array;
/** The probabilities of the first two images. */
let expected: readonly (readonly number[])[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paredown-onnx-'));
  const { stdout } = await run(process.execPath, ['--import', 'tsx', 'examples/export/onnx.ts', folder], { cwd: root });
  expect(stdout).toMatch(/network\.onnx: \d+ bytes, test accuracy 0\.\d+/);
  images = await readFile(join(folder, 'images.bin'));
  const network = await onnxNetwork(await readFile(join(folder, 'network.onnx')));
  const { data } = await network.run({ shape: [2, 28, 28, 1], data: Uint8Array.from(images.subarray(0, 2 * PIXELS)) });
  await network.release();
  expected = [[...data.subarray(0, 10)], [...data.subarray(10)]];
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the page classifies a picture', { timeout: 120_000 }, async ({ skip }) => {
  const picture = join(folder, 'digit.png');
  await writeFile(picture, encode({ width: 28, height: 28, data: images.subarray(0, PIXELS), channels: 1, depth: 8 }));
  const site = 'http://localhost';
  const shown = await withBrowser(
    'chromium',
    browserToTest('chromium', skip),
    async (browser) => {
      const page = await browser.newPage();
      await page.setRequestInterception(true);
      page.on('request', async (request) => {
        const path = new URL(request.url()).pathname;
        const file = path.endsWith('.onnx') ? join(folder, 'network.onnx') : join(root, path);
        const types = { html: 'text/html', mjs: 'text/javascript', wasm: 'application/wasm' };
        const contentType = types[path.split('.').at(-1) as keyof typeof types] ?? 'application/octet-stream';
        const body = await readFile(file).catch(() => undefined);
        await request.respond(body ? { body, contentType } : { status: 404 });
      });
      await page.goto(`${site}/examples/export/onnx.html`);
      await page.waitForFunction("document.querySelector('input').onchange");
      const input = await page.$('input[type=file]');
      if (!input) throw new Error('The page has no input');
      await (input as ElementHandle<HTMLInputElement>).uploadFile(picture);
      await page.waitForFunction("document.querySelector('pre').textContent");
      return String(await page.evaluate("document.querySelector('pre').textContent"));
    },
    { webgpu: false },
  );
  const found = shown.split('\n').map((line) => Number(line.replace(/^\d+: /, '')));
  expect(found).toHaveLength(10);
  for (const [index, probability] of found.entries()) expect(probability).toBeCloseTo(expected[0]?.[index] ?? Number.NaN, 2);
});

test.for<[string, string, string[]]>([
  ['predict_onnx.py', 'network.onnx', ['numpy', 'onnxruntime']],
  ['predict_safetensors.py', 'network.safetensors', ['numpy']],
])('%s names the most probable class of each image', { timeout: 120_000 }, async ([script, file, needed], { skip }) => {
  const python = process.env.PYTHON ?? 'python3';
  const has = await run(python, ['-c', `import ${needed.join()}`]).then(
    () => true,
    () => false,
  );
  if (!has) skip(`no Python with ${needed.join(' and ')}: pip install them, or name one in the environment variable PYTHON`);
  const files = [join(root, 'examples/export', script), join(folder, file), join(folder, 'images.bin')];
  const { stdout } = await run(python, files);
  const lines = stdout.trim().split('\n');
  expect(lines).toHaveLength(10);
  for (const [index, row] of expected.entries()) {
    const [name, probability] = lines[index]?.split(' ') ?? [];
    expect(Number(name)).toBe(row.indexOf(Math.max(...row)));
    expect(Number(probability)).toBeCloseTo(Math.max(...row), 2);
  }
});
