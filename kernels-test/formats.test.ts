import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DataError, OptionError, ShapeError } from '../src/core/errors.ts';
import { elements, type Value } from '../src/core/value.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../src/formats/checkpoint.ts';
import { crc32 } from '../src/formats/crc32.ts';
import { decodeModel, encodeModel } from '../src/formats/model-file.ts';
import { decodeSafetensors, encodeSafetensors } from '../src/formats/safetensors.ts';
import { initialValue } from '../src/model/initialise.ts';
import { batchNorm, branch, conv2d, dense, globalAvgPool2d } from '../src/model/layers.ts';
import { model } from '../src/model/model.ts';
import { parametersOf } from '../src/model/resolve.ts';
import type { Model } from '../src/model/types.ts';
import { load, save } from '../src/node/persist.ts';

const network = model(
  [5, 5, 2],
  [branch([conv2d(2, 3)], [conv2d(3, 3, { name: 'größe "3"' })]), batchNorm(), globalAvgPool2d(), dense(4)],
);
const weightsOf = (m: Model, seed: number): Map<string, Value> =>
  new Map(
    parametersOf(m).map((parameter, index) => [
      parameter.name,
      { shape: parameter.shape, data: initialValue(parameter, index, seed) },
    ]),
  );
const weights = weightsOf(network, 3);

const extremes = new Float32Array([
  0,
  -0,
  1,
  -1,
  1e-45,
  -1e-45,
  1.1754943508222875e-38,
  3.4028234663852886e38,
  Math.fround(0.1),
  Infinity,
]);
const checkpoint: Checkpoint = {
  model: network,
  training: {
    step: 12,
    seed: 4294967295,
    learningRates: [1e-4, Number.NaN],
    least: Number.NEGATIVE_INFINITY,
    note: 'a "b" \\ ü',
  },
  tensors: new Map([
    ['moments', { shape: [2, 5], data: extremes }],
    ['7', { shape: [], data: new Float32Array([7]) }],
  ]),
};

const bits = ({ data }: Value) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const sameTensors = (a: ReadonlyMap<string, Value>, b: ReadonlyMap<string, Value>) =>
  expect(Array.from(a, ([name, value]) => [name, value.shape, bits(value)])).toEqual(
    Array.from(b, ([name, value]) => [name, value.shape, bits(value)]),
  );

/** A container put together by hand from the format's published text. */
function container(header: string | Uint8Array, data = new Uint8Array(0), headerLength?: bigint): Uint8Array {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}
const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});
const withEntries = (entries: object, dataBytes: number) => container(JSON.stringify(entries), new Uint8Array(dataBytes));

