import { describe, expect, it } from 'vitest';
import { DataError, OptionError, ShapeError } from '../src/core/errors.ts';
import { type DatasetOptions, dataset, subset } from '../src/data/dataset.ts';
import { datasetHash } from '../src/data/hash.ts';

/** Three samples of 2 x 1 x 1 bytes with labels 0, 1, 2. */
const good: DatasetOptions = {
  name: 'three',
  split: 'train',
  inputShape: [2, 1, 1],
  x: new Uint8Array([1, 2, 3, 4, 5, 6]),
  y: new Uint8Array([0, 1, 2]),
  classes: 3,
};

/** Two samples of 3 floats with targets of 2. */
const regression: DatasetOptions = {
  inputShape: [3],
  x: new Float32Array([1, 2, 3, 4, 5, 6]),
  y: new Float32Array([1, 2, 3, 4]),
  targetShape: [2],
};

function refusal(options: object): Error {
  try {
    dataset(options as DatasetOptions);
  } catch (error) {
    return error as Error;
  }
  throw new Error('it was accepted');
}

describe('dataset', () => {
  it('fills in size, scale and offset, and freezes', () => {
    const data = dataset(good);
    expect(data).toMatchObject({ name: 'three', split: 'train', size: 3, scale: 1 / 255, offset: 0, classes: 3 });
    expect(data.x).toBe(good.x);
    expect(Object.isFrozen(data) && Object.isFrozen(data.inputShape)).toBe(true);
    expect(dataset(regression)).toMatchObject({ name: 'dataset', split: 'all', size: 2, scale: 1, targetShape: [2] });
  });

  it('keeps its shape when the caller changes theirs', () => {
    const inputShape = [2, 1, 1];
    const data = dataset({ ...good, inputShape });
    inputShape[0] = 9;
    expect(data.inputShape).toEqual([2, 1, 1]);
  });

  it.each<[string, object, new (...args: never[]) => Error, RegExp]>([
    ['an unknown option', { ...good, labels: 3 }, OptionError, /unknown option 'labels'; it takes .*classes/],
    ['x of another kind', { ...good, x: [1, 2] }, OptionError, /"three", split "train": x must be a Uint8Array.*got \[1,2\]/],
    ['y of another kind', { ...good, y: new Float64Array(3) }, OptionError, /y must be .* got a Float64Array of 3/],
    ['no input shape', { ...good, inputShape: undefined }, OptionError, /inputShape must be an array of sizes, got undefined/],
    ['a scalar input', { ...good, inputShape: [] }, OptionError, /at least one axis/],
    ['a broken input shape', { ...good, inputShape: [2, 0, 1] }, ShapeError, /\[2, 0, 1\]; every size must be a positive/],
    ['a scale of NaN', { ...good, scale: Number.NaN }, OptionError, /scale must be a finite number, got NaN/],
    ['a scale beyond float32', { ...good, scale: 1e39 }, OptionError, /scale is 1e\+39, which overflows in float32/],
    ['an infinite offset', { ...good, offset: Infinity }, OptionError, /offset must be a finite number, got Infinity/],
    ['no samples', { ...good, x: new Uint8Array(0), y: new Uint8Array(0) }, DataError, /"train" is empty: .* at least one/],
    [
      'half a sample',
      { ...good, x: new Uint8Array(5) },
      DataError,
      /x has 5 elements, but whole samples of \[2, 1, 1\] .* multiple of 2/,
    ],
    ['x that contradicts size', { ...good, size: 4 }, DataError, /x has 6 elements, but 4 samples of \[2, 1, 1\] have 8/],
    ['a size that is none', { ...good, size: 1.5 }, OptionError, /size must be a number of samples, got 1.5/],
    ['fewer labels than samples', { ...good, y: new Uint8Array(2) }, DataError, /3 samples but 2 labels/],
    [
      'a label out of range',
      { ...good, y: new Uint8Array([0, 3, 9]) },
      DataError,
      /label of sample 1 is 3; with 3 classes .* 0 to 2/,
    ],
    ['a negative label', { ...good, y: new Int32Array([0, 1, -1]) }, DataError, /label of sample 2 is -1/],
    ['a fractional label', { ...good, y: new Float32Array([0, 0.5, 1]) }, DataError, /label of sample 1 is 0.5/],
    ['a label of NaN', { ...good, y: new Float32Array([NaN, 0, 1]) }, DataError, /label of sample 0 is NaN/],
    ['classes of 0', { ...good, classes: 0 }, OptionError, /classes must be a positive integer, got 0/],
    [
      'neither classes nor targets',
      { ...good, classes: undefined },
      OptionError,
      /either classes .* or targetShape .* got neither/,
    ],
    ['classes and targets', { ...good, targetShape: [] }, OptionError, /either classes .* or targetShape .* got both/],
    ['NaN in x', { ...regression, x: new Float32Array([1, 2, 3, 4, NaN, NaN]) }, DataError, /x\[4\] is NaN, in sample 1/],
    [
      'infinity in x',
      { ...regression, x: new Float32Array([1, -Infinity, 3, 4, 5, 6]) },
      DataError,
      /x\[1\] is -Infinity, in sample 0/,
    ],
    ['NaN in y', { ...regression, y: new Float32Array([1, 2, 3, NaN]) }, DataError, /y\[3\] is NaN, in sample 1/],
    [
      "too few of a teacher's logits",
      { ...good, teacherLogits: new Float32Array(8) },
      DataError,
      /teacherLogits has 8 elements, but 3 samples of 3 classes have 9/,
    ],
    [
      "NaN in a teacher's logits",
      { ...good, teacherLogits: new Float32Array(9).fill(NaN, 4) },
      DataError,
      /teacherLogits\[4\] is NaN, in sample 1/,
    ],
    [
      "a teacher's logits that are no floats",
      { ...good, teacherLogits: [1, 2, 3] as unknown as Float32Array },
      OptionError,
      /teacherLogits must be a Float32Array/,
    ],
    [
      "a teacher's logits beside targets",
      { ...regression, teacherLogits: new Float32Array(6) },
      OptionError,
      /teacherLogits belong to labels \(classes\), but it has targets/,
    ],
    ['too few targets', { ...regression, y: new Float32Array(3) }, DataError, /y has 3 elements, but 2 targets of \[2\] have 4/],
  ])('refuses %s', (_, options, kind, message) => {
    const error = refusal(options);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(message);
  });
});

