import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../src/core/random.ts';
import {
  activation,
  adam,
  type Classification,
  type Classifier,
  type ClassifierImage,
  classifier,
  conv2d,
  DataError,
  type DecodedModel,
  decodeModel,
  dense,
  digits,
  encodeModel,
  flatten,
  type Gpu,
  globalAvgPool2d,
  type InputDescription,
  imageBytes,
  imageFolder,
  LimitError,
  maxPool2d,
  model,
  OptionError,
  readImage,
  ShapeError,
  trainer,
  type Value,
  type Weights,
} from '../src/node.ts';
import { sampleOf } from '../src/train/classifier-input.ts';
import { exifOf } from './support/exif.ts';
import { failingAllocation } from './support/failing-allocation.ts';
import { openTestGpu } from './support/gpu.ts';
import { useImageFolders } from './support/image-folders.ts';
import { BASELINE_JPEG, exifSegment, withSegments } from './support/jpeg-files.ts';

const folder = useImageFolders();
const { train, test: testSet } = digits({ train: 200, test: 70 });
const NETWORK = model([28, 28, 1], [conv2d(4, 3, { activation: 'relu' }), maxPool2d(4), flatten(), dense(10)]);

let gpu: Gpu;
let trained: DecodedModel;
let accuracy: number;
beforeAll(async () => {
  gpu = await openTestGpu();
  const training = await trainer(gpu, NETWORK, { batch: 20, optimizer: adam({ learningRate: 0.01 }), seed: 1 });
  await training.fit(train, { epochs: 3 });
  trained = decodeModel(encodeModel(NETWORK, await training.weights(), { input: training.input }));
  accuracy = (await training.evaluate(testSet)).accuracy ?? Number.NaN;
  await training.destroy();
});
afterAll(() => gpu?.destroy());

async function withClassifier<T>(
  decoded: DecodedModel,
  use: (classify: Classifier) => Promise<T>,
  options?: { batch?: number },
): Promise<T> {
  const made = await classifier(gpu, decoded, options);
  try {
    return await use(made);
  } finally {
    await made.destroy();
  }
}

/** The bytes of an image of the test set. */
const digit = (index: number) => testSet.x.subarray(784 * index, 784 * (index + 1)) as Uint8Array;
const all = Array.from({ length: testSet.size }, (_, index) => digit(index));
const noise = (length: number, seed = 1) => {
  const random = new Random(seed, 0);
  return Uint8Array.from({ length }, () => random.below(256));
};
const filled = (weights: Record<string, readonly number[]>, shapes: Record<string, readonly number[]>): Weights =>
  new Map(Object.entries(weights).map(([name, data]) => [name, { shape: shapes[name] ?? [], data: Float32Array.from(data) }]));
/** A model of two numbers whose outputs are as many dot products. */
const dots = (rows: readonly (readonly number[])[], layers: Parameters<typeof model>[1] = []): DecodedModel => {
  const m = model([2], [dense(rows.length, { bias: false }), ...layers]);
  const data = [0, 1].flatMap((i) => rows.map((row) => row[i] ?? 0));
  return { model: m, weights: filled({ 'dense_1/weights': data }, { 'dense_1/weights': [2, rows.length] }) };
};
const value = (...data: number[]): Value => ({ shape: [data.length], data: Float32Array.from(data) });
const probabilities = (classes: readonly Classification[]) =>
  [...classes].sort((a, b) => a.index - b.index).map(({ probability }) => probability);