describe('the safetensors container', () => {
  test('is laid out as the format says: length, JSON padded by spaces to 8 bytes, little-endian data without holes', () => {
    const bytes = encodeSafetensors(
      new Map([
        ['a', { shape: [2], data: new Float32Array([1, -2]) }],
        ['b', { shape: [1, 1], data: new Float32Array([0.5]) }],
      ]),
      new Map([['k', 'v']]),
    );
    const view = new DataView(bytes.buffer);
    const length = Number(view.getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(bytes[8]).toBe('{'.charCodeAt(0));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(header).toMatch(/\} *$/);
    expect(JSON.parse(header)).toEqual({
      __metadata__: { k: 'v' },
      a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      b: { dtype: 'F32', shape: [1, 1], data_offsets: [8, 12] },
    });
    expect([0, 4, 8].map((offset) => view.getFloat32(8 + length + offset, true))).toEqual([1, -2, 0.5]);
    expect(bytes.length).toBe(8 + length + 12);
  });

  test('reads what another writer made: in whatever order, no padding, no metadata, unaligned, empty tensors', () => {
    const data = new Uint8Array(new Float32Array([3, 4, 5]).buffer);
    const file = container(JSON.stringify({ late: entry(4, 12, [2, 1]), none: entry(4, 4, [0]), early: entry(0, 4, []) }), data);
    const shifted = new Uint8Array(file.length + 3).subarray(3);
    shifted.set(file);
    const { tensors, metadata } = decodeSafetensors(shifted);
    expect(metadata.size).toBe(0);
    expect(tensors.get('early')).toEqual({ shape: [], data: new Float32Array([3]) });
    expect(tensors.get('late')).toEqual({ shape: [2, 1], data: new Float32Array([4, 5]) });
    expect(tensors.get('none')).toEqual({ shape: [0], data: new Float32Array(0) });
  });

  test('reads an empty container', () => expect(decodeSafetensors(container('{}')).tensors.size).toBe(0));

  test.each<[string, Uint8Array, RegExp]>([
    ['is empty', new Uint8Array(0), /at least 8 bytes, this one has 0/],
    ['is shorter than its length field', new Uint8Array(7), /this one has 7/],
    ['has no header', container(''), /must begin with '\{' at offset 8, but is empty/],
    [
      'has a header longer than the file',
      container('{}', undefined, 3n),
      /header at offset 8 is 3 bytes long, but only 2 bytes follow/,
    ],
    ['has a header above 100 MB', container('{}', undefined, 100_000_001n), /100000001 bytes, more than the 100000000 allowed/],
    ['has an absurd header length', container('{}', undefined, 2n ** 64n - 1n), /18446744073709552000 bytes, more than/],
    ['has a header that is a list', container('[]'), /must begin with '\{' at offset 8, found byte 91/],
    ['has bad JSON', container('{"a":'), /at offset 8 is not valid JSON/],
    ['has a truncated header', container('{"a":{"dtype":"F32"'), /not valid JSON/],
    ['has bad UTF-8', container(new Uint8Array([0x7b, 0xff, 0x7d])), /not valid UTF-8/],
    ['has zero bytes for padding', container('{}\0\0'), /not valid JSON/],
    [
      'has a tensor twice',
      container('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0061":{}}', new Uint8Array(4)),
      /the key 'a' twice/,
    ],
    [
      'has a field twice',
      container('{"a":{"dtype":"F16","dtype":"F32","shape":[],"data_offsets":[0,4]}}', new Uint8Array(4)),
      /'dtype' twice/,
    ],
    ['has metadata that is no object', container('{"__metadata__":[]}'), /__metadata__ must be an object of strings, got \[\]/],
    ['has metadata that is no string', container('{"__metadata__":{"step":3}}'), /__metadata__ 'step' must be a string, got 3/],
    ['has a tensor that is no object', container('{"a":null}'), /tensor 'a' must be an object, got null/],
    [
      'has an unknown field',
      withEntries({ a: { ...entry(0, 4), strides: [1] } }, 4),
      /tensor 'a' has the unknown field 'strides'/,
    ],
    [
      'has another type',
      withEntries({ a: entry(0, 4, [4], 'F8_E4M3') }, 4),
      /tensor 'a' has dtype "F8_E4M3"; read are F32, F64, F16, BF16,/,
    ],
    ['has no type', withEntries({ a: { shape: [1], data_offsets: [0, 4] } }, 4), /tensor 'a' has dtype undefined/],
    ['has a negative size', withEntries({ a: entry(0, 4, [-1]) }, 4), /tensor 'a': shape must be .* got \[-1\]/],
    ['has a shape that is no list', withEntries({ a: entry(0, 4, '1') }, 4), /tensor 'a': shape must be .* got "1"/],
    ['has a fractional offset', withEntries({ a: entry(0, 4.5, [1]) }, 4), /tensor 'a': data_offsets must be .* got \[0,4.5\]/],
    [
      'has three offsets',
      withEntries({ a: { ...entry(0, 4), data_offsets: [0, 4, 8] } }, 4),
      /data_offsets must be two integers/,
    ],
    [
      'has offsets in reverse',
      withEntries({ a: entry(4, 0, [1]) }, 4),
      /tensor 'a': .* takes 4 bytes, but data_offsets 4 to 0 hold -4/,
    ],
    [
      'has a shape of another size',
      withEntries({ a: entry(0, 8, [3]) }, 8),
      /tensor 'a': shape \[3\] of F32 takes 12 bytes, .* hold 8/,
    ],
    ['has a shape beyond all numbers', withEntries({ a: entry(0, 4, [1e15, 1e15, 1e15]) }, 4), /tensor 'a': shape/],
    [
      'has overlapping tensors',
      withEntries({ a: entry(0, 8), b: entry(4, 12) }, 12),
      /tensor 'b' at file offset \d+ overlaps tensor 'a'/,
    ],
    [
      'has the same bytes twice',
      withEntries({ a: entry(0, 8), b: entry(0, 8) }, 8),
      /tensor 'b' at file offset \d+ overlaps tensor 'a'/,
    ],
    [
      'has a hole',
      withEntries({ a: entry(0, 4), b: entry(8, 12) }, 12),
      /tensor 'b' at file offset \d+ leaves a hole of 4 bytes/,
    ],
    ['has a hole in front', withEntries({ a: entry(4, 8) }, 8), /tensor 'a' at file offset \d+ leaves a hole of 4 bytes/],
    [
      'has a tensor beyond the file',
      withEntries({ a: entry(0, 8) }, 7),
      /tensor 'a' at file offset \d+ ends 8 bytes into the data, but the file holds only 7/,
    ],
    ['has bytes of no tensor', withEntries({ a: entry(0, 4) }, 6), /2 bytes from file offset \d+ belong to no tensor/],
  ])('is refused when it %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(DataError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  test('is refused at every length to which it may be cut', () => {
    const whole = encodeModel(network, weights);
    for (let length = 0; length < whole.length; length++)
      expect(() => decodeSafetensors(whole.subarray(0, length))).toThrow(DataError);
  });

  test('takes no value that contradicts itself and no tensor in the place of the metadata', () => {
    const value: Value = { shape: [2], data: new Float32Array(3) };
    expect(() => encodeSafetensors(new Map([['a', value]]), new Map())).toThrow(ShapeError);
    expect(() => encodeSafetensors(new Map([['__metadata__', { shape: [3], data: value.data }]]), new Map())).toThrow(DataError);
  });
});

