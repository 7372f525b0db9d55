import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { DataError, OptionError } from '../src/core/errors.ts';
import { resizeArea } from '../src/data/resize.ts';
import { type ImageFolderOptions, imageFolder } from '../src/node/image-folder.ts';
import { refusal } from './support/data-files.ts';
import { exifOf } from './support/exif.ts';
import { all, counts, numbers, pngs, range, sorted, useImageFolders } from './support/image-folders.ts';
import { BASELINE_JPEG, exifSegment, GREY_JPEG, PROGRESSIVE_JPEG, RESTARTS_JPEG, withSegments } from './support/jpeg-files.ts';
import { greyPixels, greyPng } from './support/png-files.ts';

const folder = useImageFolders();

describe('imageFolder with a folder of PNG images for each class', () => {
  it('divides each class by its shares, and gives each image its label', async () => {
    const dir = await folder({ ...pngs('b', 0, 20), ...pngs('a', 100, 40), ...pngs('c', 200, 3) });
    const data = await imageFolder({ dir });
    expect(data.found).toMatchObject({
      layout: 'png',
      classes: [
        { name: 'a', train: 30, validation: 4, test: 6 },
        { name: 'b', train: 15, validation: 2, test: 3 },
        { name: 'c', train: 1, validation: 1, test: 1 },
      ],
      sizes: [{ height: 4, width: 4, images: 63 }],
      leftOut: [],
      warnings: [],
    });
    expect(data.train).toMatchObject({
      name: 'mine',
      split: 'train',
      size: 46,
      inputShape: [4, 4, 1],
      classes: 3,
      classNames: ['a', 'b', 'c'],
      scale: 1 / 255,
    });
    expect(data.validation).toMatchObject({ split: 'validation', size: 7 });
    expect(data.test).toMatchObject({ split: 'test', size: 10 });
    expect(sorted(all(data))).toEqual([...range(0, 20), ...range(100, 40), ...range(200, 3)]);
    for (const [number = 0, label] of all(data)) expect(label).toBe(number >= 200 ? 2 : number >= 100 ? 0 : 1);
    const [first = 0] = numbers(data.test)[0] ?? [];
    expect([...data.test.x.subarray(0, 16)]).toEqual([...greyPixels(first)]);
  });

  it('takes other shares, and another seed for another division', async () => {
    const dir = await folder({ ...pngs('a', 0, 20), ...pngs('b', 100, 20) });
    expect(counts(await imageFolder({ dir, validation: 0.3, test: 0.5 }))).toEqual([
      [4, 6, 10],
      [4, 6, 10],
    ]);
    expect(counts(await imageFolder({ dir, validation: 0.98, test: 0.01 }))).toEqual([
      [1, 18, 1],
      [1, 18, 1],
    ]);
    const [one, again, other] = [
      await imageFolder({ dir }),
      await imageFolder({ dir, seed: 1 }),
      await imageFolder({ dir, seed: 2 }),
    ];
    expect(all(again)).toEqual(all(one));
    expect(sorted(numbers(other.test))).not.toEqual(sorted(numbers(one.test)));
  });

  it('depends on the pixels alone, not on names, order or compression', async () => {
    const plain = await folder({ ...pngs('a', 0, 20), ...pngs('b', 100, 20) });
    const renamed: Record<string, Uint8Array> = {};
    for (const number of range(0, 20).reverse()) {
      const data = greyPixels(number);
      const colour = Uint8Array.from({ length: 48 }, (_, i) => data[Math.floor(i / 3)] as number);
      renamed[`a/x${(number * 7) % 20}/deep/${number}.PNG`] = encode({ width: 4, height: 4, channels: 3, data: colour });
      renamed[`b/${40 - number}.png`] = encode(
        { width: 4, height: 4, channels: 1, data: greyPixels(100 + number) },
        { zlib: { level: 0 } },
      );
    }
    const other = await imageFolder({ dir: await folder(renamed, 'other') });
    expect(all(other)).toEqual(all(await imageFolder({ dir: plain })));
    expect(other.train.inputShape).toEqual([4, 4, 1]);
  });

  it('mixes the classes in each split', async () => {
    const data = await imageFolder({ dir: await folder({ ...pngs('a', 0, 40), ...pngs('b', 100, 40) }) });
    const half = numbers(data.train).slice(0, 30);
    expect(half.filter(([, label]) => label === 0).length).toBeGreaterThan(5);
    expect(half.filter(([, label]) => label === 1).length).toBeGreaterThan(5);
  });

  it('keeps copies of an image on one side, and names those under several labels', async () => {
    const copies = Object.fromEntries(range(0, 10).flatMap((n) => range(0, 4).map((copy) => [`a/${n}-${copy}.png`, greyPng(n)])));
    const data = await imageFolder({ dir: await folder({ ...copies, ...pngs('b', 100, 10), 'b/wrong.png': greyPng(5) }) });
    for (const part of [data.train, data.validation, data.test]) {
      const ofA = numbers(part).flatMap(([number, label]) => (label === 0 ? [number] : []));
      for (const number of ofA) expect(ofA.filter((other) => other === number)).toHaveLength(4);
    }
    expect(counts(data)[0]).toEqual([28, 4, 8]);
    expect(data.found.warnings[0]).toMatch(
      /^the same image in different classes, 1 times: .*a\/5-0\.png \("a"\) and .*b\/wrong\.png \("b"\)$/,
    );
  });

  it('takes the splits that the folder makes', async () => {
    const files = {
      ...pngs('train/a', 0, 10),
      ...pngs('train/b', 100, 10),
      ...pngs('test/a', 200, 3),
      ...pngs('test/b', 300, 2),
    };
    const two = await imageFolder({ dir: await folder(files) });
    expect(counts(two)).toEqual([
      [9, 1, 3],
      [9, 1, 2],
    ]);
    expect(sorted(numbers(two.test))).toEqual([...range(200, 3), ...range(300, 2)]);
    const dir = await folder({ ...files, ...pngs('val/a', 400, 1), ...pngs('val/b', 0, 2) });
    const three = await imageFolder({ dir });
    expect(sorted(numbers(three.validation))).toEqual([0, 1, 400]);
    expect(three.train.size).toBe(20);
    expect(three.found.warnings).toEqual([
      expect.stringContaining('the same image in different classes, 2 times'),
      '2 images of the validation split are in the training split too',
    ]);
    const refused = await refusal(imageFolder({ dir, test: 0.2 }));
    expect(refused).toBeInstanceOf(OptionError);
    expect(refused.message).toMatch(/has a test split of its own; leave out the option "test"/);
  });

  it('takes folders named as splits for classes where they are such', async () => {
    const vehicles = await imageFolder({ dir: await folder({ ...pngs('train', 0, 4), ...pngs('bus', 100, 4) }) });
    expect(vehicles.found.classes.map(({ name }) => name)).toEqual(['bus', 'train']);
    const nested = await imageFolder({ dir: await folder({ ...pngs('train/steam', 0, 4), ...pngs('bus', 100, 4) }, 'nested') });
    expect(nested.found.classes.map(({ name }) => name)).toEqual(['bus', 'train']);
    const mixed = await folder({ ...pngs('train/a', 0, 4), ...pngs('test/a', 10, 4), ...pngs('bus', 100, 4) }, 'mixed');
    expect((await refusal(imageFolder({ dir: mixed }))).message).toMatch(/beside test, train, taken for the splits, lies bus/);
  });

  it('sorts classes by code point, in composed form', async () => {
    const names = ['\u{1f600}', '\uff5e', 'Z', 'a', 'e\u0301', '10', '2'];
    const files = names.flatMap((name, index) => Object.entries(pngs(name, 100 * index, 3)));
    const data = await imageFolder({ dir: await folder(Object.fromEntries(files)) });
    expect(data.found.classes.map(({ name }) => name)).toEqual(['10', '2', 'Z', 'a', '\u00e9', '\uff5e', '\u{1f600}']);
    for (const [number = 0, label] of all(data)) expect([6, 5, 2, 3, 4, 0, 1][Math.floor(number / 100)]).toBe(label);
  });

  it('resizes by area, and tells the sizes where it has to', async () => {
    const files = { ...pngs('a', 0, 3), ...pngs('b', 100, 3), 'b/wide.png': greyPng(9, 4, 6) };
    const dir = await folder(files);
    const refused = await refusal(imageFolder({ dir }));
    expect(refused).toBeInstanceOf(DataError);
    expect(refused.message).toMatch(
      /differ in size \(height x width\): 4 x 4 \(6 images\), 4 x 6 \(1 image\); give the option size/,
    );
    const data = await imageFolder({ dir, size: [2, 3] });
    expect(data.train.inputShape).toEqual([2, 3, 1]);
    const expected = [...range(0, 3), ...range(100, 3)].map((n) => resizeArea(greyPixels(n), [4, 4, 1], [2, 3]));
    expected.push(resizeArea(greyPixels(9, 4, 6), [4, 6, 1], [2, 3]));
    const rows = [data.train, data.validation, data.test].flatMap(({ x, size }) =>
      range(0, size).map((index) => [...x.subarray(6 * index, 6 * index + 6)].join()),
    );
    expect(rows.sort()).toEqual(expected.map((bytes) => [...bytes].join()).sort());
    expect((await imageFolder({ dir, size: 5 })).test.inputShape).toEqual([5, 5, 1]);
  });

  it('has three channels where an image has colour, or as asked', async () => {
    const colour = encode({
      width: 4,
      height: 4,
      channels: 3,
      data: Uint8Array.from({ length: 48 }, (_, i) => [200, 100, 55][i % 3] ?? 0),
    });
    const dir = await folder({ ...pngs('a', 0, 3), ...pngs('b', 100, 3), 'b/colour.png': colour });
    const data = await imageFolder({ dir });
    expect(data.train.inputShape).toEqual([4, 4, 3]);
    const triples = [data.train, data.validation, data.test].flatMap(({ x }) => [...x]);
    expect(triples.filter((byte) => byte === 200).length).toBeGreaterThanOrEqual(16);
    const grey = await imageFolder({ dir, channels: 1 });
    // 0.299 * 200 + 0.587 * 100 + 0.114 * 55 = 124.77.
    const found = [grey.train, grey.validation, grey.test].flatMap(({ x, size }) =>
      range(0, size).map((index) => [...x.subarray(16 * index, 16 * index + 16)].join()),
    );
    expect(found).toContain(Array(16).fill(125).join());
    const repeated = await imageFolder({ dir: await folder({ ...pngs('a', 0, 3), ...pngs('b', 9, 3) }, 'grey'), channels: 3 });
    expect(repeated.test.inputShape).toEqual([4, 4, 3]);
    const pixel = repeated.test.x.subarray(3, 6);
    expect(new Set(pixel).size).toBe(1);
  });

  it('tells what it left out', async () => {
    const dir = await folder({
      ...pngs('a', 0, 3),
      ...pngs('b', 100, 3),
      'a/.DS_Store': 'x',
      'a/Thumbs.db': 'x',
      'b/Thumbs.db': 'x',
      'a/desktop.ini': 'x',
      'a/@eaDir/0.png/SYNOPHOTO_THUMB_M.jpg': 'x',
      '@eaDir/x': 'x',
      '.ipynb_checkpoints/0.png': 'x',
      'b/cat.webp': 'x',
      'b/dog.GIF': 'x',
      'b/README': 'x',
      'README.md': 'x',
      'labels.csv': 'x',
      'info.json': 'x',
      'notes.txt': 'x',
      'stray.png': greyPng(1),
      '__MACOSX/a/._0.png': 'x',
    });
    const { found } = await imageFolder({ dir });
    expect(found.classes.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(found.leftOut).toEqual([
      '1 *.csv: no PNG or JPEG image by its name',
      '1 *.gif: GIF is not read; convert to PNG or JPEG',
      '1 *.json: no PNG or JPEG image by its name',
      '1 *.md: no PNG or JPEG image by its name',
      '1 *.txt: no PNG or JPEG image by its name',
      '1 *.webp: WebP is not read; convert to PNG or JPEG',
      "1 __MACOSX: of the system's or an archiver's making",
      "1 desktop.ini: of the system's or an archiver's making",
      '1 image in no folder of a class',
      '1 without extension: no PNG or JPEG image by its name',
      "2 @eaDir: of the system's or an archiver's making",
      "2 Thumbs.db: of the system's or an archiver's making",
      '2 hidden: the name begins with a dot',
    ]);
  });

  it('leaves out, of folders of splits, what lies beside them and in them and is no image', async () => {
    const dir = await folder({
      ...pngs('train/a', 0, 9),
      ...pngs('train/b', 100, 9),
      ...pngs('test/a', 200, 2),
      ...pngs('test/b', 300, 2),
      'train/README.md': 'x',
      'train/@eaDir/a/x.jpg': 'x',
      'annotations/a.xml': 'x',
      'labels.csv': 'x',
    });
    const { found } = await imageFolder({ dir });
    expect(found.classes.map(({ test }) => test)).toEqual([2, 2]);
    expect(found.leftOut).toEqual([
      '1 *.csv: no PNG or JPEG image by its name',
      '1 *.md: no PNG or JPEG image by its name',
      "1 @eaDir: of the system's or an archiver's making",
      '1 folder without images beside those of the splits',
    ]);
  });

  it('reads JPEG beside PNG, each by its content, and turns what is to be turned', async () => {
    const sideways = withSegments(BASELINE_JPEG.file, exifSegment(exifOf(6)));
    const files = {
      ...pngs('a', 0, 3),
      ...pngs('b', 100, 3),
      'a/photo.JPG': BASELINE_JPEG.file,
      'a/photo.jfif': GREY_JPEG.file,
      'b/photo.jpe': PROGRESSIVE_JPEG.file,
      'b/photo.png': RESTARTS_JPEG.file,
      'b/photo.jpeg': greyPng(9),
    };
    const mixed = await imageFolder({ dir: await folder(files), size: [13, 19] });
    expect(mixed.found).toMatchObject({
      layout: 'mixed',
      sizes: [
        { height: 4, width: 4, images: 7 },
        { height: 13, width: 19 },
      ],
    });
    expect(mixed.train.inputShape).toEqual([13, 19, 3]);
    const images = [mixed.train, mixed.validation, mixed.test].flatMap(({ x, size }) =>
      range(0, size).map((index) => Buffer.from(x.subarray(741 * index, 741 * (index + 1))).toString('hex')),
    );
    for (const { pixels } of [BASELINE_JPEG, PROGRESSIVE_JPEG, RESTARTS_JPEG])
      expect(images).toContain(Buffer.from(pixels).toString('hex'));

    const turned = Object.fromEntries(range(0, 6).map((n) => [`${n % 2 ? 'a' : 'b'}/${n}.jpg`, sideways]));
    const refused = await refusal(imageFolder({ dir: await folder({ ...turned, 'b/9.jpg': BASELINE_JPEG.file }, 'turned') }));
    expect(refused.message).toMatch(/19 x 13 \(6 images\), 13 x 19 \(1 image\)/);
  });

  it('follows links to files and folders, and not in circles', async () => {
    const dir = await folder({ ...pngs('a', 0, 3), ...pngs('b', 100, 2) });
    const elsewhere = await folder({ ...pngs('.', 200, 2), 'one.png': greyPng(102) }, 'elsewhere');
    await symlink(join(elsewhere, 'one.png'), join(dir, 'b', 'link.png'));
    await symlink(elsewhere, join(dir, 'a', 'more'));
    await symlink(dir, join(dir, 'a', 'circle'));
    await rm(join(elsewhere, 'one.png'));
    expect((await refusal(imageFolder({ dir }))).message).toMatch(/1 image can't be read.*\n {2}.*b\/link\.png: cannot be read/);
    await writeFile(join(elsewhere, 'one.png'), greyPng(102));
    await symlink(join(dir, 'a'), join(dir, 'a', 'self'));
    const data = await imageFolder({ dir });
    expect(sorted(all(data))).toEqual([0, 1, 2, 100, 101, 102, 102, 200, 201]);
    expect(data.found.leftOut).toEqual(['2 a link to a folder that it lies in']);
  });
});

describe('imageFolder refuses', () => {
  const two = { ...pngs('a', 0, 5), ...pngs('b', 100, 5) };
  it.each<[string, Record<string, Uint8Array | string>, RegExp]>([
    [
      'an empty folder',
      {},
      /mine: holds no images of classes\. Found 0 folders, 0 images and 0 other files in it; expected .*idx1-ubyte$/,
    ],
    [
      'images in no class',
      { '0.png': greyPng(0), 'a.txt': 'x' },
      /Found 0 folders, 1 image and 1 other file in it .*\. Sort the images into one folder for each class: .*mine.<class>$/,
    ],
    ['one class', pngs('a', 0, 5), /holds one class alone, "a" \(5 images\); two at least are needed$/],
    [
      'a folder around those of the classes',
      { ...pngs('all/a', 0, 5), ...pngs('all/b', 9, 5) },
      /Where the folders in .*mine.all are the classes, name that folder$/,
    ],
    [
      'a folder that lies deep around those of the classes',
      { ...pngs('x/y/z/a', 0, 5), ...pngs('x/y/z/b/c', 9, 5) },
      /one class alone, "x" \(10 images\).* Where the folders in .*mine.x.y.z are the classes, name that folder$/,
    ],
    ['one class that lies deep', pngs('x/y/z', 0, 5), /"x" \(5 images\); two at least are needed$/],
    [
      'packed images and arrays',
      { 'cats/0.png.gz': 'x', 'cats/1.npy': 'x' },
      /Found 1 folder, 0 images and 0 other files in it \(left out: 1 \*\.npy: NumPy is not read; convert to PNG or JPEG; 1 \*\.png\.gz: packed; unpack it\)/,
    ],
    [
      'an archive',
      { 'images.zip': 'x' },
      /Found 0 folders, 0 images and 1 other file in it \(left out: 1 \*\.zip: packed; unpack it\)/,
    ],
    [
      'a class of packed images',
      { ...two, 'c/0.png.gz': 'x' },
      /mine.c: the class "c" has 0 images; .*left out: 1 \*\.png\.gz: packed; unpack it/,
    ],
    [
      'tables of pixels',
      { 'train.csv': 'x', 'test.csv': 'x' },
      /2 other files .*\. CSV is not read: write each row's pixels as an image/,
    ],
    ['tables of pixels in a folder', { 'archive/train.csv': 'x' }, /Found 1 folder, .*\. CSV is not read: write each row/],
    [
      'a test split without labels',
      {
        ...pngs('train/a', 0, 5),
        ...pngs('train/b', 9, 5),
        ...pngs('val/a', 20, 1),
        ...pngs('val/b', 30, 1),
        ...pngs('test', 40, 3),
      },
      /mine.test: holds no folder of a class, but 3 images without one; .* move it out of .*mine or begin its name with a dot$/,
    ],
    [
      'splits that hold loose images',
      { ...pngs('train', 0, 6), ...pngs('test', 100, 6) },
      /mine: test and train are named like splits, but hold images without a class; sort them into .*mine.test.<class> and so on, or, .*, rename one$/,
    ],
    [
      'loose images to train on beside classes to test on',
      { ...pngs('train', 0, 6), ...pngs('test/a', 100, 6), ...pngs('test/b', 200, 6) },
      /test and train are named like splits/,
    ],
    [
      'a class without images',
      { ...two, 'c/0.webp': 'x', 'c/a.txt': 'x' },
      /mine\/c: the class "c" has 0 images; only files by the name \*\.png, .*left out: .*; 1 \*\.webp: WebP is not read/,
    ],
    [
      'classes of images that are not read',
      { 'a/0.webp': 'x', 'b/0.webp': 'x', 'b/1.heic': 'x' },
      /Found 2 folders, 0 images .*left out: 1 \*\.heic: HEIC is not read; convert to PNG or JPEG; 2 \*\.webp: WebP is not read/,
    ],
    [
      'a class of two images',
      { ...two, ...pngs('c', 200, 2) },
      /mine: the class "c" has 2 distinct images to train on, but needs at least 3/,
    ],
    [
      'a class of copies',
      { ...two, 'c/0.png': greyPng(1), 'c/1.png': greyPng(1), 'c/2.png': greyPng(1) },
      /class "c" has 1 distinct image \(and 2 copies\)/,
    ],
    [
      'a class that a split lacks',
      { ...pngs('train/a', 0, 5), ...pngs('train/b', 100, 5), ...pngs('test/a', 200, 2) },
      /class "b" has no image in the test split \(train 4, validation 1, test 0\)/,
    ],
    [
      'two folders of a split',
      { ...pngs('train/a', 0, 5), ...pngs('val/a', 9, 1), ...pngs('valid/a', 9, 1) },
      /val and valid both name/,
    ],
    ['one name in two ways', { ...pngs('\u00e9', 0, 5), ...pngs('e\u0301', 9, 5) }, /the same class name "\u00e9" in two ways/],
  ])('%s', async (_, files, message) => {
    const error = await refusal(imageFolder({ dir: await folder(files) }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(message);
  });

  it('what is no folder', async () => {
    const dir = await folder({ 'file.txt': 'x' });
    expect((await refusal(imageFolder({ dir: join(dir, 'none') }))).message).toMatch(/none: no such folder$/);
    expect((await refusal(imageFolder({ dir: join(dir, 'file.txt') }))).message).toMatch(
      /file\.txt: is a file; expected a folder/,
    );
  });

  it('images that are damaged, all of them at once and ten by name', async () => {
    const bad = Object.fromEntries(range(10, 12).map((n) => [`a/bad${n}.png`, n % 2 ? 'no image' : greyPng(n).subarray(0, 60)]));
    const error = await refusal(imageFolder({ dir: await folder({ ...two, ...bad }) }));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/mine: 12 images can't be read; mend or remove them:\n/);
    expect(error.message.split('\n')).toHaveLength(12);
    expect(error.message).toMatch(/a\/bad10\.png: is damaged/);
    expect(error.message).toMatch(/a\/bad11\.png: is neither a PNG nor a JPEG file: it begins with 6e 6f/);
    expect(error.message).toMatch(/\nand 2 more$/);
  });

  it('more than 2 GiB, before it decodes', async () => {
    const error = await refusal(
      imageFolder({ dir: await folder(pngs('a', 0, 130)).then(() => folder(pngs('b', 200, 3))), size: 4096 }),
    );
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(/133 images of 4096 x 4096 x 1 are 2231369728 bytes; at most 2147483648 are read/);
  });

  it('sides that are not resized', async () => {
    const dir = await folder({ ...two, 'a/long.png': greyPng(1, 1, 65537) });
    expect((await refusal(imageFolder({ dir, size: 4 }))).message).toMatch(/side above 65536 .*long\.png \(1 x 65537\)/);
  });

  it.each([
    [{ folder: 'x' }, /unknown option 'folder'; it takes dir, size, channels, validation, test, seed/],
    [{ dir: '' }, /dir must be the path of a folder, got ""/],
    [{ size: 0 }, /size must be \[height, width\] or a number, each from 1 to 4096, got 0/],
    [{ size: [4] }, /got \[4\]/],
    [{ size: [4, 4.5] }, /got \[4,4\.5\]/],
    [{ size: '28' }, /got "28"/],
    [{ size: 65537 }, /got 65537/],
    [{ channels: 2 }, /channels must be 1 or 3, got 2/],
    [{ validation: 0 }, /validation must be a share between 0 and 1, got 0/],
    [{ test: 1 }, /test must be a share between 0 and 1, got 1/],
    [{ test: Number.NaN }, /got NaN/],
    [{ test: 0.5, validation: 0.5 }, /leave nothing to train on/],
    [{ seed: -1 }, /a seed must be an integer/],
  ])('%j', async (options, message) => {
    const error = await refusal(imageFolder({ dir: '.', ...options } as ImageFolderOptions));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(message);
  });
});
