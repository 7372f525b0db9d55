import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { DataError } from '../src/core/errors.ts';
import { decodePng, pngHeader } from '../src/node/image-folder/png.ts';
import { chunk, greyPixels, greyPng, rawPng } from './support/png-files.ts';

/** The pixels of a file, as numbers. */
const pixels = (file: Uint8Array) => {
  const { rows, columns, channels, bytes } = decodePng(file, 'a.png');
  return { shape: [rows, columns, channels], bytes: [...bytes] };
};

describe('decodePng', () => {
  it('spreads grey of 1, 2, 4 and 16 bits over the bytes, and keeps that of 8', () => {
    // 9 pixels a row: the second row begins with a byte of its own.
    const one = encode({ width: 9, height: 2, channels: 1, depth: 1, data: new Uint8Array([0b10110001, 0x80, 0b01000000, 0]) });
    expect(pixels(one)).toEqual({
      shape: [2, 9, 1],
      bytes: [255, 0, 255, 255, 0, 0, 0, 255, 255, 0, 255, 0, 0, 0, 0, 0, 0, 0],
    });
    const two = encode({ width: 5, height: 1, channels: 1, depth: 2, data: new Uint8Array([0b00011011, 0b10000000]) });
    expect(pixels(two).bytes).toEqual([0, 85, 170, 255, 170]);
    const four = encode({ width: 3, height: 1, channels: 1, depth: 4, data: new Uint8Array([0x0f, 0x70]) });
    expect(pixels(four).bytes).toEqual([0, 255, 119]);
    const eight = encode({ width: 2, height: 2, channels: 1, depth: 8, data: new Uint8Array([0, 1, 254, 255]) });
    expect(pixels(eight)).toEqual({ shape: [2, 2, 1], bytes: [0, 1, 254, 255] });
    // 128 / 257 = 0.498, 129 / 257 = 0.502: the boundary of rounding.
    const sixteen = encode({ width: 5, height: 1, channels: 1, depth: 16, data: new Uint16Array([0, 128, 129, 65278, 65535]) });
    expect(pixels(sixteen).bytes).toEqual([0, 0, 1, 254, 255]);
  });

  it('reads colour of 8 and 16 bits', () => {
    const eight = encode({ width: 2, height: 1, channels: 3, data: new Uint8Array([1, 2, 3, 250, 100, 0]) });
    expect(pixels(eight)).toEqual({ shape: [1, 2, 3], bytes: [1, 2, 3, 250, 100, 0] });
    const sixteen = encode({ width: 1, height: 1, channels: 3, depth: 16, data: new Uint16Array([257, 514, 65535]) });
    expect(pixels(sixteen)).toEqual({ shape: [1, 1, 3], bytes: [1, 2, 255] });
  });

  it('takes colour that is grey in every pixel for grey', () => {
    const grey = encode({ width: 2, height: 1, channels: 3, data: new Uint8Array([7, 7, 7, 200, 200, 200]) });
    expect(pixels(grey)).toEqual({ shape: [1, 2, 1], bytes: [7, 200] });
    const nearly = encode({ width: 2, height: 1, channels: 3, data: new Uint8Array([7, 7, 7, 200, 200, 201]) });
    expect(pixels(nearly).shape).toEqual([1, 2, 3]);
  });

  it('lays what is transparent on white', () => {
    // 0 at 51 of 255 on white: 204; 100 at 128: (100 * 128 + 255 * 127) / 255 = 177.196.
    const grey = encode({ width: 4, height: 1, channels: 2, data: new Uint8Array([0, 51, 100, 128, 9, 255, 9, 0]) });
    expect(pixels(grey)).toEqual({ shape: [1, 4, 1], bytes: [204, 177, 9, 255] });
    const colour = encode({ width: 2, height: 1, channels: 4, data: new Uint8Array([0, 255, 100, 51, 1, 2, 3, 255]) });
    expect(pixels(colour)).toEqual({ shape: [1, 2, 3], bytes: [204, 255, 224, 1, 2, 3] });
    const sixteen = encode({ width: 1, height: 1, channels: 2, depth: 16, data: new Uint16Array([0, 13107]) });
    expect(pixels(sixteen).bytes).toEqual([204]);
    const wide = encode({ width: 1, height: 1, channels: 4, depth: 16, data: new Uint16Array([65535, 0, 0, 32768]) });
    // 1 - 32768 / 65535 of 255: 127.498.
    expect(pixels(wide).bytes).toEqual([255, 127, 127]);
  });

  it('looks up palettes of 1, 2, 4 and 8 bits, with their transparency', () => {
    const palette = [
      [255, 0, 0],
      [0, 255, 0],
      [1, 2, 3],
      [9, 9, 9],
    ];
    const flat = (...indices: number[]) => indices.flatMap((index) => palette[index] as number[]);
    const image = (depth: 1 | 2 | 4 | 8, width: number, data: number[]) =>
      encode({ width, height: 2, channels: 1, depth, palette, data: new Uint8Array(data) });
    expect(pixels(image(1, 3, [0b01000000, 0b10100000]))).toEqual({ shape: [2, 3, 3], bytes: flat(0, 1, 0, 1, 0, 1) });
    expect(pixels(image(2, 5, [0b00011011, 0b01000000, 0b11100100, 0])).bytes).toEqual(flat(0, 1, 2, 3, 1, 3, 2, 1, 0, 0));
    expect(pixels(image(4, 2, [0x01, 0x32])).bytes).toEqual(flat(0, 1, 3, 2));
    expect(pixels(image(8, 2, [3, 2, 1, 0])).bytes).toEqual(flat(3, 2, 1, 0));
    expect(pixels(image(8, 2, [3, 3, 3, 3]))).toEqual({ shape: [2, 2, 1], bytes: [9, 9, 9, 9] });
    const chunks = [chunk('PLTE', [0, 100, 0, 5, 6, 7]), chunk('tRNS', [51])];
    expect(pixels(rawPng([2, 1], { type: 3 }, [0, 0, 1], chunks)).bytes).toEqual([204, 224, 204, 5, 6, 7]);
  });

  it('makes the colour that tRNS names transparent', () => {
    const grey = [chunk('tRNS', [0, 2])];
    // 4 bits: the samples 1, 2, 3.
    expect(pixels(rawPng([3, 1], { depth: 4 }, [0, 0x12, 0x30], grey)).bytes).toEqual([17, 255, 51]);
    const colour = [chunk('tRNS', [0, 1, 0, 2, 0, 3])];
    const file = rawPng([3, 1], { type: 2 }, [0, 1, 2, 3, 1, 2, 4, 0, 0, 9], colour);
    expect(pixels(file).bytes).toEqual([255, 255, 255, 1, 2, 4, 0, 0, 9]);
  });

  it('undoes each filter of the rows', () => {
    // None, sub, up, average, Paeth on three columns; worked out by hand.
    const rows = [0, 10, 20, 30, 1, 5, 1, 1, 2, 1, 1, 1, 3, 4, 0, 0, 4, 1, 0, 2];
    expect(pixels(rawPng([3, 5], {}, rows)).bytes).toEqual([10, 20, 30, 5, 6, 7, 6, 7, 8, 7, 7, 7, 8, 8, 10]);
  });

  it('reads interlaced images of 8 and 16 bits', () => {
    const data = Uint8Array.from({ length: 11 * 9 * 3 }, (_, i) => (i * 37) & 255);
    const eight = encode({ width: 11, height: 9, channels: 3, data }, { interlace: 'Adam7' });
    expect(pixels(eight)).toEqual({ shape: [9, 11, 3], bytes: [...data] });
    const wide = encode(
      { width: 11, height: 27, channels: 1, depth: 16, data: Uint16Array.from(data, (byte) => 257 * byte) },
      { interlace: 'Adam7' },
    );
    expect(pixels(wide)).toEqual({ shape: [27, 11, 1], bytes: [...data] });
    for (let size = 1; size <= 9; size++) {
      const small = greyPixels(size, size, 10 - size);
      const file = encode({ width: 10 - size, height: size, channels: 1, data: small }, { interlace: 'Adam7' });
      expect(pixels(file)).toEqual({ shape: [size, 10 - size, 1], bytes: [...small] });
    }
  });

  const good = greyPng(3);
  const idat = good.length - 12 - 12;
  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /^a\.png: the file is empty$/],
    ['a JPEG', new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70]), /no PNG file: it begins with ff d8 ff e0/],
    ['three bytes', good.subarray(0, 3), /no PNG file: it begins with 89 50 4e$/],
    ['a file that ends in its header', good.subarray(0, 20), /ends after 20 bytes, inside its header/],
    ['a file without its header', Uint8Array.from([...good.subarray(0, 8), ...good.subarray(33)]), /header/],
    ['a file cut in its data', good.subarray(0, idat), /is damaged/],
    ['a file without its end', good.subarray(0, -12), /is damaged/],
    ['a changed byte', good.map((byte, i) => (i === idat - 3 ? byte ^ 1 : byte)), /is damaged: incorrect data check/],
    [
      'a changed header',
      good.map((byte, i) => (i === 19 ? 5 : byte)),
      /is damaged: it holds 20 bytes of pixels, expected 24 for 4 x 5/,
    ],
    ['a changed checksum', good.map((byte, i) => (i === 29 ? byte ^ 1 : byte)), /is damaged: CRC mismatch for chunk IHDR/],
    ['rows that are missing', rawPng([2, 3], {}, [0, 1, 2, 0, 3, 4]), /is damaged/],
    ['a row that is cut', rawPng([2, 2], {}, [0, 1, 2, 0, 3]), /is damaged/],
    ['a row too many', rawPng([2, 1], {}, [0, 1, 2, 0, 3, 4]), /is damaged: it holds more bytes of pixels, expected 3 for 1 x 2/],
    ['a small file of much data', rawPng([2, 1], {}, new Uint8Array(2 ** 24)), /it holds more bytes of pixels, expected 3/],
    ['a file of no data', Uint8Array.from([...good.subarray(0, 33), ...good.subarray(-12)]), /is damaged/],
    ['no rows', rawPng([2, 0], {}, []), /declares 0 x 2 pixels/],
    ['billions of pixels', rawPng([70_000, 70_000], {}, []), /declares 70000 x 70000 pixels; at most 134217728/],
    ['a depth its type has not', rawPng([2, 1], { depth: 4, type: 2 }, [0, 1, 2, 3]), /colour type 2 with 4 bits/],
    ['a type that is none', rawPng([2, 1], { type: 5 }, [0, 1, 2]), /colour type 5 with 8 bits/],
    ['an interlaced image of 2 bits', rawPng([1, 1], { depth: 2, interlaced: true }, [0, 0]), /interlaced with 2 bits/],
    ['a palette that is missing', rawPng([1, 1], { type: 3 }, [0, 0]), /is damaged: .*palette/i],
    ['an index beyond the palette', rawPng([1, 1], { type: 3 }, [0, 2], [chunk('PLTE', [1, 2, 3])]), /is damaged: .*palette/i],
    ['an unknown filter', rawPng([1, 1], {}, [9, 2]), /is damaged: .*filter/i],
  ])('refuses %s', (_, file, message) => {
    const attempt = () => decodePng(file, 'a.png');
    expect(attempt).toThrow(DataError);
    expect(attempt).toThrow(message);
  });
});

describe('pngHeader', () => {
  it('tells the size and whether there may be colour', () => {
    expect(pngHeader(greyPng(1, 2, 3), 'a.png')).toEqual({ rows: 2, columns: 3, mayHaveColour: false });
    const palette = rawPng([5, 4], { type: 3 }, []);
    expect(pngHeader(palette.subarray(0, 33), 'a.png')).toEqual({ rows: 4, columns: 5, mayHaveColour: true });
  });
});
