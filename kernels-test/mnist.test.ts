import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DataError, OptionError } from '../src/core/errors.ts';
import { writeFileAtomic } from '../src/node/files.ts';
import { type MnistOptions, mnist, mnistFrom } from '../src/node/mnist.ts';
import { type MnistSource, OFFICIAL_MNIST } from '../src/node/mnist-source.ts';
import { dataFolder } from './support/data.ts';
import { idxImages, idxLabels, put, refusal, serve, useDataFolder } from './support/data-files.ts';

const TRAIN = 30;
const TEST = 10;

/** A small set in the published form. */
const FILES: Record<string, Uint8Array> = {
  'train-images-idx3-ubyte.gz': new Uint8Array(gzipSync(idxImages(TRAIN))),
  'train-labels-idx1-ubyte.gz': new Uint8Array(gzipSync(idxLabels(TRAIN))),
  't10k-images-idx3-ubyte.gz': new Uint8Array(gzipSync(idxImages(TEST))),
  't10k-labels-idx1-ubyte.gz': new Uint8Array(gzipSync(idxLabels(TEST))),
};
const NAMES = Object.keys(FILES);
const IMAGES = 'train-images-idx3-ubyte.gz';

function fileOf(name: string): Uint8Array {
  const bytes = FILES[name];
  if (!bytes) throw new Error(name);
  return bytes;
}

/** Mirrors that are given more time than any answer takes, however busy the machine is. */
const source = (...urls: string[]) => sourceWithin(30_000, ...urls);

