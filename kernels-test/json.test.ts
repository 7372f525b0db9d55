import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError } from '../src/core/errors.ts';
import { fromJson, fromJsonNumber, toJson } from '../src/core/json.ts';
import { readJson } from '../src/node/json-file.ts';

describe('JSON of measured numbers', () => {
  test('gives back NaN and the infinities, however deep they lie', () => {
    const value = { loss: [0.5, Number.NaN], deep: { most: Number.POSITIVE_INFINITY, least: [Number.NEGATIVE_INFINITY, -0.25] } };
    expect(fromJson(toJson(value))).toEqual(value);
    expect(toJson(value)).toBe('{"loss":[0.5,"NaN"],"deep":{"most":"Infinity","least":["-Infinity",-0.25]}}');
    expect(fromJson(toJson(value, 2))).toEqual(value);
  });

  test('gives back texts that are spelt like them', () => {
    const value = { name: 'NaN', list: ['Infinity', "'-Infinity", "''NaN", Number.NaN], NaN: "'" };
    expect(fromJson(toJson(value))).toEqual(value);
    expect(toJson('NaN')).toBe('"\'NaN"');
    // As files of before have them.
    expect(fromJson('["NaN","-Infinity"]')).toEqual([Number.NaN, Number.NEGATIVE_INFINITY]);
  });

  test('leaves all else to JSON', () => {
    const value = { text: 'nan', list: [null, true, 'x'], none: undefined };
    expect(toJson(value)).toBe(JSON.stringify(value));
    expect(fromJson(toJson(value))).toEqual({ text: 'nan', list: [null, true, 'x'] });
    expect(() => fromJson('{')).toThrow(SyntaxError);
  });

  test('takes the null of older files for a number that was not finite, where a number is expected', () => {
    expect([1, 'NaN', '-Infinity', null].map(fromJsonNumber)).toEqual([1, Number.NaN, Number.NEGATIVE_INFINITY, Number.NaN]);
    expect(fromJsonNumber('many')).toBe('many');
  });
});

describe('a JSON file', () => {
  let scratch = '';
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'paredown-json-'));
  });
  afterAll(() => rm(scratch, { recursive: true, force: true }));

  const VALUE = { name: 'größe ✓ 😀', list: [1, 2] };
  const TEXT = `${JSON.stringify(VALUE, undefined, 2).replaceAll('\n', '\r\n')}\r\n`;
  const bigEndian = (text: string) => Buffer.from(text, 'utf16le').swap16();

  async function written(bytes: Uint8Array | string): Promise<string> {
    const path = join(scratch, 'some.json');
    await writeFile(path, bytes);
    return path;
  }

  test.each([
    ['UTF-8', Buffer.from(TEXT)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${TEXT}`)],
    ['UTF-16, little-endian, with a mark', Buffer.from(`\ufeff${TEXT}`, 'utf16le')],
    ['UTF-16, big-endian, with a mark', bigEndian(`\ufeff${TEXT}`)],
    ['UTF-16, little-endian, without a mark', Buffer.from(TEXT, 'utf16le')],
    ['UTF-16, big-endian, without a mark', bigEndian(TEXT)],
  ])('is read in %s', async (_, bytes) => {
    expect(await readJson(await written(bytes))).toEqual(VALUE);
  });

  test.each([
    ['a missing comma', '{\r\n  "a": 1\r\n  "b": 2\r\n}', 'comma expected in line 3, column 3'],
    ['a comma too many', '[1,\n2,\n]', 'value expected in line 3, column 1'],
    ['a comment', '{ // why\n}', 'in line 1, column 3'],
    ['an end in the middle', '{"a": [1', 'in line 1, column 9'],
    ['nothing', '', 'value expected in line 1, column 1'],
    ['a word', 'abc', 'invalid symbol in line 1, column 1'],
  ])('with %s is refused with its place', async (_, text, place) => {
    const path = await written(text);
    const error: unknown = await readJson(path).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataError);
    expect(String(error)).toContain(`${path} is no JSON: `);
    expect(String(error)).toContain(place);
    await expect(readJson(path, '--space some.json')).rejects.toThrow(/^--space some\.json is no JSON/);
  });

  test('that is no text is refused, and one that is missing has the system’s code', async () => {
    await expect(readJson(await written(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])))).rejects.toThrow('no text in UTF-8 or UTF-16');
    await expect(readJson(join(scratch, 'none.json'))).rejects.toThrow(expect.objectContaining({ code: 'ENOENT' }));
  });
});
