import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DataError } from '../src/core/errors.ts';
import { gunzip, isGzip } from '../src/data/gunzip.ts';
import { parseIdx } from '../src/data/idx.ts';

/** An idx file of one type with big-endian sizes and the given bytes. */
function idx(type: number, shape: readonly number[], data: readonly number[]): Uint8Array {
  const sizes = shape.flatMap((size) => [size >>> 24, (size >>> 16) & 255, (size >>> 8) & 255, size & 255]);
  return new Uint8Array([0, 0, type, shape.length, ...sizes, ...data]);
}

describe('parseIdx', () => {
  it.each([
    ['unsigned bytes', 0x08, [0, 200], new Uint8Array([0, 200])],
    ['signed bytes', 0x09, [1, 255], new Int8Array([1, -1])],
    ['shorts', 0x0b, [1, 2, 255, 254], new Int16Array([258, -2])],
    ['integers', 0x0c, [0, 1, 0, 0, 255, 255, 255, 255], new Int32Array([65536, -1])],
    ['floats', 0x0d, [0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0], new Float32Array([1, -2])],
    ['doubles', 0x0e, [0x3f, 0xf0, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0], new Float64Array([1, -2])],
  ])('reads %s', (_, type, bytes, data) => {
    expect(parseIdx(idx(type, [2], bytes))).toEqual({ shape: [2], data });
  });

  it('reads several axes, from the middle of a buffer', () => {
    const file = idx(0x08, [2, 1, 3], [1, 2, 3, 4, 5, 6]);
    const around = new Uint8Array(file.length + 10).fill(99);
    around.set(file, 5);
    const array = parseIdx(around.subarray(5, 5 + file.length));
    expect(array).toEqual({ shape: [2, 1, 3], data: new Uint8Array([1, 2, 3, 4, 5, 6]) });
    expect(array.data.buffer).toBe(around.buffer);
  });

  const whole = idx(0x08, [2, 3], [1, 2, 3, 4, 5, 6]);
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /^digits.idx, byte 0: the file is empty/],
    ['a file of three bytes', whole.subarray(0, 3), /byte 3: the file ends inside the 4 bytes of its magic number \(00 00 08\)/],
    ['a gzip file', gzipSync(whole), /byte 0: expected an idx header, found a gzip file; decompress it first/],
    [
      'a wrong magic number',
      new Uint8Array([0, 1, 8, 1, 0, 0, 0, 1, 7]),
      /byte 0: expected the magic number .* found 00 01 08 01/,
    ],
    ['an unknown type', idx(0x0a, [1], [7]), /byte 0: expected the magic number .* found 00 00 0a 01/],
    ['no axes', idx(0x08, [], [7]), /byte 0: .* at least 01 axes.* found 00 00 08 00/],
    ['a file that ends in its header', whole.subarray(0, 9), /byte 9: .* 2 sizes need 12 bytes, found 9/],
    ['an empty array', idx(0x08, [2, 0], []), /byte 8: the array is empty: its shape is \[2, 0\]/],
    [
      'a truncated file',
      whole.subarray(0, 16),
      /byte 16: .* shape \[2, 3\], 6 bytes of data from byte 12 on, but the file ends after 4/,
    ],
    ['trailing bytes', new Uint8Array([...whole, 0, 0]), /byte 18: .* but 2 more bytes follow/],
    [
      'an absurd count',
      idx(0x08, [0xffffffff, 28, 28], [1]),
      /4294967295, 28, 28\], 3367254359280 bytes .* ends after 1 of them/,
    ],
    ['a count that overflows', idx(0x0e, Array(255).fill(0xffffffff), [1]), /Infinity bytes .* ends after 1 of them/],
    ['half an element', idx(0x0c, [1], [1, 2]), /4 bytes of data from byte 8 on, but the file ends after 2/],
  ])('refuses %s', (_, bytes, message) => {
    const parse = () => parseIdx(bytes, 'digits.idx');
    expect(parse).toThrow(DataError);
    expect(parse).toThrow(message);
  });
});

describe('gunzip', () => {
  const raw = Uint8Array.from({ length: 300_000 }, (_, index) => ((index * 2654435761) >>> 13) & 255);
  const file = new Uint8Array(gzipSync(raw));
  const damaged = (position: number) => file.map((byte, index) => (index === position ? byte ^ 0x55 : byte));

  it('tells gzip files from others', () => {
    expect(isGzip(file)).toBe(true);
    expect(isGzip(raw)).toBe(false);
    expect(isGzip(new Uint8Array(0))).toBe(false);
  });

  it('gives back what was compressed, up to exactly the limit', async () => {
    expect(Buffer.compare(await gunzip(file, raw.length), raw)).toBe(0);
    expect(await gunzip(new Uint8Array(gzipSync(new Uint8Array(0))), 0)).toEqual(new Uint8Array(0));
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['what is no gzip file', raw, /^a\.gz: not a gzip file/],
    ['nothing', new Uint8Array(0), /^a\.gz: not a gzip file/],
    ['a file that ends in its header', file.subarray(0, 5), /^a\.gz: the gzip data of 5 bytes are damaged or truncated; 0 bytes/],
    ['a file cut in the middle', file.subarray(0, file.length >> 1), /^a\.gz: .* damaged or truncated; \d+ bytes came out/],
    ['a file without its trailer', file.subarray(0, file.length - 8), /^a\.gz: .* damaged or truncated/],
    ['a damaged header', damaged(2), /^a\.gz: .* damaged or truncated/],
    ['a damaged checksum', damaged(file.length - 6), /^a\.gz: .* damaged or truncated/],
    ['damaged data', damaged(file.length >> 1), /^a\.gz: .* damaged or truncated/],
    ['bytes after the end', new Uint8Array([...file, 0, 0, 0, 0]), /^a\.gz: .*(something follows|damaged)/],
    ['a second member', new Uint8Array([...file, ...file]), /^a\.gz: .*(something follows|damaged)/],
  ])('refuses %s', async (_, bytes, message) => {
    const refused = expect(gunzip(bytes, 1e7, 'a.gz')).rejects;
    await refused.toThrow(message);
    await refused.toBeInstanceOf(DataError);
  });

  it('stops a small file that expands beyond the limit', async () => {
    const bomb = new Uint8Array(gzipSync(new Uint8Array(64 * 2 ** 20)));
    expect(bomb.length).toBeLessThan(100_000);
    await expect(gunzip(bomb, 2 ** 20, 'bomb.gz')).rejects.toThrow(/^bomb\.gz: .* more than the 1048576 bytes/);
  });
});
