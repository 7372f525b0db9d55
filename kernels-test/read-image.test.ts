import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError, OptionError, readImage } from '../src/node.ts';
import { refusal } from './support/data-files.ts';
import { exifOf } from './support/exif.ts';
import { useImageFolders } from './support/image-folders.ts';
import { BASELINE_JPEG, exifSegment, GREY_JPEG, segment, withSegments } from './support/jpeg-files.ts';
import { chunk, greyPixels, greyPng, rawPng } from './support/png-files.ts';

const folder = useImageFolders();

describe('readImage', () => {
  it('reads PNG and JPEG, of a path or of bytes, by their content', async () => {
    const dir = await folder({ 'a.jpg': greyPng(5, 2, 3), 'b.png': BASELINE_JPEG.file });
    const png = { width: 3, height: 2, channels: 1, data: greyPixels(5, 2, 3) };
    const jpeg = { width: 19, height: 13, channels: 3, data: BASELINE_JPEG.pixels };
    expect(await readImage(join(dir, 'a.jpg'))).toEqual(png);
    expect(await readImage(join(dir, 'b.png'))).toEqual(jpeg);
    expect(await readImage(greyPng(5, 2, 3))).toEqual(png);
    expect(await readImage(BASELINE_JPEG.file)).toEqual(jpeg);
    expect(await readImage(GREY_JPEG.file)).toEqual({ width: 19, height: 13, channels: 1, data: GREY_JPEG.pixels });
  });

  it('turns the image upright', async () => {
    expect(await readImage(withSegments(BASELINE_JPEG.file, exifSegment(exifOf(6))))).toMatchObject({ width: 13, height: 19 });
    const png = rawPng([2, 1], {}, [0, 1, 2], [chunk('eXIf', exifOf(8))]);
    expect(await readImage(png)).toEqual({ width: 1, height: 2, channels: 1, data: Uint8Array.of(2, 1) });
  });

  it('reads a file whose pixels begin far behind', async () => {
    const previews = Array<number[]>(5).fill(segment(0xe2, new Uint8Array(60_000)));
    const files = { 'a.jpg': withSegments(BASELINE_JPEG.file, ...previews, exifSegment(exifOf(3))) };
    const { data } = await readImage(join(await folder(files), 'a.jpg'));
    expect([...data.subarray(0, 3)]).toEqual([...BASELINE_JPEG.pixels.subarray(-3)]);
  });

  it('refuses what is no image, by its name', async () => {
    const dir = await folder({ 'a.png': '', 'b.png': 'RIFF....WEBPVP8 ' });
    for (const [name, message] of [
      ['a.png', /a\.png: the file is empty/],
      ['b.png', /b\.png: is a file of another format: WebP is not read; convert to PNG or JPEG/],
      ['none.png', /none\.png: cannot be read: there is no such file in/],
      ['.', /cannot be read: it is a folder/],
    ] as const) {
      const error = await refusal(readImage(join(dir, name)));
      expect(error).toBeInstanceOf(DataError);
      expect(error.message).toMatch(message);
    }
    const error = await refusal(readImage(new ArrayBuffer(8) as unknown as Uint8Array));
    expect(error).toBeInstanceOf(OptionError);
    expect(error.message).toMatch(/must be the path of an image, or its bytes, got /);
  });
});
