import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import * as paredown from 'paredown/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { browserToTest, withBrowser } from './support/browsers.ts';
import { bundlers, outsideProject } from './support/bundlers.ts';
import { type Served, servePage } from './support/served.ts';

const PROGRAM = `import { openGpu, classifier, decodeModel } from 'paredown';
globalThis.classify = async (bytes, image) => {
  const gpu = await openGpu();
  const made = await classifier(gpu, decodeModel(bytes));
  const classes = await made.classify(image);
  await made.destroy();
  await gpu.destroy();
  return classes;
};
`;
const PROCESS = fileURLToPath(new URL('support/bundle-process.mjs', import.meta.url));

/** What the page loads before it asks for a model, in bytes after gzip: 60 kB is promised. */
const MOST_AT_FIRST = 60_000;

const IMAGE = {
  width: 28,
  height: 28,
  data: Uint8ClampedArray.from({ length: 28 * 28 * 4 }, (_, i) => (i % 4 === 3 ? 255 : (i * i * 7 + 13 * i) % 256)),
};
let file: Uint8Array;
let expected: readonly paredown.Classification[];

beforeAll(async () => {
  const { avgPool2d, batchNorm, conv2d, dense, flatten, maxPool2d } = paredown;
  const network = paredown.model(
    [28, 28, 1],
    [
      conv2d(4, 5, { activation: 'relu' }),
      maxPool2d(2),
      conv2d(8, 3, { padding: 'same' }),
      batchNorm(),
      avgPool2d(2),
      flatten(),
      dense(10),
    ],
  );
  const input = { shape: network.input, scale: 1 / 255, offset: 0, classNames: [...'abcdefghij'] };
  await using gpu = await paredown.openGpu();
  await using trainer = await paredown.trainer(gpu, network, {
    batch: 2,
    optimizer: paredown.sgd({ learningRate: 0.1 }),
    seed: 3,
  });
  file = paredown.encodeModel(network, await trainer.weights(), { input });
  await using classifier = await paredown.classifier(gpu, paredown.decodeModel(file));
  expected = await classifier.classify(IMAGE);
});

/** The files of a folder by name. */
async function filesOf(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => /\.m?js$/.test(name));
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)));
}

/** A file and those that it imports, import() aside. */
function loadedAtFirst(files: ReadonlyMap<string, string>, name: string, seen = new Set<string>()): Set<string> {
  const code = files.get(name);
  if (code === undefined || seen.has(name)) return seen;
  seen.add(name);
  for (const [, path = ''] of code.matchAll(/\b(?:from|import)\s*["']\.\/([^"']+)["']/g)) loadedAtFirst(files, path, seen);
  return seen;
}

function gzipped(files: ReadonlyMap<string, string>, names: Iterable<string>): number {
  return [...names].reduce((bytes, name) => bytes + gzipSync(files.get(name) ?? '').byteLength, 0);
}

function expectSame(classes: readonly paredown.Classification[]): void {
  expect(classes.map(({ class: name }) => name)).toEqual(expected.map(({ class: name }) => name));
  // Four layers of sums of at most 1,152 terms of magnitudes below 1, perhaps by another driver.
  classes.forEach(({ probability }, place) => {
    expect(probability).toBeCloseTo(expected[place]?.probability ?? Number.NaN, 5);
  });
}

describe.each(Object.entries(bundlers))('a classifier in a bundle of %s', (name, bundle) => {
  test('classifies, and costs what is promised', { timeout: 300_000 }, async () => {
    await using project = await outsideProject(PROGRAM);
    const out = join(project.folder, 'out');
    await bundle(project.entry, out);
    const files = await filesOf(out);
    if (name !== 'esbuild, into one file') expect(gzipped(files, loadedAtFirst(files, 'main.js'))).toBeLessThan(MOST_AT_FIRST);

    const model = join(project.folder, 'model.safetensors');
    await writeFile(model, file);
    const image = JSON.stringify({ ...IMAGE, data: [...IMAGE.data] });
    const { stdout } = await promisify(execFile)(process.execPath, [PROCESS, join(out, 'main.js'), model, image]);
    expectSame(JSON.parse(stdout));
  });
});

test('Chromium loads of a bundle the kernels of the network alone, and classifies', { timeout: 300_000 }, async ({ skip }) => {
  const path = browserToTest('chromium', skip);
  await using project = await outsideProject(PROGRAM);
  const out = join(project.folder, 'out');
  await bundlers.esbuild?.(project.entry, out);
  const files = await filesOf(out);
  const given: Record<string, Served> = Object.fromEntries([...files].map(([name, code]) => [`/${name}`, code]));
  await using site = await servePage({ ...given, '/model': file });
  const script = `import('/main.js')
    .then(() => fetch('/model'))
    .then((response) => response.arrayBuffer())
    .then((bytes) => classify(new Uint8Array(bytes), { width: 28, height: 28, data: Uint8ClampedArray.from(${JSON.stringify([...IMAGE.data])}) }))
    .then((classes) => ({ classes, loaded: performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname.slice(1)) }))`;
  const { classes, loaded } = await withBrowser(
    'chromium',
    path,
    async (browser) => {
      const page = await browser.newPage();
      await page.goto(site.url);
      return (await page.evaluate(script)) as { classes: paredown.Classification[]; loaded: string[] };
    },
    { timeoutMs: 240_000 },
  );
  expectSame(classes);
  const modules = loaded.filter((name) => files.has(name));
  expect(modules).toContain('main.js');
  expect(modules.length).toBeLessThan(files.size);
  // A quarter of all kernels is not needed: normalisations of batches, separable and broadcast ones.
  expect(gzipped(files, modules)).toBeLessThan(gzipped(files, files.keys()) - 10_000);
});