function sourceWithin(milliseconds: number, ...urls: string[]): MnistSource {
  const remote = (name: string) => {
    const bytes = fileOf(name);
    return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  return {
    mirrors: { urls, connectMilliseconds: milliseconds, stallMilliseconds: milliseconds },
    files: {
      trainImages: remote('train-images-idx3-ubyte.gz'),
      trainLabels: remote('train-labels-idx1-ubyte.gz'),
      testImages: remote('t10k-images-idx3-ubyte.gz'),
      testLabels: remote('t10k-labels-idx1-ubyte.gz'),
    },
  };
}

const currentFolder = useDataFolder();
let folder: string;
let cache: string;
beforeEach(() => {
  folder = currentFolder();
  cache = join(folder, 'caches', 'paredown', 'mnist');
});

const offline = (options: MnistOptions = {}) => mnist({ validation: 5, offline: true, ...options });

describe('mnist from files', () => {
  it('splits the training files, the last ones for validation', async () => {
    const { train, validation, test } = await offline({ dir: await put(join(folder, 'data'), FILES) });
    const images = idxImages(TRAIN).subarray(16);
    expect(train).toMatchObject({ name: 'mnist', split: 'train', size: 25, inputShape: [28, 28, 1], classes: 10 });
    expect(train.classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(train).toMatchObject({ scale: 1 / 255, offset: 0 });
    expect(validation).toMatchObject({ split: 'validation', size: 5 });
    expect(test).toMatchObject({ split: 'test', size: TEST });
    expect(Buffer.compare(train.x as Uint8Array, images.subarray(0, 25 * 784))).toBe(0);
    expect(Buffer.compare(validation.x as Uint8Array, images.subarray(25 * 784))).toBe(0);
    expect([...validation.y]).toEqual([5, 6, 7, 8, 9]);
  });

  it('reads files that are not gzipped, or named with a dot', async () => {
    const plain = Object.fromEntries(NAMES.map((name) => [name.replace('.gz', ''), new Uint8Array(gunzipSync(fileOf(name)))]));
    const dotted = Object.fromEntries(NAMES.map((name) => [name.replace('-idx', '.idx'), fileOf(name)]));
    for (const [name, files] of Object.entries({ plain, dotted }))
      expect((await offline({ dir: await put(join(folder, name), files) })).train.size).toBe(25);
  });

  it.each<[string, (name: string) => string[], string]>([
    ['with folders of the names beside the files', (name) => [name.replace('-idx', '.idx'), `${name}/.keep`], ''],
    ['each in a folder of its name alone', (name) => [`${name}/${name}`], ''],
    ['each in a folder of its name, itself with a dot', (name) => [`${name}/${name.replace('-idx', '.idx')}`], ''],
    ["as Kaggle's archive unpacks", (name) => [`${name}/${name}`, name.replace('-idx', '.idx')], 'archive'],
    ['as torchvision lays them out', (name) => [name, `${name}.gz`], 'MNIST/raw'],
  ])('reads files %s', async (_, paths, below) => {
    const dir = join(folder, 'kaggle');
    for (const name of NAMES) {
      const bytes = new Uint8Array(gunzipSync(fileOf(name)));
      for (const path of paths(name.replace('.gz', ''))) {
        const target = join(dir, below, path);
        await mkdir(dirname(target), { recursive: true });
        await writeFile(target, path.endsWith('.gz') ? fileOf(name) : bytes);
      }
    }
    expect((await offline({ dir })).train.size).toBe(25);
  });

  it('looks in dir, dir/mnist, PAREDOWN_DATA/mnist and the cache, in this order', async () => {
    const oneLabel = (label: number) => ({ ...FILES, 'train-labels-idx1-ubyte.gz': idxLabels(TRAIN, () => label) });
    const found = async (options?: MnistOptions) => (await offline(options)).train.y[0];
    const dir = join(folder, 'dir');
    await put(cache, oneLabel(1));
    expect(await found()).toBe(1);
    expect(await found({ dir })).toBe(1);
    vi.stubEnv('PAREDOWN_DATA', join(folder, 'sets'));
    await put(join(folder, 'sets', 'mnist'), oneLabel(2));
    expect(await found({ dir })).toBe(2);
    await put(join(dir, 'mnist'), oneLabel(3));
    expect(await found({ dir })).toBe(3);
    await put(dir, oneLabel(4));
    expect(await found({ dir })).toBe(4);
  });

  it('offline, tells where it looked, what is missing there, and what to do', async () => {
    const dir = await put(join(folder, 'part'), { [IMAGES]: fileOf(IMAGES) });
    const error = await refusal(offline({ dir }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(`${dir}: lacks train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz`);
    expect(error.message).toContain(`${join(dir, 'mnist')}: no such folder`);
    expect(error.message).toContain(`${cache}: no such folder`);
    expect(error.message).toMatch(/Put train-images-idx3-ubyte.gz, .* PAREDOWN_DATA .* digits/);
  });

  const half = (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1);
  const labels = 'train-labels-idx1-ubyte.gz';
  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    ['a truncated gzip file', { [IMAGES]: half(fileOf(IMAGES)) }, /train-images-idx3-ubyte.gz: the gzip data .* truncated/],
    ['a truncated idx file', { [IMAGES]: half(idxImages(TRAIN)) }, /train-images-idx3-ubyte.gz, byte 11768: .* ends after 11752/],
    ['an empty file', { [labels]: new Uint8Array(0) }, /train-labels-idx1-ubyte.gz, byte 0: the file is empty/],
    ['a web page', { [labels]: new TextEncoder().encode('<!doctype html>') }, /byte 0: expected the magic number .* 3c 21 64 6f/],
    [
      'images of another size',
      { [IMAGES]: idxImages(TRAIN, 14) },
      /images of 28 x 28, shape \[n, 28, 28\], found \[30, 14, 14\]/,
    ],
    ['labels for images', { [IMAGES]: idxLabels(TRAIN) }, /images of 28 x 28, shape \[n, 28, 28\], found \[30\]/],
    ['images for labels', { [labels]: idxImages(TRAIN) }, /one label for each image, shape \[n\], found \[30, 28, 28\]/],
    [
      'more labels than images',
      { [labels]: idxLabels(31) },
      /train-images.* holds 30 images, but .*train-labels.* holds 31 labels/,
    ],
    ['a label of 10', { [labels]: idxLabels(TRAIN, (i) => (i === 7 ? 10 : 0)) }, /byte 15: label 7 is 10; expected .* 0 to 9/],
    ['signed bytes', { [labels]: idxLabels(TRAIN).map((byte, i) => (i === 2 ? 9 : byte)) }, /byte 2: .* found Int8Array/],
  ])('refuses %s', async (_, damage, message) => {
    const error = await refusal(offline({ dir: await put(join(folder, 'data'), { ...FILES, ...damage }) }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(join(folder, 'data'));
  });

  it.each([
    [{ folder: '/' }, /unknown option 'folder'; it takes dir, /],
    [{ dir: 5 }, /dir must be the path of a folder, got 5/],
    [{ validation: 0 }, /validation must be a positive integer, got 0/],
    [{ offline: 'yes' }, /offline must be true or false, got "yes"/],
  ])('refuses %j', async (options, message) => {
    const error = await refusal(mnist(options as MnistOptions));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(message);
  });

  it('refuses a validation set that takes all', async () => {
    const error = await refusal(offline({ dir: await put(join(folder, 'data'), FILES), validation: 30 }));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(/30 of 30 in .* leave none/);
  });
});

describe('mnist from mirrors', () => {
  const servers: Awaited<ReturnType<typeof serve>>[] = [];
  const requests: string[] = [];
  afterEach(async () => {
    requests.length = 0;
    for (const server of servers.splice(0)) await server.close();
  });

  /** Serves FILES, but for `broken` names, which `answer` treats as it likes. */
  async function mirror(answer?: (response: ServerResponse, bytes: Uint8Array) => void, broken = [IMAGES]): Promise<string> {
    const server = await serve((name, response) => {
      requests.push(name);
      if (answer && broken.includes(name)) answer(response, fileOf(name));
      else response.end(fileOf(name));
    });
    servers.push(server);
    return server.url;
  }

  it('downloads into the cache with progress, and not a second time', async () => {
    const mirrors = source(await mirror());
    const progress = new Map<string, number>();
    const onProgress = vi.fn(({ file, bytes, total }) => {
      expect(total).toBe(fileOf(file).length);
      expect(bytes).toBeGreaterThan(progress.get(file) ?? 0);
      progress.set(file, bytes);
    });
    const { train } = await mnistFrom(mirrors, { validation: 5, onProgress });
    expect(train.size).toBe(25);
    expect(Object.fromEntries(progress)).toEqual(Object.fromEntries(NAMES.map((name) => [name, fileOf(name).length])));
    expect((await readdir(cache)).sort()).toEqual([...NAMES].sort());
    await mnistFrom(mirrors, { validation: 5 });
    expect(requests).toHaveLength(NAMES.length);
  });

  it('downloads into PAREDOWN_DATA/mnist where that is set, and only what is missing', async () => {
    vi.stubEnv('PAREDOWN_DATA', join(folder, 'sets'));
    const target = await put(join(folder, 'sets', 'mnist'), { [IMAGES]: fileOf(IMAGES) });
    await mnistFrom(source(await mirror()), { validation: 5 });
    expect(await readdir(target)).toHaveLength(NAMES.length);
    expect(requests).toEqual(NAMES.filter((name) => name !== IMAGES));
  });

  const flipped = (bytes: Uint8Array) => bytes.map((byte, index) => (index === 100 ? byte ^ 1 : byte));
  const faults: [string, (response: ServerResponse, bytes: Uint8Array) => void, RegExp, patience?: number][] = [
    ['has no such file', (response) => response.writeHead(404).end('no'), /HTTP status 404 Not Found/],
    ['sends another file', (response, bytes) => response.end(flipped(bytes)), /expected SHA-256 [0-9a-f]{64}, but what came has/],
    ['sends too little', (response, bytes) => response.end(bytes.subarray(9)), /expected \d+ bytes, but only \d+ came/],
    ['sends too much', (response, bytes) => response.end(Buffer.concat([bytes, bytes])), /expected \d+ bytes, but more came/],
    [
      'closes the connection in the middle',
      (response, bytes) => {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 200), () => setTimeout(() => response.destroy(), 20));
      },
      /: (?!no answer|nothing more|expected)\S+/,
    ],
    ['never answers', () => undefined, /no answer within 0.7 s/, 700],
    [
      'stalls in the middle',
      (response, bytes) => {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 200));
      },
      /nothing more after 200 of \d+ bytes within 0.7 s/,
      700,
    ],
  ];

  it.each(faults)('goes to the next mirror when one %s', async (_, answer, _message, patience = 30_000) => {
    const { train } = await mnistFrom(sourceWithin(patience, await mirror(answer), await mirror()), { validation: 5 });
    expect(train.size).toBe(25);
    expect(Buffer.compare(await readFile(join(cache, IMAGES)), fileOf(IMAGES))).toBe(0);
  });

  it.each(faults)(
    'names the mirror and its fault when the only one %s, and keeps nothing of it',
    async (_, answer, message, patience = 30_000) => {
      const url = await mirror(answer);
      const error = await refusal(mnistFrom(sourceWithin(patience, url), { validation: 5 }));
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toContain(`${cache}: no such folder`);
      expect(error.message).toContain(`${url}${IMAGES}: `);
      expect(error.message).toMatch(message);
      expect(error.message).toContain('PAREDOWN_DATA');
      expect(await readdir(cache)).toEqual([]);
    },
  );

  it('tells when nothing listens', async () => {
    const url = await mirror();
    await servers.pop()?.close();
    expect((await refusal(mnistFrom(source(url), { validation: 5 }))).message).toMatch(/: connect ECONNREFUSED 127/);
  });

  it('asks no mirror when offline or already aborted', async () => {
    const mirrors = source(await mirror());
    expect(await refusal(mnistFrom(mirrors, { offline: true }))).toBeInstanceOf(DataError);
    expect((await refusal(mnistFrom(mirrors, { signal: AbortSignal.abort() }))).name).toBe('AbortError');
    expect(requests).toEqual([]);
  });

  it('stops at once when aborted in the middle of a download', async () => {
    const controller = new AbortController();
    const stalling = await mirror((response, bytes) => {
      response.write(bytes.subarray(0, 200));
      setTimeout(() => controller.abort(), 20);
    });
    const error = await refusal(mnistFrom(source(stalling, await mirror()), { signal: controller.signal }));
    expect(error.name).toBe('AbortError');
    expect(requests).toEqual([IMAGES]);
    expect(await readdir(cache)).toEqual([]);
  });

  it('tells when there is no folder to download to', async () => {
    await writeFile(join(folder, 'caches'), 'a file where the folder should be');
    const error = await refusal(mnistFrom(source(await mirror()), {}));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(`${cache}: cannot be written to (ENOTDIR)`);
    expect(requests).toEqual([]);
  });
});

