import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkedInput } from '../src/data/input-description.ts';
import {
  adam,
  DataError,
  type DataStream,
  type Dataset,
  dataset,
  datasetHash,
  decodeCheckpoint,
  decodeModel,
  decodeSafetensors,
  dense,
  describeInput,
  digits,
  encodeCheckpoint,
  encodeModel,
  encodeSafetensors,
  flatten,
  type Gpu,
  type InputDescription,
  load,
  MemoryStudy,
  model,
  OptionError,
  openStudy,
  ShapeError,
  save,
  search,
  strokeDigits,
  subset,
  type Trainer,
  trainer,
  trialContext,
} from '../src/node.ts';
import { openTestGpu } from './support/gpu.ts';

const { train, validation } = digits({ train: 60, test: 20 });
const NETWORK = model([28, 28, 1], [flatten(), dense(10)]);
const POINTS = model([2], [dense(2)]);
const NAMES = ['left', 'right'];

function points(options: Partial<Dataset> = {}): Dataset {
  const x = Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1);
  const y = Uint8Array.from({ length: 8 }, (_, i) => (i < 4 ? 0 : 1));
  return dataset({ name: 'points', inputShape: [2], x, y, classes: 2, classNames: NAMES, scale: 2, offset: -0.5, ...options });
}

let gpu: Gpu;
let folder: string;
beforeAll(async () => {
  gpu = await openTestGpu();
  folder = await mkdtemp(join(tmpdir(), 'input-'));
});
afterAll(async () => {
  await gpu?.destroy();
  await rm(folder, { recursive: true, force: true });
});

async function withTrainer<T>(m: typeof NETWORK, use: (training: Trainer) => Promise<T>): Promise<T> {
  const training = await trainer(gpu, m, { batch: 4, optimizer: adam(), seed: 1 });
  try {
    return await use(training);
  } finally {
    await training.destroy();
  }
}

describe('class names', () => {
  test('are those of the digits in the data sets of digits', () => {
    const expected = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
    for (const data of [train, validation, strokeDigits(), subset(train, 5, 9, 'few')]) expect(data.classNames).toEqual(expected);
  });

  test('change nothing of the hash', async () => {
    const { classNames: _, ...nameless } = train;
    expect(await datasetHash(dataset(nameless))).toBe(await datasetHash(train));
  });

  test('of a data set that is copied with other classes, or with targets, are left behind', () => {
    const even = dataset({ ...train, classes: 2, y: Uint8Array.from(train.y, (label) => label % 2) });
    expect(even).not.toHaveProperty('classNames');
    expect(even.classes).toBe(2);
    const targets = { classes: undefined, targetShape: [1], y: Float32Array.from(train.y) };
    expect(dataset({ ...train, ...targets })).not.toHaveProperty('classNames');
    expect(dataset({ ...train, name: 'again' }).classNames).toEqual(train.classNames);
    const mine = ['even', 'odd'];
    expect(() => dataset({ ...train, classNames: mine })).toThrow(/there are 10 classes, but 2 classNames/);
  });

  test.each<[string, Partial<Dataset>, RegExp]>([
    ['are too few', { classNames: ['a'] }, /there are 2 classes, but 1 classNames/],
    ['are the same', { classNames: ['a', 'a'] }, /classNames has "a" twice/],
    ['are empty', { classNames: ['a', ''] }, /classNames must be an array of texts/],
    ['are a text', { classNames: 'ab' as never }, /classNames must be an array of texts/],
    ['are of targets', { classes: undefined, targetShape: [1] } as never, /classNames belong to labels/],
  ])('are refused where they %s', (_, wrong, message) => {
    expect(() => points(wrong)).toThrow(OptionError);
    expect(() => points(wrong)).toThrow(message);
  });
});

describe("a trainer's input", () => {
  test('is that of the data it was last fitted to, whatever it is evaluated on', () =>
    withTrainer(POINTS, async (training) => {
      expect(training.input).toEqual({ shape: [2], scale: 1, offset: 0, dtype: 'float32' });
      const first = points();
      await training.fit(first, { steps: 1 });
      await training.evaluate(points({ name: 'others', scale: 1 }));
      const described = { shape: [2], scale: 2, offset: -0.5, dtype: 'float32', classNames: NAMES, dataName: 'points' };
      expect(training.input).toEqual({ ...described, dataHash: await datasetHash(first) });
      expect(await describeInput(first)).toEqual(training.input);
      const { classNames: _, ...nameless } = points({ x: Uint8Array.from({ length: 16 }, (_, i) => i), name: 'bytes' });
      const bytes = dataset(nameless);
      await training.fit(bytes, { steps: 1 });
      const { classNames: __, ...rest } = described;
      const expected = { ...rest, dtype: 'uint8', dataName: 'bytes', dataHash: await datasetHash(bytes) };
      expect(training.input).toEqual(expected);
    }));

  test('of a stream tells what its batches are', () =>
    withTrainer(POINTS, async (training) => {
      const stream: DataStream = {
        name: 'pen',
        inputShape: [2],
        classes: 2,
        classNames: NAMES,
        async *batches() {
          yield { x: Uint8Array.from({ length: 16 }, (_, i) => i), y: Uint8Array.from({ length: 8 }, (_, i) => i % 2) };
        },
      };
      await training.fit(stream, { steps: 2 });
      const { dtype, classNames, dataName } = { dtype: 'uint8', classNames: NAMES, dataName: 'pen' };
      expect(training.input).toEqual({ shape: [2], scale: 1 / 255, offset: 0, dtype, classNames, dataName });
      const misnamed = { ...stream, classNames: ['left'] };
      await expect(training.fit(misnamed, { steps: 1 })).rejects.toThrow(/stream "pen": there are 2 classes, but 1 classNames/);
    }));

  test('comes back with a checkpoint', async () => {
    const { checkpoint, input } = await withTrainer(POINTS, async (training) => {
      await training.fit(points(), { steps: 1 });
      return { checkpoint: decodeCheckpoint(encodeCheckpoint(await training.checkpoint())), input: training.input };
    });
    await withTrainer(POINTS, async (training) => {
      training.restore(checkpoint);
      expect(training.input).toEqual(input);
      const { input: _, ...before } = checkpoint.training;
      training.restore({ ...checkpoint, training: before });
      expect(training.input).toEqual({ shape: [2], scale: 1, offset: 0, dtype: 'float32' });
      const damaged = { ...checkpoint, training: { ...before, input: { ...input, scale: 'a' } } };
      expect(() => training.restore(damaged)).toThrow(/restore: input: scale must be a finite number/);
    });
  });
});

