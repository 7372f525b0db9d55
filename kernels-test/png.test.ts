import { deflateSync } from 'node:zlib';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { DataError } from '../src/core/errors.ts';
import { decodeImage, imageHeader } from '../src/node/images/decode.ts';
import { refusal } from './support/data-files.ts';
import { exifOf } from './support/exif.ts';
import { broken, chunk, greyPixels, greyPng, interlacedRows, rawPng, sized, withData } from './support/png-files.ts';

/** The pixels of a file, as numbers. */
const pixels = async (file: Uint8Array) => {
  const { rows, columns, channels, bytes } = await decodeImage(file, 'a.png');
  return { shape: [rows, columns, channels], bytes: [...bytes] };
};

describe('decodeImage of a PNG', () => {
  it('spreads grey of 1, 2, 4 and 16 bits over the bytes, and keeps that of 8', async () => {
    // 9 pixels a row: the second row begins with a byte of its own.
    const one = encode({ width: 9, height: 2, channels: 1, depth: 1, data: new Uint8Array([0b10110001, 0x80, 0b01000000, 0]) });
    expect(await pixels(one)).toEqual({
      shape: [2, 9, 1],
      bytes: [255, 0, 255, 255, 0, 0, 0, 255, 255, 0, 255, 0, 0, 0, 0, 0, 0, 0],
    });
    const two = encode({ width: 5, height: 1, channels: 1, depth: 2, data: new Uint8Array([0b00011011, 0b10000000]) });
    expect((await pixels(two)).bytes).toEqual([0, 85, 170, 255, 170]);
    const four = encode({ width: 3, height: 1, channels: 1, depth: 4, data: new Uint8Array([0x0f, 0x70]) });
    expect((await pixels(four)).bytes).toEqual([0, 255, 119]);
    const eight = encode({ width: 2, height: 2, channels: 1, depth: 8, data: new Uint8Array([0, 1, 254, 255]) });
    expect(await pixels(eight)).toEqual({ shape: [2, 2, 1], bytes: [0, 1, 254, 255] });
    // 128 / 257 = 0.498, 129 / 257 = 0.502: the boundary of rounding.
    const sixteen = encode({ width: 5, height: 1, channels: 1, depth: 16, data: new Uint16Array([0, 128, 129, 65278, 65535]) });
    expect((await pixels(sixteen)).bytes).toEqual([0, 0, 1, 254, 255]);
  });

  it('reads colour of 8 and 16 bits', async () => {
    const eight = encode({ width: 2, height: 1, channels: 3, data: new Uint8Array([1, 2, 3, 250, 100, 0]) });
    expect(await pixels(eight)).toEqual({ shape: [1, 2, 3], bytes: [1, 2, 3, 250, 100, 0] });
    const sixteen = encode({ width: 1, height: 1, channels: 3, depth: 16, data: new Uint16Array([257, 514, 65535]) });
    expect(await pixels(sixteen)).toEqual({ shape: [1, 1, 3], bytes: [1, 2, 255] });
  });

  it('takes colour that is grey in every pixel for grey', async () => {
    const grey = encode({ width: 2, height: 1, channels: 3, data: new Uint8Array([7, 7, 7, 200, 200, 200]) });
    expect(await pixels(grey)).toEqual({ shape: [1, 2, 1], bytes: [7, 200] });
    const nearly = encode({ width: 2, height: 1, channels: 3, data: new Uint8Array([7, 7, 7, 200, 200, 201]) });
    expect((await pixels(nearly)).shape).toEqual([1, 2, 3]);
  });

  it('lays what is transparent on white', async () => {
    // 0 at 51 of 255 on white: 204; 100 at 128: (100 * 128 + 255 * 127) / 255 = 177.196.
    const grey = encode({ width: 4, height: 1, channels: 2, data: new Uint8Array([0, 51, 100, 128, 9, 255, 9, 0]) });
    expect(await pixels(grey)).toEqual({ shape: [1, 4, 1], bytes: [204, 177, 9, 255] });
    const colour = encode({ width: 2, height: 1, channels: 4, data: new Uint8Array([0, 255, 100, 51, 1, 2, 3, 255]) });
    expect(await pixels(colour)).toEqual({ shape: [1, 2, 3], bytes: [204, 255, 224, 1, 2, 3] });
    const sixteen = encode({ width: 1, height: 1, channels: 2, depth: 16, data: new Uint16Array([0, 13107]) });
    expect((await pixels(sixteen)).bytes).toEqual([204]);
    const wide = encode({ width: 1, height: 1, channels: 4, depth: 16, data: new Uint16Array([65535, 0, 0, 32768]) });
    // 1 - 32768 / 65535 of 255: 127.498.
    expect((await pixels(wide)).bytes).toEqual([255, 127, 127]);
  });

  it('looks up palettes of 1, 2, 4 and 8 bits, with their transparency', async () => {
    const palette = [
      [255, 0, 0],
      [0, 255, 0],
      [1, 2, 3],
      [9, 9, 9],
    ];
    const flat = (...indices: number[]) => indices.flatMap((index) => palette[index] as number[]);
    const image = (depth: 1 | 2 | 4 | 8, width: number, data: number[]) =>
      encode({ width, height: 2, channels: 1, depth, palette, data: new Uint8Array(data) });
    expect(await pixels(image(1, 3, [0b01000000, 0b10100000]))).toEqual({ shape: [2, 3, 3], bytes: flat(0, 1, 0, 1, 0, 1) });
    expect((await pixels(image(2, 5, [0b00011011, 0b01000000, 0b11100100, 0]))).bytes).toEqual(
      flat(0, 1, 2, 3, 1, 3, 2, 1, 0, 0),
    );
    expect((await pixels(image(4, 2, [0x01, 0x32]))).bytes).toEqual(flat(0, 1, 3, 2));
    expect((await pixels(image(8, 2, [3, 2, 1, 0]))).bytes).toEqual(flat(3, 2, 1, 0));
    expect(await pixels(image(8, 2, [3, 3, 3, 3]))).toEqual({ shape: [2, 2, 1], bytes: [9, 9, 9, 9] });
    const chunks = [chunk('PLTE', [0, 100, 0, 5, 6, 7]), chunk('tRNS', [51])];
    expect((await pixels(rawPng([2, 1], { type: 3 }, [0, 0, 1], chunks))).bytes).toEqual([204, 224, 204, 5, 6, 7]);
  });

  it('makes the colour that tRNS names transparent', async () => {
    const grey = [chunk('tRNS', [0, 2])];
    // 4 bits: the samples 1, 2, 3.
    expect((await pixels(rawPng([3, 1], { depth: 4 }, [0, 0x12, 0x30], grey))).bytes).toEqual([17, 255, 51]);
    const colour = [chunk('tRNS', [0, 1, 0, 2, 0, 3])];
    const file = rawPng([3, 1], { type: 2 }, [0, 1, 2, 3, 1, 2, 4, 0, 0, 9], colour);
    expect((await pixels(file)).bytes).toEqual([255, 255, 255, 1, 2, 4, 0, 0, 9]);
  });

  it('undoes each filter of the rows', async () => {
    // None, sub, up, average, Paeth on three columns; worked out by hand.
    const rows = [0, 10, 20, 30, 1, 5, 1, 1, 2, 1, 1, 1, 3, 4, 0, 0, 4, 1, 0, 2];
    expect((await pixels(rawPng([3, 5], {}, rows))).bytes).toEqual([10, 20, 30, 5, 6, 7, 6, 7, 8, 7, 7, 7, 8, 8, 10]);
  });

  it('reads interlaced images of 8 and 16 bits', async () => {
    const data = Uint8Array.from({ length: 11 * 9 * 3 }, (_, i) => (i * 37) & 255);
    const eight = encode({ width: 11, height: 9, channels: 3, data }, { interlace: 'Adam7' });
    expect(await pixels(eight)).toEqual({ shape: [9, 11, 3], bytes: [...data] });
    const wide = encode(
      { width: 11, height: 27, channels: 1, depth: 16, data: Uint16Array.from(data, (byte) => 257 * byte) },
      { interlace: 'Adam7' },
    );
    expect(await pixels(wide)).toEqual({ shape: [27, 11, 1], bytes: [...data] });
    for (let size = 1; size <= 9; size++) {
      const small = greyPixels(size, size, 10 - size);
      const file = encode({ width: 10 - size, height: size, channels: 1, data: small }, { interlace: 'Adam7' });
      expect(await pixels(file)).toEqual({ shape: [size, 10 - size, 1], bytes: [...small] });
    }
  });

  describe('reads what libpng reads', () => {
    const grey = [0, 7, 8, 0, 9, 10];
    const expected = { shape: [2, 2, 1], bytes: [7, 8, 9, 10] };
    const plain = rawPng([2, 2], {}, grey);
    const beside = (...before: Uint8Array[]) => rawPng([2, 2], {}, grey, before);
    const data = deflateSync(Uint8Array.from(grey));
    it.each<[string, Uint8Array]>([
      ['a zip file behind its end', Uint8Array.from([...plain, ...Buffer.from('PK\x03\x04')])],
      ['no end', plain.subarray(0, -12)],
      ['an end that is cut', plain.subarray(0, -3)],
      ['an end with a wrong checksum', plain.map((byte, i) => (i === plain.length - 1 ? byte ^ 1 : byte))],
      ['a broken profile', beside(chunk('iCCP', Buffer.from('icc\0\0garbage', 'latin1')))],
      [
        'a profile and texts with wrong checksums',
        beside(broken(chunk('iCCP', [65, 0, 0, 1])), broken(chunk('tEXt', [65, 0, 66]))),
      ],
      ['a gamma and a colour space', beside(chunk('gAMA', [0, 0, 0, 1]), chunk('sRGB', [0]), chunk('pHYs', [1]))],
      ['chunks nobody knows', beside(chunk('abCd', [1, 2, 3]), broken(chunk('zzZz', [])))],
      ['a text of unreadable bytes', beside(chunk('tEXt', [0, 255, 254]), chunk('zTXt', [1]), chunk('iTXt', [9, 9]))],
      ['a palette beside grey', beside(chunk('PLTE', [1, 2, 3]))],
      ['a transparency of another length', beside(chunk('tRNS', [0, 7, 0]))],
      ['a transparency with a wrong checksum', beside(broken(chunk('tRNS', [0, 7])))],
      ['data in many pieces', withData(plain, ...Array.from(data, (byte) => [byte]))],
      ['pieces without data', withData(plain, [], data, [])],
      ['data without their checksum', withData(plain, data.subarray(0, -4))],
      ['bytes behind the data', withData(plain, [...data, 1, 2, 3])],
      ['a row too many', rawPng([2, 2], {}, [...grey, 0, 1, 2])],
      ['a small file of much data', rawPng([2, 2], {}, [...grey, ...new Uint8Array(2 ** 22)])],
      ['pixels that go on behind another chunk', withData(plain, data, undefined, [1, 2, 3])],
    ])('%s', async (_, file) => {
      expect(await pixels(file)).toEqual(expected);
    });

    it('a colour that the palette lacks, as black, and a transparency that does not fit it', async () => {
      const file = (...before: Uint8Array[]) => rawPng([3, 1], { type: 3 }, [0, 0, 1, 200], before);
      const bytes = [5, 6, 7, 0, 0, 0, 0, 0, 0];
      const PLTE = chunk('PLTE', [5, 6, 7]);
      expect((await pixels(file(PLTE))).bytes).toEqual(bytes);
      expect((await pixels(file(PLTE, chunk('tRNS', [0, 0])))).bytes).toEqual(bytes);
      expect((await pixels(file(chunk('tRNS', [0]), PLTE))).bytes).toEqual(bytes);
      // One bit a pixel has two colours, whatever the palette holds.
      const one = rawPng([1, 1], { type: 3, depth: 1 }, [0, 0x80], [chunk('PLTE', [1, 1, 1, 2, 3, 4, 9, 9, 9])]);
      expect((await pixels(one)).bytes).toEqual([2, 3, 4]);
    });

    it('the transparent colour by the bits that samples have', async () => {
      expect((await pixels(rawPng([2, 1], { depth: 4 }, [0, 0x12], [chunk('tRNS', [0xff, 0xf2])]))).bytes).toEqual([17, 255]);
      const single = rawPng([1, 1], { type: 2 }, [0, 1, 2, 3], [chunk('tRNS', [0, 1, 0, 2, 0, 3])]);
      expect((await pixels(single)).bytes).toEqual([255]);
    });
  });

  it.each([1, 2, 4] as const)('reads interlaced images of %i bits, with and without a palette', async (depth) => {
    for (const [columns, rows] of [
      [1, 1],
      [5, 3],
      [8, 8],
      [11, 9],
      [17, 2],
      [3, 20],
    ] as const) {
      const values = Uint8Array.from({ length: rows * columns }, (_, i) => ((i * 37) >> 1) & (2 ** depth - 1));
      const lines = interlacedRows(values, [columns, rows], depth);
      const largest = 2 ** depth - 1;
      const grey = await pixels(rawPng([columns, rows], { depth, interlaced: true }, lines));
      expect(grey).toEqual({ shape: [rows, columns, 1], bytes: [...values].map((value) => (255 * value) / largest) });
      const palette = chunk(
        'PLTE',
        Array.from({ length: 3 * (largest + 1) }, (_, i) => 10 * Math.floor(i / 3) + (i % 3)),
      );
      const colour = await pixels(rawPng([columns, rows], { depth, type: 3, interlaced: true }, lines, [palette]));
      expect(colour.bytes).toEqual([...values].flatMap((value) => [10 * value, 10 * value + 1, 10 * value + 2]));
    }
  });

  it('turns images as their Exif data ask for, where these are whole', async () => {
    const rows = [0, 1, 2, 3, 0, 4, 5, 6];
    const turned = async (exif: Uint8Array) => pixels(rawPng([3, 2], {}, rows, [exif]));
    expect(await turned(chunk('eXIf', exifOf(6)))).toEqual({ shape: [3, 2, 1], bytes: [4, 1, 5, 2, 6, 3] });
    expect(await turned(broken(chunk('eXIf', exifOf(6))))).toEqual({ shape: [2, 3, 1], bytes: [1, 2, 3, 4, 5, 6] });
    const header = imageHeader(rawPng([3, 2], {}, rows, [chunk('eXIf', exifOf(8))]), 'a.png');
    expect(header).toMatchObject({ rows: 3, columns: 2 });
  });

  const good = greyPng(3);
  const idat = good.length - 12 - 12;
  const goodData = [...good.subarray(41, -16)];
  const without = (from: number, to: number) => Uint8Array.from([...good.subarray(0, from), ...good.subarray(to)]);
  const changed = (at: number, by: number) => good.map((byte, i) => (i === at ? byte ^ by : byte));
  const PLTE = chunk('PLTE', [7, 8, 9]);
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /^a\.png: the file is empty$/],
    ['text', Buffer.from('no image at all'), /neither a PNG nor a JPEG file: it begins with 6e 6f 20 69 6d 61 67 65$/],
    ['three bytes', good.subarray(0, 3), /neither a PNG nor a JPEG file: it begins with 89 50 4e$/],
    ['a file that ends in its header', good.subarray(0, 20), /ends after 20 bytes, inside its header/],
    ['a file without its header', without(8, 33), /does not begin with the header IHDR/],
    ['a header that is changed', changed(19, 5), /is damaged: the checksum of its header IHDR is wrong/],
    ['a file cut in its data', good.subarray(0, idat), /is damaged: the file ends after 62 bytes, inside the chunk IDAT$/],
    ['a changed byte', changed(idat - 3, 1), /is damaged: the checksum of the chunk "IDAT" at byte 33 is wrong/],
    ['a wrong size', sized(good, 4, 5), /is damaged: it holds 20 bytes of pixels, expected 25/],
    ['rows that are missing', rawPng([2, 3], {}, [0, 1, 2, 0, 3, 4]), /is damaged: it holds 6 bytes of pixels, expected 9/],
    ['a row that is cut', rawPng([2, 2], {}, [0, 1, 2, 0, 3]), /is damaged/],
    ['a file of no data', without(33, good.length - 12), /is damaged: it has no pixels/],
    ['no rows', rawPng([2, 0], {}, []), /declares 0 x 2 pixels/],
    ['billions of pixels', rawPng([70_000, 70_000], {}, []), /declares 70000 x 70000 pixels; at most 134217728/],
    ['more pixels than its bytes hold', rawPng([10_000, 10_000], {}, [0]), /compressed bytes can't hold the 100010000 that/],
    ['a depth its type has not', rawPng([2, 1], { depth: 4, type: 2 }, [0, 1, 2, 3]), /colour type 2 with 4 bits/],
    ['a type that is none', rawPng([2, 1], { type: 5 }, [0, 1, 2]), /colour type 5 with 8 bits/],
    ['a palette that is missing', rawPng([1, 1], { type: 3 }, [0, 0]), /is damaged: it has no palette/],
    [
      'a palette of two bytes',
      rawPng([1, 1], { type: 3 }, [0, 0], [chunk('PLTE', [1, 2])]),
      /is damaged: its palette has 2 bytes/,
    ],
    ['two palettes', rawPng([1, 1], { type: 3 }, [0, 0], [PLTE, PLTE]), /is damaged: it has two palettes/],
    [
      'an unknown chunk that is needed',
      rawPng([1, 1], {}, [0, 0], [chunk('ABCD', [])]),
      /is damaged: the chunk "ABCD" .* unknown/,
    ],
    [
      'a palette with a wrong checksum',
      rawPng([1, 1], {}, [0, 0], [broken(PLTE)]),
      /is damaged: the checksum of the chunk "PLTE"/,
    ],
    ['an unknown filter', rawPng([1, 1], {}, [9, 2]), /is damaged: row 0 has the filter 9/],
    ['data that are no deflate stream', withData(good, [0x78, 0x9c, 0xff, 0xff, 0xff]), /is damaged: invalid block type/],
    [
      'data that are cut',
      withData(good, deflateSync(new Uint8Array(20)).subarray(0, 4)),
      /is damaged: it holds \d+ bytes of pixels/,
    ],
    [
      'data with a wrong checksum of their own',
      withData(good, [...goodData.slice(0, -1), 1]),
      /is damaged: incorrect data check/,
    ],
    ['pixels without an end', rawPng([1, 1], {}, [0, 7, ...new Uint8Array(2 ** 26 + 9)]), /is damaged: /],
    ['data of another kind', withData(good, [1, 2, 3]), /is damaged: incorrect header check/],
  ])('refuses %s', async (_, file, message) => {
    const error = await refusal(decodeImage(file, 'a.png'));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(message);
  });
});

describe('imageHeader of a PNG', () => {
  it('tells the size and whether there may be colour, and where the file has to be read further', () => {
    expect(imageHeader(greyPng(1, 2, 3), 'a.png')).toEqual({ format: 'PNG', rows: 2, columns: 3, mayHaveColour: false });
    const palette = rawPng([5, 4], { type: 3 }, []);
    expect(imageHeader(palette.subarray(0, 41), 'a.png')).toEqual({ format: 'PNG', rows: 4, columns: 5, mayHaveColour: true });
    for (const length of [8, 32, 33, 40]) expect(imageHeader(palette.subarray(0, length), 'a.png')).toBeUndefined();
  });
});