describe('a classifier', () => {
  test('is right as often as the trainer, names the classes and ranks them', () =>
    withClassifier(trained, async (made) => {
      const answers = await made.classify(all);
      const right = answers.filter(([first], index) => first?.index === testSet.y[index]).length;
      expect(right / testSet.size).toBeCloseTo(accuracy, 9);
      expect(accuracy).toBeGreaterThan(0.3);
      for (const classes of answers) {
        expect(classes.map(({ index }) => index).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        for (const [place, { class: name, index, probability }] of classes.entries()) {
          expect(name).toBe(`${index}`);
          expect(probability).toBeLessThanOrEqual(classes[place - 1]?.probability ?? 1);
        }
        expect(classes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
      }
    }));

  test('says the same of an image alone, in an array of any length, in batches of any size, and to many who ask at once', () =>
    withClassifier(
      trained,
      async (made) => {
        const one = await Promise.all(all.slice(0, 21).map((image) => made.classify(image)));
        for (const count of [0, 1, 2, 3, 16, 17, 21]) {
          const [several, again] = await Promise.all([
            made.classify(all.slice(0, count)),
            made.classify(all.slice(0, count).reverse()),
          ]);
          expect(several).toHaveLength(count);
          for (const [index, classes] of several.entries()) {
            expect(probabilities(again[count - 1 - index] ?? [])).toEqual(probabilities(classes));
            // Sums in another order; logits of about 10.
            for (const [k, probability] of probabilities(classes).entries())
              expect(Math.abs(probability - (probabilities(one[index] ?? [])[k] ?? Number.NaN))).toBeLessThan(1e-5);
          }
        }
        expect(one[3]).toEqual(await made.classify([digit(3)]).then(([classes]) => classes));
      },
      { batch: 16 },
    ));

  test('gives probabilities, whether or not the model ends with a softmax', async () => {
    const rows = [
      [1, 0],
      [0, 1],
      [-1, 2],
    ];
    const powers = [0.5, 2, 3.5].map(Math.exp);
    const sum = powers.reduce((total, power) => total + power, 0);
    for (const layers of [[], [activation('softmax')]])
      await withClassifier(dots(rows, layers), async (made) => {
        const classes = await made.classify(value(0.5, 2));
        expect(classes.map(({ class: name, index }) => [name, index])).toEqual([
          ['2', 2],
          ['1', 1],
          ['0', 0],
        ]);
        probabilities(classes).forEach((p, index) => {
          expect(p).toBeCloseTo((powers[index] ?? 0) / sum, 6);
        });
      });
  });

  test('of one output tells two classes apart, whether or not the model ends with a sigmoid', async () => {
    const input: InputDescription = { shape: [2], scale: 1, offset: 0, dtype: 'float32', classNames: ['no', 'yes'] };
    for (const layers of [[], [activation('sigmoid')]])
      await withClassifier({ ...dots([[2, 0]], layers), input }, async (made) => {
        const [first, second] = await made.classify(value(1, 0));
        expect([first?.class, second?.class]).toEqual(['yes', 'no']);
        expect(first?.probability).toBeCloseTo(1 / (1 + Math.exp(-2)), 6);
        expect(second?.probability).toBeCloseTo(1 / (1 + Math.exp(2)), 6);
      });
    await withClassifier(dots([[1, 0]]), async (made) => {
      expect(probabilities(await made.classify(value(-1e4, 0)))).toEqual([1, 0]);
      expect(await made.classify(value(0, 0))).toEqual([
        { class: '0', index: 0, probability: 0.5 },
        { class: '1', index: 1, probability: 0.5 },
      ]);
    });
  });

  test('of several sigmoids, or of one class, gives each class its own probability, which need not sum to 1', async () => {
    const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));
    const logits = [5, -5, 4];
    const rows = logits.map((logit) => [logit, 0]);
    const input: InputDescription = { shape: [2], scale: 1, offset: 0, dtype: 'float32', classNames: ['red', 'round', 'ripe'] };
    await withClassifier({ ...dots(rows, [activation('sigmoid')]), input }, async (made) => {
      const classes = await made.classify(value(1, 0));
      expect(classes.map(({ class: name }) => name)).toEqual(['red', 'ripe', 'round']);
      for (const { index, probability } of classes) expect(probability).toBeCloseTo(sigmoid(logits[index] ?? Number.NaN), 6);
    });
    await withClassifier(
      { ...dots([[-5, 0]], [activation('sigmoid')]), input: { ...input, classNames: ['red'] } },
      async (made) => expect((await made.classify(value(1, 0)))[0]?.probability).toBeCloseTo(sigmoid(-5), 6),
    );
  });

  test('is sure where logits are large, and says so where they are no numbers', () =>
    withClassifier(
      dots([
        [1, 0],
        [0, 1],
      ]),
      async (made) => {
        expect(probabilities(await made.classify(value(1e30, -1e30)))).toEqual([1, 0]);
        const wrong = made.classify([value(1, 2), value(Number.NaN, 1)]);
        await expect(wrong).rejects.toThrow(DataError);
        await expect(wrong).rejects.toThrow(/image 1: the model's output is not finite/);
      },
    ));

  test('makes nothing for one image but where it reads the answer, however small the batch is', async () => {
    const counts: number[] = [];
    for (const batch of [64, 8, 7, 2, 1]) {
      const made = await classifier(gpu, trained, { batch });
      const memory = failingAllocation(gpu, /^no buffer$/);
      await made.classify([digit(1)]);
      memory.end();
      await made.destroy();
      counts.push(memory.made);
    }
    expect(counts).toEqual([1, 1, 1, 1, 1]);
  });

  test('keeps no more on the GPU for each batch that fails for want of memory, and classifies once there is some', async () => {
    const made = await classifier(gpu, trained, { batch: 8 });
    const memory = failingAllocation(gpu, /activations/);
    const kept: number[] = [];
    for (const _ of [1, 2, 3]) {
      await expect(made.classify(all.slice(0, 3))).rejects.toThrow(LimitError);
      kept.push(memory.made - memory.freed);
    }
    memory.end();
    expect(kept).toEqual([kept[0], kept[0], kept[0]]);
    expect(await made.classify(all.slice(0, 3))).toHaveLength(3);
    await made.destroy();
  });

  test('ends with what is under way, and then refuses', async () => {
    const made = await classifier(gpu, trained, { batch: 8 });
    const under = [made.classify(digit(0)), made.classify(all.slice(0, 12)), made.classify([])];
    await made.destroy();
    expect((await Promise.all(under)).map((classes) => classes.length)).toEqual([10, 12, 0]);
    await expect(made.classify(digit(0))).rejects.toThrow(/This classifier was destroyed/);
    await made.destroy();
  });

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'an output that is no list of classes',
      () => classifier(gpu, imageModel()),
      /output is \[2, 2, 3\]; classes are told apart/,
    ],
    ['a batch of none', () => classifier(gpu, trained, { batch: 0 }), /classifier: batch/],
    ['an unknown option', () => classifier(gpu, trained, { size: 1 } as never), /unknown option 'size'|'size'/],
    [
      'an input of another model',
      () => classifier(gpu, { ...trained, input: { shape: [2], scale: 1, offset: 0 } }),
      /classifier: input: its shape is \[2\], but the model takes \[28, 28, 1\]/,
    ],
    ['a model alone', () => classifier(gpu, NETWORK as never), /decoded must be a model with its weights/],
    ['weights of another', () => classifier(gpu, { ...trained, weights: dots([[1, 1]]).weights }), /'conv2d_1\/filter'/],
  ])('is not made of %s', async (_, make, message) => {
    await expect(make()).rejects.toThrow(message);
  });
});

