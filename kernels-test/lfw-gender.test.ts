import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DataError, OptionError } from '../src/core/errors.ts';
import { resizeArea } from '../src/data/resize.ts';
import { type LfwGenderOptions, lfwGender } from '../src/node/lfw-gender.ts';
import { dataFolder } from './support/data.ts';
import { idxImages, idxLabels, put, refusal, useDataFolder } from './support/data-files.ts';

const TRAIN = 25;
const TEST = 6;
const gzip = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));

const FILES = {
  'train-images-idx3-ubyte.gz': gzip(idxImages(TRAIN, 64)),
  'train-labels-idx1-ubyte.gz': gzip(idxLabels(TRAIN, (i) => i % 2)),
  'test-images-idx3-ubyte': idxImages(TEST, 64),
  'test-labels-idx1-ubyte': idxLabels(TEST, (i) => (i % 3 === 0 ? 1 : 0)),
};

const currentFolder = useDataFolder();
let sets: string;
beforeEach(async () => {
  sets = join(currentFolder(), 'sets');
  await put(join(sets, 'lfw-gender'), FILES);
});

describe('lfwGender', () => {
  it('takes the last tenth of the training images for validation', async () => {
    const { train, validation, test } = await lfwGender({ dir: sets });
    const images = idxImages(TRAIN, 64).subarray(16);
    expect(train).toMatchObject({ name: 'lfw-gender', split: 'train', size: 23, inputShape: [64, 64, 1], classes: 2 });
    expect(train.classNames).toEqual(['female', 'male']);
    expect(validation).toMatchObject({ split: 'validation', size: 2 });
    expect(test).toMatchObject({ split: 'test', size: TEST, inputShape: [64, 64, 1] });
    expect(Buffer.compare(train.x as Uint8Array, images.subarray(0, 23 * 4096))).toBe(0);
    expect(Buffer.compare(validation.x as Uint8Array, images.subarray(23 * 4096))).toBe(0);
    expect([...validation.y]).toEqual([1, 0]);
    expect([...test.y]).toEqual([1, 0, 0, 1, 0, 0]);
    expect((await lfwGender({ dir: sets, validation: 7 })).train.size).toBe(18);
  });

  it.each([1, 24, 63])('averages its images by area to size %d', async (size) => {
    const { train, validation, test } = await lfwGender({ dir: sets, size });
    for (const part of [train, validation, test]) expect(part.inputShape).toEqual([size, size, 1]);
    const expected = resizeArea(idxImages(TEST, 64).subarray(16), [64, 64, 1], [size, size]);
    expect(Buffer.compare(test.x as Uint8Array, expected)).toBe(0);
    expect(validation.x).toHaveLength(2 * size * size);
  });

  it('finds them named with a dot, and each in a folder of its name', async () => {
    const dir = join(currentFolder(), 'other');
    for (const [name, bytes] of Object.entries(FILES))
      await put(name.startsWith('train') ? join(dir, name) : dir, { [name.replace('-idx', '.idx')]: bytes });
    expect((await lfwGender({ dir })).train.size).toBe(23);
  });

  it('finds them by PAREDOWN_DATA and in the cache', async () => {
    vi.stubEnv('PAREDOWN_DATA', sets);
    expect((await lfwGender()).train.size).toBe(23);
    vi.stubEnv('PAREDOWN_DATA', '');
    await put(join(currentFolder(), 'caches', 'paredown', 'lfw-gender'), FILES);
    expect((await lfwGender()).train.size).toBe(23);
  });

  it('tells where it looked, what is missing, and how to make the files', async () => {
    const dir = await put(join(currentFolder(), 'part'), { 'train-images-idx3-ubyte': idxImages(1, 64) });
    const error = await refusal(lfwGender({ dir }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(`${dir}: lacks train-labels-idx1-ubyte, test-images-idx3-ubyte, test-labels-idx1-ubyte`);
    expect(error.message).toContain(`${join(dir, 'lfw-gender')}: no such folder`);
    expect(error.message).toMatch(/There is no download: .*64 x 64 gray.* PAREDOWN_DATA/);
  });

  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    ['MNIST', { 'train-images-idx3-ubyte.gz': idxImages(TRAIN) }, /images of 64 x 64, .* found \[25, 28, 28\]/],
    ['a label of 2', { 'test-labels-idx1-ubyte': idxLabels(TEST) }, /byte 10: label 2 is 2; expected .* 0 to 1/],
  ])('refuses %s', async (_, damage, message) => {
    const error = await refusal(lfwGender({ dir: await put(join(currentFolder(), 'other'), { ...FILES, ...damage }) }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(message);
  });

  it.each([
    [{ size: 0 }, /lfwGender: size must be an integer from 1 to 64, got 0/],
    [{ size: 65 }, /got 65/],
    [{ size: 24.5 }, /got 24.5/],
    [{ offline: true }, /lfwGender: unknown option 'offline'; it takes dir, size, validation/],
    [{ validation: TRAIN }, /lfw-gender: validation must leave samples to train on, but 25 of 25 in .* leave none/],
  ])('refuses %j', async (options, message) => {
    const error = await refusal(lfwGender({ dir: sets, ...options } as LfwGenderOptions));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(message);
  });
});

const real = dataFolder();
describe.skipIf(!real)(`the real images${real ? '' : ' (skipped: no data folder; set PAREDOWN_DATA)'}`, () => {
  it('read as 10,614 and 2,610 with most of both of one class', async () => {
    const { train, validation, test } = await lfwGender({ dir: real as string, size: 24 });
    expect([train.size, validation.size, test.size]).toEqual([9_553, 1_061, 2_610]);
    const men = (data: { y: ArrayLike<number> }) => Array.from(data.y).filter((label) => label === 1).length;
    expect((men(train) + men(validation)) / 10_614).toBeCloseTo(0.7783, 4);
    expect(men(test) / 2_610).toBeCloseTo(0.767, 3);
  });
});
