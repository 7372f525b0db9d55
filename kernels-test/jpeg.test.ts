import { describe, expect, it } from 'vitest';
import { DataError } from '../src/core/errors.ts';
import { decodeImage, imageHeader } from '../src/node/images/decode.ts';
import { refusal } from './support/data-files.ts';
import { exifOf } from './support/exif.ts';
import {
  BASELINE_JPEG,
  CMYK_JPEG,
  exifSegment,
  GREY_JPEG,
  PROGRESSIVE_JPEG,
  RESTARTS_JPEG,
  segment,
  withSegments,
} from './support/jpeg-files.ts';

const [ROWS, COLUMNS] = [13, 19];
const { file } = BASELINE_JPEG;
const without = (from: number, to: number) => Uint8Array.from([...file.subarray(0, from), ...file.subarray(to)]);
/** Where a marker begins. */
const marker = (byte: number) => file.findIndex((value, i) => value === 0xff && file[i + 1] === byte);

describe('decodeImage of a JPEG', () => {
  it.each([
    ['sequential, colour at half the rows and columns', BASELINE_JPEG, 3],
    ['sequential with restart markers, colour at half the columns', RESTARTS_JPEG, 3],
    ['progressive', PROGRESSIVE_JPEG, 3],
    ['grey', GREY_JPEG, 1],
  ] as const)('gives the very pixels of libjpeg: %s', async (_, { file: image, pixels }, channels) => {
    expect(await decodeImage(image, 'a.jpg')).toEqual({ rows: ROWS, columns: COLUMNS, channels, bytes: pixels });
    expect(imageHeader(image, 'a.jpg')).toEqual({
      format: 'JPEG',
      rows: ROWS,
      columns: COLUMNS,
      mayHaveColour: channels === 3,
    });
  });

  it('turns the image as its Exif data ask for', async () => {
    /** Where a pixel of the upright image comes from, [row, column] of the stored one. */
    const sources: ((row: number, column: number) => readonly [number, number])[] = [
      (row, column) => [row, column],
      (row, column) => [row, COLUMNS - 1 - column],
      (row, column) => [ROWS - 1 - row, COLUMNS - 1 - column],
      (row, column) => [ROWS - 1 - row, column],
      (row, column) => [column, row],
      (row, column) => [ROWS - 1 - column, row],
      (row, column) => [ROWS - 1 - column, COLUMNS - 1 - row],
      (row, column) => [column, COLUMNS - 1 - row],
    ];
    for (const [index, source] of sources.entries()) {
      const [rows, columns] = index < 4 ? [ROWS, COLUMNS] : [COLUMNS, ROWS];
      const expected = Array.from({ length: rows * columns }, (_, pixel) => {
        const [row, column] = source(Math.floor(pixel / columns), pixel % columns);
        return [...BASELINE_JPEG.pixels.subarray(3 * (row * COLUMNS + column), 3 * (row * COLUMNS + column) + 3)];
      }).flat();
      for (const littleEndian of [false, true]) {
        const image = withSegments(file, segment(0xe0, [74, 70, 73, 70, 0]), exifSegment(exifOf(index + 1, littleEndian)));
        expect(await decodeImage(image, 'a.jpg')).toEqual({ rows, columns, channels: 3, bytes: Uint8Array.from(expected) });
        expect(imageHeader(image, 'a.jpg')).toMatchObject({ rows, columns });
      }
    }
  });

  it('takes an orientation that is none, or Exif data that are damaged, for upright', async () => {
    const damaged = [exifOf(0), exifOf(9), exifOf(6).subarray(0, 20), exifOf(6).fill(255, 4, 8), exifOf(6).fill(0, 0, 2)];
    for (const exif of [...damaged, new Uint8Array(0)])
      expect((await decodeImage(withSegments(file, exifSegment(exif)), 'a.jpg')).bytes).toEqual(BASELINE_JPEG.pixels);
  });

  it.each<[string, Uint8Array]>([
    ['bytes behind its end', Uint8Array.from([...file, ...Buffer.from('PK and more')])],
    ['fill bytes and rubbish between segments', withSegments(file, [7, 0, 0xff, 0xff], segment(0xfe, Buffer.from('hello')))],
    ['a long preview before its frame', withSegments(file, ...Array(3).fill(segment(0xe2, new Uint8Array(65_000))))],
  ])('reads a file with %s', async (_, image) => {
    expect((await decodeImage(image, 'a.jpg')).bytes).toEqual(BASELINE_JPEG.pixels);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['a file cut in its pixels', file.subarray(0, -20), /^a\.jpg: is damaged: Premature end of JPEG file$/],
    ['a file cut before its pixels', file.subarray(0, marker(0xda)), /is damaged: .*SOS/],
    ['a file cut before its frame', file.subarray(0, marker(0xc0)), /^a\.jpg: the file ends after \d+ bytes, inside its header$/],
    ['two bytes', file.subarray(0, 2), /inside its header/],
    ['a file without a frame', without(marker(0xc0), marker(0xda)), /is damaged: it has no frame header before its pixels/],
    ['a file without tables', without(marker(0xc4), marker(0xda)), /is damaged: Corrupt JPEG data/],
    ['CMYK', CMYK_JPEG.file, /^a\.jpg: is a JPEG in CMYK, the colours of printers, which is not read; convert it to RGB$/],
    ['12 bits', frame(0xc1, [12, 0, 9, 0, 9, 1]), /has 12 bits a sample/],
    ['two components', frame(0xc0, [8, 0, 9, 0, 9, 2]), /has 2 components/],
    ['a lossless image', frame(0xc3, [8, 0, 9, 0, 9, 1]), /is a lossless or hierarchical JPEG, which is not read/],
    ['no rows', frame(0xc0, [8, 0, 0, 0, 9, 1]), /declares 0 x 9 pixels/],
    ['billions of pixels', frame(0xc0, [8, 255, 255, 255, 255, 3]), /declares 65535 x 65535 pixels; at most 134217728/],
    ['thousands of scans', Uint8Array.from([...file, ...Array(1000).fill([0xff, 0xda]).flat()]), /has 1001 scans; at most 1000/],
    ['more pixels than its bytes hold', frame(0xc2, [8, 40, 0, 40, 0, 3]), /bytes can't hold the 10240 x 10240 pixels/],
  ])('refuses %s', async (_, image, message) => {
    const error = await refusal(decodeImage(image, 'a.jpg'));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(message);
    // What failed leaves the decoder as it was.
    expect((await decodeImage(file, 'a.jpg')).bytes).toEqual(BASELINE_JPEG.pixels);
  });

  it('refuses a file that is cut, wherever', async () => {
    for (const { file: image } of [BASELINE_JPEG, RESTARTS_JPEG, PROGRESSIVE_JPEG, GREY_JPEG])
      for (let length = 0; length < image.length; length++)
        expect(await refusal(decodeImage(image.subarray(0, length), 'a.jpg'))).toBeInstanceOf(DataError);
  });

  it('leaves no name behind in the global scope', async () => {
    await decodeImage(file, 'a.jpg');
    expect('ImageData' in globalThis).toBe(false);
  });

  it('decodes many at once', async () => {
    const images = await Promise.all(Array.from({ length: 20 }, (_, i) => decodeImage(i % 2 ? file : GREY_JPEG.file, 'a.jpg')));
    for (const [i, { bytes }] of images.entries()) expect(bytes).toEqual(i % 2 ? BASELINE_JPEG.pixels : GREY_JPEG.pixels);
  });
});

describe('decodeImage of what is neither', () => {
  it.each([
    ['WebP', Buffer.from('RIFF\x10\0\0\0WEBPVP8 ', 'latin1')],
    ['GIF', Buffer.from('GIF89a\x01\0\x01\0', 'latin1')],
    ['BMP', Buffer.from('BM\x46\0\0\0', 'latin1')],
    ['TIFF', Buffer.from('II*\0\x08\0\0\0', 'latin1')],
    ['TIFF', Buffer.from('MM\0*\0\0\0\x08', 'latin1')],
    ['HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1')],
    ['AVIF', Buffer.from('\0\0\0\x1cftypavif\0\0\0\0', 'latin1')],
    ['JPEG XL', Buffer.from('\xff\x0a\x00\x00', 'latin1')],
  ])('names %s and says what to do', async (format, start) => {
    const error = await refusal(decodeImage(start, 'a.png'));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toBe(`a.png: is a file of another format: ${format} is not read; convert to PNG or JPEG`);
  });
});

/** A file that begins with a frame header. */
function frame(type: number, fields: readonly number[]): Uint8Array {
  return withSegments(file, segment(type, [...fields, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]));
}