describe('a model file', () => {
  test('gives back the model and every bit of its weights', () => {
    const read = decodeModel(encodeModel(network, weights));
    expect(read.model).toStrictEqual(network);
    sameTensors(read.weights, weights);
  });

  const changed = (change: (map: Map<string, Value>) => void) => {
    const map = new Map(weights);
    change(map);
    return map;
  };
  const bias: Value = { shape: [4], data: new Float32Array(4) };
  test.each<[string, Map<string, Value>, RegExp]>([
    ['missing', changed((map) => map.delete('dense_1/bias')), /'dense_1\/bias' \[4\] is missing/],
    ['unexpected', changed((map) => map.set('dense_2/bias', bias)), /no 'dense_2\/bias'/],
    [
      'of another shape',
      changed((map) => map.set('batchNorm_1/mean', bias)),
      /'batchNorm_1\/mean' must have shape \[5\], got \[4\]/,
    ],
  ])('with a tensor %s is neither written nor read', (_, wrong, message) => {
    expect(() => encodeModel(network, wrong)).toThrow(ShapeError);
    const file = encodeSafetensors(
      wrong,
      new Map([
        ['paredown', 'model'],
        ['model', JSON.stringify(network)],
      ]),
    );
    expect(() => decodeModel(file)).toThrow(ShapeError);
    expect(() => decodeModel(file)).toThrow(message);
  });

  const file = (metadata: Record<string, string>) => encodeSafetensors(weights, new Map(Object.entries(metadata)));
  test.each<[string, Uint8Array, RegExp]>([
    ['of another program', file({ format: 'pt' }), /no paredown model or checkpoint: its metadata key 'paredown' is undefined/],
    ['that is a checkpoint', encodeCheckpoint(checkpoint), /is a paredown checkpoint, not a model/],
    ['without a model', file({ paredown: 'model' }), /has no 'model'/],
    ['with bad JSON', file({ paredown: 'model', model: '{' }), /metadata 'model' is not valid JSON/],
    [
      'with a bad model',
      file({ paredown: 'model', model: '{"format":1,"input":[2],"layers":[{"type":"x"}]}' }),
      /damaged: layers\[0\]: the type/,
    ],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => decodeModel(bytes)).toThrow(DataError);
    expect(() => decodeModel(bytes)).toThrow(message);
  });
});