function imageModel(): DecodedModel {
  const m = model([2, 2, 1], [conv2d(3, 1, { bias: false })]);
  return { model: m, weights: filled({ 'conv2d_1/filter': [1, 2, 3] }, { 'conv2d_1/filter': [1, 1, 1, 3] }) };
}

describe('what a classifier is given', () => {
  const GREY = [4, 3, 1];
  const COLOUR = [4, 3, 3];
  const input = (shape: readonly number[]): InputDescription => ({ shape, scale: 1 / 255, offset: 0 });
  const seen = (image: unknown, shape: readonly number[]) => [...sampleOf('it', image, shape, input(shape))];
  const bytes = (floats: readonly number[]) => floats.map((float) => Math.round(255 * float));

  test('may be bytes or a value of its shape, which it sees as training does', () => {
    const given = noise(12);
    const scaled = [...given].map((byte) => Math.fround(byte * Math.fround(1 / 255)));
    expect(seen(given, GREY)).toEqual(scaled);
    expect(seen(new Uint8ClampedArray(given), GREY)).toEqual(scaled);
    for (const shape of [GREY, [1, ...GREY]]) expect(seen({ shape, data: Float32Array.from(scaled) }, GREY)).toEqual(scaled);
    const described = { ...input(GREY), scale: 2, offset: -255 };
    expect([...sampleOf('it', Uint8Array.of(...given), GREY, described)]).toEqual([...given].map((byte) => 2 * byte - 255));
  });

  test('may be pixels with alpha, laid on white, or without, in grey or colour', () => {
    const colours = noise(36);
    const withAlpha = (alpha: number) =>
      new Uint8ClampedArray(Array.from({ length: 12 }, (_, p) => [...colours.subarray(3 * p, 3 * p + 3), alpha]).flat());
    const size = { width: 3, height: 4 };
    expect(bytes(seen({ ...size, data: colours }, COLOUR))).toEqual([...colours]);
    expect(bytes(seen({ ...size, data: withAlpha(255) }, COLOUR))).toEqual([...colours]);
    expect(bytes(seen({ ...size, data: withAlpha(0) }, COLOUR))).toEqual(Array(36).fill(255));
    expect(bytes(seen({ ...size, data: withAlpha(51) }, COLOUR))).toEqual([...colours].map((c) => Math.round((c + 4 * 255) / 5)));
    const luma = Array.from({ length: 12 }, (_, p) => {
      const [red = 0, green = 0, blue = 0] = colours.subarray(3 * p, 3 * p + 3);
      return Math.floor((299 * red + 587 * green + 114 * blue + 500) / 1000);
    });
    expect(bytes(seen({ ...size, data: colours }, GREY))).toEqual(luma);
    const grey = noise(12, 2);
    expect(bytes(seen({ ...size, data: grey, channels: 1 }, COLOUR))).toEqual([...grey].flatMap((g) => [g, g, g]));
    const greyAlpha = Uint8Array.from([...grey].flatMap((g) => [g, 0]));
    expect(bytes(seen({ ...size, data: greyAlpha }, GREY))).toEqual(Array(12).fill(255));
  });

  test('becomes the bytes that imageBytes tells', () => {
    const image = { width: 9, height: 8, data: noise(9 * 8 * 3) };
    for (const shape of [GREY, COLOUR]) expect(bytes(seen(image, shape))).toEqual([...imageBytes(image, shape)]);
    expect(() => imageBytes(image, [12])).toThrow(ShapeError);
    expect(() => imageBytes({ width: 9, height: 8, data: noise(5) }, GREY)).toThrow(/9 x 8 pixels/);
  });

  const bitmap = { width: 3, height: 4, close: () => undefined };
  test.each<[string, unknown, typeof OptionError | typeof ShapeError, RegExp]>([
    ['bytes of another size', noise(11), ShapeError, /takes \[4, 3, 1\], 12 bytes, got 11; give { width, height, data }/],
    ['floats without a shape', new Float32Array(12), OptionError, /must be ImageData, .* got a Float32Array of 12/],
    ['a value of another shape', value(1, 2), ShapeError, /of one sample, \[4, 3, 1\], got \[2\]/],
    ['a value of two', { shape: [2, 4, 3, 1], data: new Float32Array(24) }, ShapeError, /give several as an array/],
    ['a value of wrong length', { shape: GREY, data: new Float32Array(3) }, ShapeError, /is 12 elements, but its data has 3/],
    ['a value of bytes', { shape: GREY, data: noise(12) }, ShapeError, /must be { shape: number\[\], data: Float32Array }/],
    ['pixels too few', { width: 3, height: 4, data: noise(13) }, ShapeError, /3 x 4 pixels of 1 to 4 channels .* 13 bytes/],
    [
      'pixels of other channels',
      { width: 3, height: 4, data: noise(12), channels: 3 },
      ShapeError,
      /of 3 channels are 36, but data/,
    ],
    ['no pixels', { width: 0, height: 4, data: noise(0) }, ShapeError, /width must be an integer from 1 to 65536, got 0/],
    ['a huge image', { width: 70_000, height: 1, data: noise(1) }, ShapeError, /width must be .* got 70000/],
    ['floats as pixels', { width: 3, height: 4, data: new Float32Array(12) }, OptionError, /data must be a Uint8Array/],
    ['an image that is not decoded', { width: 3, height: 4 }, OptionError, /must be ImageData/],
    ['what only a browser can draw', bitmap, OptionError, /there is no OffscreenCanvas here/],
    ['a path', 'digit.png', OptionError, /must be ImageData, .* got "digit.png"/],
    ['nothing', null, OptionError, /must be ImageData, .* got null/],
    ['a promise', Promise.resolve(noise(12)), OptionError, /got a Promise \(write await before it\)/],
  ])('is refused where it is %s', (_, image, kind, message) => {
    expect(() => seen(image, GREY)).toThrow(kind);
    expect(() => seen(image, GREY)).toThrow(message);
  });

  test('is named by its place in an array', () =>
    withClassifier(trained, async (made) => {
      await expect(made.classify([digit(0), noise(3)])).rejects.toThrow(/classify: image 1: the model takes/);
      await expect(made.classify(noise(3))).rejects.toThrow(/classify: the image: the model takes/);
      await expect(made.classify([digit(0), undefined, digit(1)] as ClassifierImage[])).rejects.toThrow(
        /classify: image 1 must be/,
      );
    }));

  test('is no image where the model takes none', () => {
    const image = { width: 3, height: 4, data: noise(12) };
    for (const shape of [[12], [4, 3, 2]])
      expect(() => seen(image, shape)).toThrow(/not an image \[height, width, 1 or 3\]; give (12|24) bytes, or a Value/);
  });

  test('is a value alone where nothing tells what bytes mean, or the data were floats', () => {
    const floats: InputDescription = { ...input(GREY), dtype: 'float32' };
    for (const image of [noise(12), { width: 3, height: 4, data: noise(12) }]) {
      expect(() => sampleOf('it', image, GREY, undefined)).toThrow(/it: nothing tells how the model's input was scaled/);
      expect(() => sampleOf('it', image, GREY, floats)).toThrow(/trained on floats, not on bytes or images; give a Value/);
    }
    const data = new Float32Array(12).fill(3);
    for (const described of [undefined, floats]) expect(sampleOf('it', { shape: GREY, data }, GREY, described)).toBe(data);
  });
});

describe('images of a folder', () => {
  const png = (width: number, height: number, channels: 1 | 2 | 3 | 4, seed: number) =>
    encode({ width, height, channels, depth: 8, data: noise(width * height * channels, seed) });
  const files = {
    'a/grey.png': png(9, 7, 1, 1),
    'a/alpha.png': png(5, 6, 4, 2),
    'a/same.png': png(8, 6, 3, 3),
    'b/photo.jpg': BASELINE_JPEG.file,
    'b/turned.jpg': withSegments(BASELINE_JPEG.file, exifSegment(exifOf(6))),
    'b/wide.png': png(40, 3, 3, 4),
    'b/grey-alpha.png': png(6, 8, 2, 5),
  };

  test.each([1, 3] as const)('are to a classifier what they were to the training, with %d channels', async (channels) => {
    const dir = await folder(files);
    const { train, validation, test: rest } = await imageFolder({ dir, size: [6, 8], channels });
    const m = model([6, 8, channels], [conv2d(3, 3), globalAvgPool2d(), dense(2)]);
    const training = await trainer(gpu, m, { batch: 1, optimizer: adam(), seed: 1 });
    await training.fit(train, { steps: 1 });
    const decoded = { model: m, weights: await training.weights(), input: training.input };
    await training.destroy();
    expect(decoded.input).toMatchObject({ classNames: ['a', 'b'], dataName: 'mine', scale: 1 / 255, offset: 0 });
    const length = 48 * channels;
    const stored = [train, validation, rest].flatMap(({ x, size }) =>
      Array.from({ length: size }, (_, index) => x.subarray(index * length, (index + 1) * length) as Uint8Array),
    );
    const paths = (
      await Promise.all(['a', 'b'].map(async (name) => (await readdir(join(dir, name))).map((f) => join(dir, name, f))))
    )
      .flat()
      .sort();
    await withClassifier(decoded, async (made) => {
      for (const path of paths) {
        const image = await readImage(path);
        const floats = sampleOf('it', image, m.input, decoded.input);
        const same = stored.filter((bytes) => bytes.every((byte, i) => Math.fround(byte * Math.fround(1 / 255)) === floats[i]));
        expect(same, path).toHaveLength(1);
        expect(await made.classify(image)).toEqual(await made.classify(same[0] as Uint8Array));
      }
    });
  });
});
