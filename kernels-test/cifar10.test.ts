import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DataError, OptionError } from '../src/core/errors.ts';
import type { Dataset } from '../src/data/dataset.ts';
import { tarFiles } from '../src/data/tar.ts';
import { type Cifar10Options, type Cifar10Source, cifar10, cifar10From } from '../src/node/cifar10.ts';
import { dataFolder } from './support/data.ts';
import { put, refusal, serve, useDataFolder } from './support/data-files.ts';

const RECORD = 3073;
const PLANE = 1024;
const PER_BATCH = 4;
const NAMES = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
const ARCHIVE = 'cifar-10-binary.tar.gz';

/** The byte of an image that no other image has in this place. */
const value = (image: number, row: number, column: number, channel: number) =>
  (image * 101 + row * 7 + column * 3 + channel * 85) & 255;

/** A batch of images from number `first` on, image i with label i mod 10. */
function batch(first: number, count = PER_BATCH): Uint8Array {
  const bytes = new Uint8Array(count * RECORD);
  for (let i = 0; i < count; i++) {
    bytes[i * RECORD] = (first + i) % 10;
    for (let channel = 0; channel < 3; channel++)
      for (let pixel = 0; pixel < PLANE; pixel++)
        bytes[i * RECORD + 1 + channel * PLANE + pixel] = value(first + i, pixel >> 5, pixel & 31, channel);
  }
  return bytes;
}

const gzip = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
const BATCHES = Object.fromEntries(NAMES.map((name, i) => [name, batch(i * PER_BATCH)]));
const TEST = { 'test_batch.bin': batch(90, 3) };
const ALL = { ...BATCHES, ...TEST };

const currentFolder = useDataFolder();
let folder: string;
let cache: string;
beforeEach(() => {
  folder = currentFolder();
  cache = join(folder, 'caches', 'paredown', 'cifar-10-batches-bin');
});

/** The archive as published: a gzipped tar of a folder of the files, by the system's tar. */
async function archive(files: Record<string, Uint8Array> = ALL): Promise<Uint8Array> {
  await put(join(folder, 'packed', 'cifar-10-batches-bin'), { 'batches.meta.txt': new Uint8Array([65, 10]), ...files });
  execFileSync('tar', ['--format=ustar', '-czf', join(folder, ARCHIVE), '-C', join(folder, 'packed'), 'cifar-10-batches-bin']);
  await rm(join(folder, 'packed'), { recursive: true });
  return new Uint8Array(await readFile(join(folder, ARCHIVE)));
}

const offline = (options: Cifar10Options = {}) => cifar10({ offline: true, ...options });

/** The label of each image, and a check that its pixels are in the order row, column, channel. */
function images(data: Dataset, first: number): number[] {
  const x = data.x as Uint8Array;
  for (let image = 0; image < data.size; image++)
    for (const [row, column, channel] of [
      [0, 0, 0],
      [0, 0, 2],
      [0, 1, 0],
      [31, 30, 1],
      [31, 31, 2],
    ] as const)
      expect(x[((image * 32 + row) * 32 + column) * 3 + channel]).toBe(value(first + image, row, column, channel));
  return [...data.y];
}