describe('subset', () => {
  it('is a view on the same bytes', () => {
    const data = dataset(good);
    const last = subset(data, 1, 3, 'validation');
    expect(last).toMatchObject({ name: 'three', split: 'validation', size: 2, classes: 3 });
    expect([...last.x]).toEqual([3, 4, 5, 6]);
    expect([...last.y]).toEqual([1, 2]);
    expect(last.x.buffer).toBe(data.x.buffer);
    expect(Object.isFrozen(last)).toBe(true);
  });

  it("cuts a teacher's logits where it cuts samples, and tells data of another teacher apart", async () => {
    const taught = (first: number) => dataset({ ...good, teacherLogits: Float32Array.of(first, 1, 2, 3, 4, 5, 6, 7, 8) });
    expect([...(subset(taught(0), 1, 3, 'test').teacherLogits ?? [])]).toEqual([3, 4, 5, 6, 7, 8]);
    expect(await datasetHash(taught(0))).not.toBe(await datasetHash(taught(9)));
    expect(await datasetHash(taught(0))).not.toBe(await datasetHash(dataset(good)));
  });

  it('cuts targets where it cuts samples', () => {
    expect([...subset(dataset(regression), 1, 2, 'test').y]).toEqual([3, 4]);
  });

  it.each([
    [0, 4],
    [-1, 2],
    [2, 2],
    [0.5, 2],
    [0, Number.NaN],
  ])('refuses samples %d to %d of three', (from, to) => {
    expect(() => subset(dataset(good), from, to, 'part')).toThrow(OptionError);
  });
});

describe('datasetHash', () => {
  it('depends on what a model sees, and not on names', async () => {
    const hash = await datasetHash(dataset(good));
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await datasetHash(dataset({ ...good, name: 'other', split: 'test', x: (good.x as Uint8Array).slice() }))).toBe(hash);
    const others: DatasetOptions[] = [
      { ...good, x: new Uint8Array([1, 2, 3, 4, 5, 7]) },
      { ...good, y: new Uint8Array([0, 1, 1]) },
      { ...good, y: new Int32Array([0, 1, 2]) },
      { ...good, scale: 1 },
      { ...good, offset: 1 },
      { ...good, classes: 4 },
      { ...good, inputShape: [1, 2, 1] },
    ];
    const hashes = await Promise.all(others.map((options) => datasetHash(dataset(options))));
    expect(new Set([hash, ...hashes]).size).toBe(others.length + 1);
  });

  it('hashes a view by the bytes it shows, and only once', async () => {
    const data = dataset(good);
    const part = subset(data, 1, 2, 'part');
    expect(await datasetHash(part)).toBe(
      await datasetHash(dataset({ ...good, x: new Uint8Array([3, 4]), y: new Uint8Array([1]) })),
    );
    expect(datasetHash(part)).toBe(datasetHash(part));
  });
});
