import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { DataError } from '../src/core/errors.ts';
import { imageFolder } from '../src/node/image-folder.ts';
import { idxImages, idxLabels, refusal } from './support/data-files.ts';
import { pngs, range, useImageFolders } from './support/image-folders.ts';

const folder = useImageFolders();

describe('imageFolder with idx files', () => {
  const FILES = {
    'train-images-idx3-ubyte': idxImages(100, 6),
    'train-labels-idx1-ubyte': idxLabels(100, (i) => i % 4),
    't10k-images-idx3-ubyte.gz': new Uint8Array(gzipSync(idxImages(8, 6))),
    't10k-labels-idx1-ubyte.gz': new Uint8Array(gzipSync(idxLabels(8, (i) => i % 4))),
  };

  it('takes a test pair for the test split, and divides the other', async () => {
    const data = await imageFolder({ dir: await folder({ ...FILES, 'README.md': 'x' }) });
    expect(data.found).toMatchObject({ layout: 'idx', sizes: [{ height: 6, width: 6, images: 108 }] });
    expect(data.found.leftOut).toEqual(['1 *.md: no idx file by its name']);
    expect([data.train.size, data.validation.size, data.test.size, data.train.classes]).toEqual([88, 12, 8, 4]);
    const expected = idxImages(100, 6).subarray(16);
    const images = new Map(range(0, 100).map((n) => [[...expected.subarray(36 * n, 36 * n + 36)].join(), n % 4]));
    for (const { x, y, size } of [data.train, data.validation])
      for (const index of range(0, size)) expect(images.get([...x.subarray(36 * index, 36 * index + 36)].join())).toBe(y[index]);
  });

  it('takes files in folders of their names, below lone folders too, and one of several copies', async () => {
    const plain = { ...FILES, 't10k-images-idx3-ubyte': idxImages(8, 6), 't10k-labels-idx1-ubyte': idxLabels(8, (i) => i % 4) };
    const names = Object.keys(plain).filter((name) => !name.endsWith('.gz')) as (keyof typeof plain)[];
    const within = Object.fromEntries(names.map((name) => [`${name}/${name}`, plain[name]]));
    const dotted = Object.fromEntries(names.map((name) => [name.replace('-idx', '.idx'), plain[name]]));
    const below = (prefix: string, files: Record<string, Uint8Array>) =>
      Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${prefix}/${name}`, bytes]));
    const layouts = [
      within,
      { ...within, ...dotted },
      { ...below('archive', { ...within, ...dotted }), 'README.md': new Uint8Array(1) },
      below('MNIST/raw', plain),
    ];
    for (const [index, files] of layouts.entries()) {
      const data = await imageFolder({ dir: await folder(files, `layout${index}`) });
      expect([data.train.size, data.validation.size, data.test.size]).toEqual([88, 12, 8]);
      if (index === 2) expect(data.found.leftOut).toContain('1 *.md: no idx file by its name');
      if (index === 1)
        expect(data.found.leftOut).toContain(
          `1 ${join('t10k-images-idx3-ubyte', 't10k-images-idx3-ubyte')}, of which there is t10k-images.idx3-ubyte`,
        );
    }
  });

  it('divides a lone pair, whose labels may be any integers', async () => {
    const labels = (i: number) => [7, 3, 200][i % 3] as number;
    const dir = await folder({
      'My-Images.idx': idxImages(60, 5),
      'my-labels.idx.gz': new Uint8Array(gzipSync(idxLabels(60, labels))),
    });
    const data = await imageFolder({ dir, size: 3 });
    expect(data.found.classes).toEqual([
      { name: '3', train: 15, validation: 2, test: 3 },
      { name: '7', train: 15, validation: 2, test: 3 },
      { name: '200', train: 15, validation: 2, test: 3 },
    ]);
    expect(data.train.inputShape).toEqual([3, 3, 1]);
  });

  it('divides as it divides the same images in PNG files', async () => {
    const images = idxImages(60, 4).subarray(16);
    const files = Object.fromEntries(
      range(0, 60).map((n) => [
        `${n % 2}/${n}.png`,
        encode({ width: 4, height: 4, channels: 1, data: images.slice(16 * n, 16 * n + 16) }),
      ]),
    );
    const png = await imageFolder({ dir: await folder(files) });
    const idx = await imageFolder({
      dir: await folder({ 'images-idx3-ubyte': idxImages(60, 4), 'labels-idx1-ubyte': idxLabels(60, (i) => i % 2) }, 'idx'),
    });
    for (const split of ['train', 'validation', 'test'] as const)
      expect([[...png[split].x], [...png[split].y]]).toEqual([[...idx[split].x], [...idx[split].y]]);
  });

  it('reads colour, and wide labels', async () => {
    const x = Uint8Array.from({ length: 12 * 12 }, (_, i) => (i * 97) & 255);
    const colour = new Uint8Array([0, 0, 8, 4, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, ...x]);
    const y = range(0, 12).flatMap((i) => [0, 0, i % 2, 44]);
    const wide = new Uint8Array([0, 0, 12, 1, 0, 0, 0, 12, ...y]);
    const data = await imageFolder({ dir: await folder({ 'images-idx4-ubyte': colour, 'labels-idx1-ubyte': wide }) });
    expect(data.train.inputShape).toEqual([2, 2, 3]);
    expect(data.found.classes.map(({ name }) => name)).toEqual(['44', '300']);
  });

  it.each<[string, Record<string, Uint8Array | undefined>, RegExp]>([
    ['no labels', { 'train-labels-idx1-ubyte': undefined }, /train-images-idx3-ubyte: there are no labels to it/],
    ['no images', { 't10k-images-idx3-ubyte.gz': undefined }, /t10k-labels-idx1-ubyte\.gz: there are no images to it/],
    ['other counts', { 'train-labels-idx1-ubyte': idxLabels(99) }, /holds 100 images, but .* holds 99 labels/],
    ['a test pair alone', { 'train-labels-idx1-ubyte': undefined, 'train-images-idx3-ubyte': undefined }, /none to train on/],
    [
      'a second pair',
      { 'images-idx3-ubyte': idxImages(4), 'labels-idx1-ubyte': idxLabels(4) },
      /both are taken for the train split/,
    ],
    ['labels for images', { 'train-images-idx3-ubyte': idxLabels(100) }, /expected images of shape .* found \[100\]/],
    ['images for labels', { 'train-labels-idx1-ubyte': idxImages(100, 6) }, /expected one label .* found \[100, 6, 6\]/],
    [
      'a damaged file',
      { 'train-images-idx3-ubyte': idxImages(100, 6).subarray(0, 50) },
      /train-images-idx3-ubyte, byte 50: .*truncated/,
    ],
    ['PNG images beside', pngs('a', 0, 3), /holds idx files and images of classes \(.*a\/0\.png\); keep one kind/],
    [
      'tests of another size',
      { 't10k-images-idx3-ubyte.gz': idxImages(8, 5) },
      /6 x 6 \(100 images\), 5 x 5 \(8 images\); give the option size/,
    ],
    [
      'a class that the test lacks',
      { 't10k-labels-idx1-ubyte.gz': idxLabels(8, (i) => i % 3) },
      /class "3" has no image in the test split/,
    ],
    [
      'a class of the test alone',
      { 't10k-labels-idx1-ubyte.gz': idxLabels(8, (i) => i) },
      /class "4" has 0 distinct images to train on/,
    ],
  ])('refuses %s', async (_, changes, message) => {
    const files = Object.entries({ ...FILES, ...changes }).flatMap(([name, bytes]) => (bytes ? [[name, bytes] as const] : []));
    const error = await refusal(imageFolder({ dir: await folder(Object.fromEntries(files)) }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(message);
  });
});