describe('cifar10 from files', () => {
  it('joins the five batches in order, interleaves their planes, and takes the last tenth for validation', async () => {
    const { train, validation, test } = await offline({ dir: await put(join(folder, 'data'), ALL) });
    expect(train).toMatchObject({ name: 'cifar10', split: 'train', size: 18, inputShape: [32, 32, 3], classes: 10 });
    const names = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
    expect(train.classNames).toEqual(names);
    expect(train).toMatchObject({ scale: 1 / 255, offset: 0 });
    expect(validation).toMatchObject({ split: 'validation', size: 2 });
    expect(test).toMatchObject({ split: 'test', size: 3 });
    expect(images(train, 0)).toEqual(Array.from({ length: 18 }, (_, i) => i % 10));
    expect(images(validation, 18)).toEqual([8, 9]);
    expect(images(test, 90)).toEqual([0, 1, 2]);
  });

  it('takes the batches that are there, gzipped or not, and shows by its sizes how many', async () => {
    const some = { 'data_batch_4.bin.gz': gzip(batch(12)), 'data_batch_2.bin': batch(4), ...TEST };
    const { train, validation } = await offline({ dir: await put(join(folder, 'data'), some), validation: 4 });
    expect([train.size, validation.size]).toEqual([4, 4]);
    expect([...images(train, 4), ...images(validation, 12)]).toEqual([4, 5, 6, 7, 2, 3, 4, 5]);
  });

  it('reads the official archive, and prefers it to single batches', async () => {
    const dir = await put(join(folder, 'data'), { [ARCHIVE]: await archive(), 'data_batch_1.bin': batch(50), ...TEST });
    const { train, test } = await offline({ dir });
    expect(images(train, 0)).toHaveLength(18);
    expect(images(test, 90)).toHaveLength(3);
  });

  it('looks in dir, its subfolder, PAREDOWN_DATA and the cache, in this order', async () => {
    const one = (label: number) => ({ 'data_batch_1.bin': batch(label), ...TEST });
    const found = async (options?: Cifar10Options) => (await offline(options)).train.y[0];
    const dir = join(folder, 'dir');
    await put(cache, one(1));
    expect(await found({ dir })).toBe(1);
    vi.stubEnv('PAREDOWN_DATA', join(folder, 'sets'));
    await put(join(folder, 'sets', 'cifar-10-batches-bin'), one(2));
    expect(await found({ dir })).toBe(2);
    await put(join(dir, 'cifar-10-batches-bin'), one(3));
    expect(await found({ dir })).toBe(3);
    await put(dir, one(4));
    expect(await found({ dir })).toBe(4);
  });

  it('offline, tells where it looked, what is missing there, and what to do', async () => {
    const noTest = await put(join(folder, 'data'), BATCHES);
    const noTraining = await put(join(folder, 'sets'), TEST);
    vi.stubEnv('PAREDOWN_DATA', noTraining);
    const error = await refusal(offline({ dir: noTest }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(`${noTest}: lacks test_batch.bin\n`);
    expect(error.message).toContain(`${noTraining}: lacks data_batch_1.bin to data_batch_5.bin (at least one)\n`);
    expect(error.message).toContain(`${cache}: no such folder`);
    expect(error.message).toMatch(/Put cifar-10-binary.tar.gz \(from https:.* PAREDOWN_DATA/);
  });

  const wrongLabel = batch(0).map((byte, i) => (i === 2 * RECORD ? 10 : byte));
  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    [
      'a truncated batch',
      { 'data_batch_3.bin': batch(0).subarray(0, 7000) },
      /data_batch_3.bin: 7000 bytes are 2 records .* 854/,
    ],
    ['an empty batch', { 'test_batch.bin': new Uint8Array(0) }, /test_batch.bin: the file is empty; expected records of 3073/],
    ['a label of 10', { 'data_batch_1.bin': wrongLabel }, /data_batch_1.bin, byte 6146: the label of record 2 is 10; .* 0 to 9/],
    ['a damaged gzip file', { [ARCHIVE]: gzip(batch(0)).subarray(0, 90) }, /tar.gz: the gzip data .* damaged or truncated/],
    [
      'an archive that is none',
      { [ARCHIVE]: gzip(batch(0)) },
      /tar.gz, decompressed, byte 0: expected the header of a file in a tar/,
    ],
  ])('refuses %s', async (_, damage, message) => {
    const error = await refusal(offline({ dir: await put(join(folder, 'data'), { ...ALL, ...damage }) }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(join(folder, 'data'));
  });

  it('refuses an archive that lacks a file, or holds a damaged one, by name', async () => {
    const dir = join(folder, 'data');
    await put(dir, { [ARCHIVE]: await archive(BATCHES) });
    expect((await refusal(offline({ dir }))).message).toMatch(/tar.gz: the archive lacks test_batch.bin/);
    await put(dir, { [ARCHIVE]: await archive({ ...ALL, 'data_batch_2.bin': batch(0).subarray(1) }) });
    expect((await refusal(offline({ dir }))).message).toMatch(/tar.gz, data_batch_2.bin: 12291 bytes are 3 records/);
  });

  it.each([
    [{ folder: '/' }, /cifar10: unknown option 'folder'; it takes dir, /],
    [{ dir: '' }, /cifar10: dir must be the path of a folder, got ""/],
    [{ validation: 1.5 }, /cifar10: validation must be a positive integer, got 1.5/],
    [{ offline: 1 }, /cifar10: offline must be true or false, got 1/],
    [{ validation: 20 }, /cifar10: validation must leave .* 20 of 20 in .*data_batch_1.bin, .*data_batch_5.bin leave none/],
  ])('refuses %j', async (options, message) => {
    await put(cache, ALL);
    const error = await refusal(cifar10(options as Cifar10Options));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(message);
  });
});

describe('cifar10 from a mirror', () => {
  const sourceOf = (bytes: Uint8Array, ...urls: string[]): Cifar10Source => ({
    mirrors: { urls, connectMilliseconds: 2000, stallMilliseconds: 2000 },
    archive: { name: ARCHIVE, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
  });

  it('keeps the archive in the cache, or in PAREDOWN_DATA where that is set, and downloads it once', async () => {
    const bytes = await archive();
    const requests: string[] = [];
    const server = await serve((name, response) => {
      requests.push(name);
      response.end(bytes);
    });
    try {
      const source = sourceOf(bytes, server.url);
      expect((await cifar10From(source, {})).train.size).toBe(18);
      expect(await readdir(cache)).toEqual([ARCHIVE]);
      await cifar10From(source, {});
      expect(requests).toEqual([ARCHIVE]);
      await rm(cache, { recursive: true });
      vi.stubEnv('PAREDOWN_DATA', join(folder, 'sets'));
      const onProgress = vi.fn();
      await cifar10From(source, { onProgress });
      expect(onProgress).toHaveBeenLastCalledWith({ file: ARCHIVE, bytes: bytes.length, total: bytes.length });
      expect(await readdir(join(folder, 'sets', 'cifar-10-batches-bin'))).toEqual([ARCHIVE]);
    } finally {
      await server.close();
    }
  });

  it('refuses another archive than the published one, and keeps nothing of it', async () => {
    const bytes = await archive();
    const server = await serve((_, response) => response.end(bytes.map((byte, i) => (i === 100 ? byte ^ 1 : byte))));
    try {
      const error = await refusal(cifar10From(sourceOf(bytes, server.url), {}));
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toMatch(/CIFAR-10 is not on this machine[\s\S]*expected SHA-256 [0-9a-f]{64}, but what came has/);
      expect(await readdir(cache)).toEqual([]);
    } finally {
      await server.close();
    }
  });
});

describe('tarFiles', () => {
  // BSD's tar calls the others by other names.
  it.each(process.platform === 'linux' ? ['ustar', 'gnu', 'v7', 'pax'] : ['ustar', 'pax'])(
    'reads what tar writes in the format %s',
    async (format) => {
      const [odd, even] = [batch(1, 1).subarray(0, 700), batch(2, 1).subarray(0, 1024)];
      await put(join(folder, 'in'), { odd, even, none: new Uint8Array(0) });
      const formatted = execFileSync('tar', [`--format=${format}`, '-cf', '-', '-C', folder, 'in']);
      const files = tarFiles(new Uint8Array(formatted));
      expect(new Set(files.keys())).toEqual(new Set(['in/odd', 'in/even', 'in/none']));
      expect(files.get('in/odd')).toEqual(odd);
      expect(files.get('in/even')).toEqual(even);
      expect(files.get('in/none')).toHaveLength(0);
    },
  );

  it('refuses an archive that is cut off or changed', async () => {
    await put(join(folder, 'in'), { file: batch(1, 1) });
    const whole = new Uint8Array(execFileSync('tar', ['--format=ustar', '-cf', '-', '-C', join(folder, 'in'), 'file']));
    expect(() => tarFiles(whole.subarray(0, 1000), 'x.tar')).toThrow(
      /x.tar, byte 0: file has 3073 bytes, .* ends 488 bytes after/,
    );
    expect(() => tarFiles(whole.subarray(0, 100))).toThrow(/tar data, byte 0: expected the header/);
    expect(() => tarFiles(whole.map((byte, i) => (i === 3 ? byte ^ 1 : byte)))).toThrow(DataError);
  });
});

const real = dataFolder();
describe.skipIf(!real)(`the real batches${real ? '' : ' (skipped: no data folder; set PAREDOWN_DATA)'}`, () => {
  it('hold 1,000 test images a class, with the published mean and deviation of each channel', async () => {
    const { train, validation, test } = await offline({ dir: real as string });
    expect(train.size + validation.size).toBeGreaterThanOrEqual(10_000);
    expect(validation.size).toBe(Math.floor((train.size + validation.size) / 10));
    expect(test.size).toBe(10_000);
    const counts = Array<number>(10).fill(0);
    for (const label of test.y) counts[label] = (counts[label] ?? 0) + 1;
    expect(counts).toEqual(Array(10).fill(1000));
    // Of the training images: 0.4914, 0.4822, 0.4465. A sample of n images has a mean off by about 0.13 / sqrt(n).
    const sums = [0, 0, 0];
    for (let i = 0; i < test.x.length; i++) sums[i % 3] = (sums[i % 3] ?? 0) + (test.x[i] as number);
    [0.4914, 0.4822, 0.4465].forEach((published, channel) => {
      expect(Math.abs((sums[channel] ?? 0) / (test.size * PLANE) / 255 - published)).toBeLessThan(5 * 0.0013);
    });
  });
});