describe('a checkpoint', () => {
  test('gives back everything, every float to the bit', () => {
    const read = decodeCheckpoint(encodeCheckpoint(checkpoint));
    expect(read.model).toStrictEqual(checkpoint.model);
    expect(read.training).toStrictEqual(checkpoint.training);
    sameTensors(read.tensors, checkpoint.tensors);
  });
  test('is a safetensors file', () => {
    expect(decodeSafetensors(encodeCheckpoint(checkpoint)).tensors.get('moments')?.shape).toEqual([2, 5]);
  });
  test('is refused when any one byte is damaged', () => {
    const whole = encodeCheckpoint({ ...checkpoint, model: model([2], [dense(1)]) });
    for (let offset = 0; offset < whole.length; offset++) {
      const damaged = whole.slice();
      damaged[offset] = (damaged[offset] ?? 0) ^ 1;
      expect(() => decodeCheckpoint(damaged), `byte ${offset}`).toThrow(DataError);
    }
  });
  test('says that it is damaged, and how it knows', () => {
    const damaged = encodeCheckpoint(checkpoint);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 0x80;
    expect(() => decodeCheckpoint(damaged)).toThrow(
      /The file is damaged: its CRC-32 is [0-9a-f]{8}, but [0-9a-f]{8} was written/,
    );
  });
  test('has the checksum of the standard', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    expect(crc32(new TextEncoder().encode('6789'), crc32(new TextEncoder().encode('12345')))).toBe(0xcbf43926);
  });
  test('without a checksum is refused', () => {
    const bare = encodeSafetensors(checkpoint.tensors, new Map([['paredown', 'checkpoint']]));
    expect(() => decodeCheckpoint(bare)).toThrow(/checksum is missing/);
  });
  test('is not a model', () =>
    expect(() => decodeCheckpoint(encodeModel(network, weights))).toThrow(/is a paredown model, not a checkpoint/));
});

describe('on disk', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'paredown-formats-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('a model and a checkpoint are told apart', async () => {
    const paths = [join(folder, 'a'), join(folder, 'b')] as const;
    await save(paths[0], network, weights);
    await save(paths[1], checkpoint);
    const [first, second] = [await load(paths[0]), await load(paths[1])];
    expect(first.kind).toBe('model');
    expect(second.kind).toBe('checkpoint');
    if (first.kind === 'model') sameTensors(first.weights, weights);
    if (second.kind === 'checkpoint') sameTensors(second.tensors, checkpoint.tensors);
    expect((await readdir(folder)).sort()).toEqual(['a', 'b']);
  });
  test('a damaged file is named', async () => {
    const path = join(folder, 'damaged');
    await save(path, checkpoint);
    await writeFile(path, (await readFile(path)).subarray(0, -3));
    await expect(load(path)).rejects.toThrow(DataError);
    await expect(load(path)).rejects.toThrow(new RegExp(`${folder}/damaged: safetensors: tensor '7' at file offset`));
  });
  test('a failed save leaves what was there', async () => {
    const path = join(folder, 'kept');
    await save(path, network, weights);
    await expect(save(path, network, new Map())).rejects.toThrow(ShapeError);
    await expect(save(path, network, undefined as never)).rejects.toThrow(OptionError);
    expect((await load(path)).kind).toBe('model');
  });
  test('a missing file is named', () => expect(load(join(folder, 'absent'))).rejects.toThrow(/absent/));
});

test('the weights of the tests are not all alike', () => {
  expect(new Set([...weights.values()].map((value) => elements(value.shape))).size).toBeGreaterThan(3);
});