describe('writeFileAtomic', () => {
  it('replaces a file whole, makes its folder, and leaves nothing beside it', async () => {
    const path = join(folder, 'a', 'b', 'file');
    await writeFileAtomic(path, new Uint8Array([1, 2, 3]));
    await Promise.all([writeFileAtomic(path, new Uint8Array(1e6).fill(4)), writeFileAtomic(path, new Uint8Array(1e6).fill(5))]);
    const bytes = await readFile(path);
    expect(bytes).toHaveLength(1e6);
    expect(new Set(bytes).size).toBe(1);
    expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file']);
  });

  it('keeps what was there, and leaves nothing behind, when it fails', async () => {
    const path = join(folder, 'file');
    await mkdir(join(path, 'in-the-way'), { recursive: true });
    await expect(writeFileAtomic(path, 'text')).rejects.toThrow(/it is a folder, and a file was expected/);
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('clears away what a killed process left long ago, and not what another is writing', async () => {
    const path = join(folder, 'file');
    await writeFile(`${path}.partial-1-0`, 'old');
    await writeFile(`${path}.partial-2-0`, 'new');
    const dayAgo = new Date(Date.now() - 24 * 60 * 60 * 1000);
    await utimes(`${path}.partial-1-0`, dayAgo, dayAgo);
    await writeFileAtomic(path, 'text');
    expect((await readdir(folder)).sort()).toEqual(['file', 'file.partial-2-0']);
  });
});

const real = dataFolder();
describe.skipIf(!real)(`the official files${real ? '' : ' (skipped: no data folder; set PAREDOWN_DATA)'}`, () => {
  it('read as 55,000 / 5,000 / 10,000 with the published label counts', async () => {
    const { train, validation, test } = await offline({ dir: real, validation: 5000 });
    expect([train.size, validation.size, test.size]).toEqual([55_000, 5_000, 10_000]);
    const counts = Array<number>(10).fill(0);
    for (const label of test.y) counts[label] = (counts[label] ?? 0) + 1;
    expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect([...train.y.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    let sum = 0;
    for (const { x } of [train, validation]) for (let i = 0; i < x.length; i++) sum += x[i] as number;
    expect(sum / (60_000 * 784) / 255).toBeCloseTo(0.1307, 4);
  });

  it('pass the size and the hash asked of a download', async () => {
    const mirrorFolder = join(real ?? '', 'mnist');
    const server = await serve(async (name, response) => {
      response.end(await readFile(join(mirrorFolder, name)).catch(() => ''));
    });
    try {
      const { test } = await mnistFrom({ ...OFFICIAL_MNIST, mirrors: { ...OFFICIAL_MNIST.mirrors, urls: [server.url] } }, {});
      expect(test.size).toBe(10_000);
    } finally {
      await server.close();
    }
  });
});
