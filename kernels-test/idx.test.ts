import { deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DataError } from '../src/core/errors.ts';
import { parseIdx } from '../src/data/idx.ts';
import { crc32 } from '../src/formats/crc32.ts';
import { gunzip, isGzip } from '../src/node/gunzip.ts';

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
  const joined = (...parts: ArrayLike<number>[]) => Uint8Array.from(parts.flatMap((part) => Array.from(part)));
  const [HEADER_CRC, EXTRA, NAME, COMMENT] = [2, 4, 8, 16];
  /** A member of `raw` by hand, with these flags and what belongs to them. */
  const withHeader = (flags: number, fields: readonly number[]) =>
    joined([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3], fields, deflateRawSync(raw), file.subarray(-8));

  it('tells gzip files from others', () => {
    expect(isGzip(file)).toBe(true);
    expect(isGzip(raw)).toBe(false);
    expect(isGzip(new Uint8Array(0))).toBe(false);
  });

  it('gives back what was compressed, up to exactly the limit', async () => {
    expect(Buffer.compare(await gunzip(file, raw.length), raw)).toBe(0);
    expect(await gunzip(new Uint8Array(gzipSync(new Uint8Array(0))), 0)).toEqual(new Uint8Array(0));
  });

  it('reads all members, as cat, bgzip and pigz make them, empty ones too', async () => {
    const [first, second] = [raw.subarray(0, 100), raw.subarray(100)];
    const empty = gzipSync(new Uint8Array(0));
    const members = joined(gzipSync(first), empty, gzipSync(second), empty);
    expect(Buffer.compare(await gunzip(members, raw.length), raw)).toBe(0);
    await expect(gunzip(members, raw.length - 1, 'a.gz')).rejects.toThrow(/more than the 299999 bytes/);
    await expect(gunzip(joined(gzipSync(first), gzipSync(raw.subarray(0, 1))), 100)).rejects.toThrow(/more than the 100 bytes/);
  });

  it.each<[string, number[]]>([
    ['zeros', Array(1024).fill(0)],
    ['one byte', [0x1f]],
    ['what is no member', [...Buffer.from('PK and more')]],
  ])('ignores %s after the last member, as zlib does', async (_, tail) => {
    expect(Buffer.compare(await gunzip(joined(file, tail), raw.length), raw)).toBe(0);
    expect(Buffer.compare(await gunzip(joined(file, file, tail), 2 * raw.length), joined(raw, raw))).toBe(0);
  });

  it('skips an extra field, a name, a comment and a checksum of the header', async () => {
    const fields = [3, 0, 9, 0, 9, ...Buffer.from('name\0comment\0')];
    const crc = crc32(joined([0x1f, 0x8b, 8, 30, 0, 0, 0, 0, 0, 3], fields));
    const all = withHeader(HEADER_CRC | EXTRA | NAME | COMMENT, [...fields, crc & 255, (crc >> 8) & 255]);
    for (const member of [all, withHeader(EXTRA, [0, 0]), withHeader(NAME, [0]), withHeader(COMMENT, [65, 0])])
      expect(Buffer.compare(await gunzip(member, raw.length), raw)).toBe(0);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ['what is no gzip file', raw, /^a\.gz: not a gzip file/],
    ['nothing', new Uint8Array(0), /^a\.gz: not a gzip file/],
    [
      'a file that ends in its header',
      file.subarray(0, 5),
      /^a\.gz: the gzip data of 5 bytes are damaged or truncated .*unexpected end of file/,
    ],
    ['a file cut in the middle', file.subarray(0, file.length >> 1), /^a\.gz: .* damaged or truncated .*unexpected end of file/],
    ['a file without its trailer', file.subarray(0, file.length - 8), /^a\.gz: .* damaged or truncated/],
    ['another method', damaged(2), /^a\.gz: .* damaged or truncated .*unknown compression method/],
    ['flags that no member has', damaged(3).fill(0x80, 3, 4), /^a\.gz: .*unknown header flags/],
    ['a damaged checksum', damaged(file.length - 6), /^a\.gz: .*incorrect checksum/],
    ['a damaged length', damaged(file.length - 2), /^a\.gz: .*incorrect length/],
    ['a damaged header with a checksum', withHeader(HEADER_CRC, [0, 0]), /^a\.gz: .*incorrect header checksum/],
    ['a name without an end', withHeader(NAME, []).subarray(0, 10), /^a\.gz: .*ends inside the header/],
    ['damaged data', damaged(file.length >> 1), /^a\.gz: .* damaged or truncated/],
    [
      'a second member that is cut',
      joined(file, file.subarray(0, -4)),
      /in the member at byte \d+, after 300000 bytes that are whole/,
    ],
    ['a second member that is damaged', joined(file, damaged(file.length >> 1)), /^a\.gz: .* damaged or truncated/],
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