describe('a model file', () => {
  const weights = new Map([
    ['dense_1/weights', { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) }],
    ['dense_1/bias', { shape: [2], data: Float32Array.of(5, 6) }],
  ]);
  const input: InputDescription = {
    shape: [2],
    scale: 1 / 255,
    offset: -0.5,
    classNames: ['Äpfel "rot"', '梨\n'],
    dataName: 'fruit',
    dataHash: 'abc',
  };

  test('keeps the description, every text and number as it was', async () => {
    expect(decodeModel(encodeModel(POINTS, weights, { input })).input).toEqual(input);
    expect(decodeModel(encodeModel(POINTS, weights))).not.toHaveProperty('input');
    const path = join(folder, 'fruit.safetensors');
    await save(path, POINTS, weights, { input });
    expect(await load(path)).toMatchObject({ kind: 'model', model: POINTS, input });
  });

  test.each<[string, unknown, typeof OptionError | typeof ShapeError, RegExp]>([
    ['of another shape', { ...input, shape: [3] }, OptionError, /its shape is \[3\], but the model takes \[2\]/],
    ['with a size that is none', { ...input, shape: [0] }, ShapeError, /shape has shape \[0\]/],
    ['without a shape', { scale: 1, offset: 0 }, OptionError, /shape must be that of one sample/],
    ['without a scale', { shape: [2], offset: 0 }, OptionError, /scale must be a finite number, got undefined/],
    ['whose scale overflows', { ...input, scale: 1e39 }, OptionError, /scale is 1e\+39, which overflows/],
    [
      'with too many names',
      { ...input, classNames: ['a', 'b', 'c'] },
      OptionError,
      /3 classNames do not fit a model whose output/,
    ],
    ['with the same name twice', { ...input, classNames: ['a', 'a'] }, OptionError, /"a" twice/],
    ['with another type', { ...input, dtype: 'int8' }, OptionError, /dtype must be 'uint8' or 'float32'/],
    ['with a number for a name', { ...input, dataName: 1 }, OptionError, /dataName must be a text, got 1/],
    ['with a field that is none', { ...input, colour: 1 }, OptionError, /unknown option 'colour'/],
    ['that is a promise', Promise.resolve(input), OptionError, /must be an InputDescription/],
  ])('takes no description %s, and gives none back', (_, wrong, kind, message) => {
    expect(() => encodeModel(POINTS, weights, { input: wrong as InputDescription })).toThrow(kind);
    expect(() => encodeModel(POINTS, weights, { input: wrong as InputDescription })).toThrow(message);
    if (wrong instanceof Promise) return;
    const { tensors, metadata } = decodeSafetensors(encodeModel(POINTS, weights));
    const file = encodeSafetensors(tensors, new Map([...metadata, ['input', JSON.stringify(wrong)]]));
    expect(() => decodeModel(file)).toThrow(DataError);
    expect(() => decodeModel(file)).toThrow(message);
  });

  test('of one output has the names of both classes', () => {
    const one = model([2], [dense(1)]);
    const given = new Map([
      ['dense_1/weights', { shape: [2, 1], data: Float32Array.of(1, 2) }],
      ['dense_1/bias', { shape: [1], data: Float32Array.of(5) }],
    ]);
    const described = { ...input, classNames: NAMES };
    expect(decodeModel(encodeModel(one, given, { input: described })).input).toEqual(described);
  });

  test('holds a copy, which nobody can change', () => {
    const shape = [2];
    const checked = checkedInput('input', { shape, scale: 1, offset: 0 });
    shape[0] = 3;
    expect(checked.shape).toEqual([2]);
    expect(Object.isFrozen(checked)).toBe(true);
  });
});

describe('a search', () => {
  const data = { train, validation };
  // Every network is worth a look, so that the weights of the first are kept.
  const options = { floor: 0.01, samples: 20, budget: { trials: 1 }, start: NETWORK, strategy: 'greedy', rates: [0.01] } as const;

  test('keeps in its study what its networks take', async () => {
    const path = join(folder, 'study');
    const setup = { batch: 20, optimizer: { type: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, labelSmoothing: 0 } as const;
    const study = await openStudy(path, await trialContext(data, setup));
    for await (const _ of search(gpu, data, { ...options, setup, study }));
    const [record] = study.records.filter((trial) => trial.seeds.length === 5);
    if (!record) throw new Error('No network was trained from all seeds');
    expect((await study.trained(record, 0))?.input).toEqual(await describeInput(train));
    const memory = new MemoryStudy();
    for await (const _ of search(gpu, data, { ...options, setup, study: memory }));
    expect(await memory.weights(record)).toHaveLength(5);
  });
});
