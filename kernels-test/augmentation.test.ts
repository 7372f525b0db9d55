import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromHalf, toHalf } from '../src/core/half.ts';
import { Random } from '../src/core/random.ts';
import { elements } from '../src/core/value.ts';
import type { AugmentationSpec } from '../src/kernels/augmentation.ts';
import { type Augmentation, type Dataset, dataset, type Gpu } from '../src/node.ts';
import { augmentationSpec } from '../src/train/augmentation.ts';
import { augmentedImage, drawnFor, isExact } from './support/augmentation.ts';
import { noise } from './support/datasets.ts';
import { type GatherOptions, gathered } from './support/gathered.ts';
import { openTestGpu } from './support/gpu.ts';

let gpu: Gpu;
beforeAll(async () => {
  gpu = await openTestGpu();
});
afterAll(() => gpu?.destroy());

function specOf(augment: Augmentation): AugmentationSpec {
  const spec = augmentationSpec(augment);
  if (!spec) throw new Error('This augmentation does nothing');
  return spec;
}

/** Random bytes with an offset and labels. */
function bytes(size: number, inputShape: readonly number[], classes = 3): Dataset {
  const random = new Random(5, 1);
  const x = Uint8Array.from({ length: size * elements(inputShape) }, () => random.below(256));
  const y = Uint8Array.from({ length: size }, () => random.below(classes));
  return dataset({ name: 'bytes', inputShape, classes, x, y, scale: 1 / 128, offset: -1 });
}

/** One line for each image of a batch that is not what the float64 twin makes of the same batch without augmentation. */
async function differences(data: Dataset, augment: Augmentation, options: GatherOptions): Promise<string[]> {
  const spec = specOf(augment);
  const { batch, seeds = [7], step = 0, type } = options;
  const plain = await gathered(gpu, data, { ...options, type: 'f32' });
  const got = await gathered(gpu, data, { ...options, augment: spec });
  expect(got.y, 'targets').toEqual(plain.y);
  expect(got.dispatches).toBe(plain.dispatches);
  const length = elements(data.inputShape);
  const real = Math.min(batch, data.size - (step % Math.ceil(data.size / batch)) * batch);
  const found: string[] = [];
  for (const [replica, seed] of seeds.entries())
    for (let row = 0; row < batch; row++) {
      const at = (replica * batch + row) * length;
      const own = got.x.subarray(at, at + length);
      const before = Float64Array.from(plain.x.subarray(at, at + length));
      const drawn = drawnFor(spec, data.inputShape, seed, step, row);
      const expected =
        row < real ? augmentedImage(before, data.inputShape, spec, drawn, data.offset) : { values: before, error: 0 };
      const rounded = type === 'f16' ? fromHalf(toHalf(Float32Array.from(expected.values))) : expected.values;
      const worst = own.reduce((most, value, i) => Math.max(most, Math.abs(value - (rounded[i] as number))), 0);
      const largest = expected.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      // Two results within `error` of each other may be rounded to f16 by half a unit each, in opposite directions.
      const bound = expected.error + (type === 'f16' && expected.error > 0 ? 2 ** -10 * largest : 0);
      if (!(worst <= bound))
        found.push(`replica ${replica}, row ${row}: off by ${worst}, not ${bound}; ${JSON.stringify(drawn)}`);
    }
  return found;
}

const CASES: Readonly<Record<string, Augmentation>> = {
  'shift in both directions': { shift: 2 },
  'shift to the side alone': { shift: [0, 3] },
  'shift as far as possible': { shift: [6, 8] },
  'flip left to right': { flip: 'horizontal' },
  'flip top to bottom': { flip: 'vertical' },
  'flip both ways': { flip: 'both' },
  crop: { crop: 3 },
  'crop downwards alone, with another fill': { crop: [2, 0], fill: 0.25 },
  'erase always': { erase: { size: [3, 2] } },
  'erase at times': { erase: { size: 4, probability: 0.4 }, fill: -7 },
  'erase the whole image': { erase: { size: [7, 9] } },
  'all that is exact': { shift: [1, 2], flip: 'both', crop: [2, 3], erase: { size: 2, probability: 0.5 } },
  rotation: { rotation: 20 },
  'rotation all around': { rotation: 180, fill: 3 },
  scale: { scale: [0.7, 1.4] },
  'one scale': { scale: [2, 2] },
  'scale that leaves nothing, or one pixel': { scale: [0.01, 100] },
  everything: {
    shift: [2, 1],
    rotation: 30,
    scale: [0.8, 1.2],
    flip: 'both',
    crop: 2,
    erase: { size: [2, 3], probability: 0.5 },
    fill: 0.5,
  },
};

describe('a batch is what float64 makes of the same random numbers', () => {
  for (const [name, augment] of Object.entries(CASES))
    test(`${name}${isExact(specOf(augment)) ? ', exactly' : ''}`, async () => {
      // 7 x 9 x 1 is no multiple of four: the bytes of a sample begin anywhere in a word.
      for (const data of [bytes(20, [7, 9, 1]), bytes(20, [7, 9, 4]), noise(20, [7, 9, 3], 4)])
        expect(await differences(data, augment, { batch: 8, seeds: [7, 123456789], step: 1 })).toEqual([]);
    });

  for (const [what, options] of [
    ['the last, short batch of a later epoch', { batch: 8, step: 8 }],
    ['a data set in several buffers', { batch: 20, bufferBytes: 4 * 63 * 4 * 2 }],
    ['an image of one pixel in height', { batch: 4 }],
  ] as const)
    test(what, async () => {
      const data = what.includes('height') ? bytes(8, [1, 30, 2]) : bytes(20, [7, 9, 4]);
      const augment = what.includes('height') ? { shift: [0, 5] as const, rotation: 10 } : (CASES.everything as Augmentation);
      expect(await differences(data, augment, options)).toEqual([]);
      if ('bufferBytes' in options)
        expect((await gathered(gpu, data, { ...options, augment: specOf(augment) })).dispatches).toBeGreaterThan(2);
    });

  test('16-bit inputs', async ({ skip }) => {
    skip(!gpu.features.has('shader-f16'), 'this adapter offers no shader-f16');
    for (const augment of [CASES.everything, CASES['all that is exact']])
      expect(await differences(bytes(20, [7, 9, 4]), augment as Augmentation, { batch: 8, type: 'f16' })).toEqual([]);
  });
});

describe('the random numbers', () => {
  const COUNT = 4000;
  /** Pixel i has the value i + 1; the fill is 0. */
  const numbered = dataset({
    name: 'numbered',
    inputShape: [5, 7, 1],
    classes: 2,
    x: Float32Array.from({ length: COUNT * 35 }, (_, i) => (i % 35) + 1),
    y: new Uint8Array(COUNT),
  });
  const images = async (augment: Augmentation, options: Partial<GatherOptions> = {}) => {
    const { x } = await gathered(gpu, numbered, { batch: COUNT, augment: specOf(augment), ...options });
    return Array.from({ length: COUNT }, (_, row) => x.subarray(row * 35, (row + 1) * 35));
  };
  /** How often each value comes; fails where one is not within six standard deviations of its share. */
  const expectEven = (values: readonly number[], kinds: number) => {
    const counts = new Map<number, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    expect(counts.size).toBe(kinds);
    const [mean, deviation] = [values.length / kinds, Math.sqrt((values.length / kinds) * (1 - 1 / kinds))];
    for (const [value, count] of counts) expect(Math.abs(count - mean), `${value}: ${count}`).toBeLessThan(6 * deviation);
  };
  /** The pixel in the middle, [2, 3], is the 18th. */
  const MIDDLE = 17;

  for (const option of ['shift', 'crop'] as const)
    test(`${option}: every offset up to the most comes as often as the others, and none beyond`, async () => {
      const found = (await images({ [option]: [1, 2] })).map((image) => image[MIDDLE] as number);
      expectEven(found, 3 * 5);
      const offsets = found.map((value) => [Math.floor((value - 1) / 7) - 2, ((value - 1) % 7) - 3]);
      for (const [down = 9, right = 9] of offsets) expect(Math.abs(down) <= 1 && Math.abs(right) <= 2).toBe(true);
    });

  test('flip: half of the images each way, independently', async () => {
    expectEven(
      (await images({ flip: 'horizontal' })).map((image) => image[0] as number),
      2,
    );
    expectEven(
      (await images({ flip: 'both' })).map((image) => image[0] as number),
      4,
    );
  });

  test('erase: its share of the images, at every place, whole', async () => {
    const erased = (await images({ erase: { size: [2, 3], probability: 0.25 } })).map((image) =>
      [...image].flatMap((value, i) => (value === 0 ? [i] : [])),
    );
    const some = erased.filter(({ length }) => length > 0);
    expect(Math.abs(some.length - COUNT / 4)).toBeLessThan(6 * Math.sqrt(COUNT * 0.25 * 0.75));
    expect(new Set(some.map(({ length }) => length))).toEqual(new Set([6]));
    expectEven(
      some.map(([first = -1]) => first),
      4 * 5,
    );
  });

  test('rotation and scale: within their bounds, on both sides, with the mean of a uniform draw', () => {
    const spec = specOf({ rotation: 30, scale: [0.5, 2] });
    const drawn = Array.from({ length: COUNT }, (_, row) => drawnFor(spec, [5, 7, 1], 3, 0, row));
    const check = (values: readonly number[], least: number, most: number) => {
      expect(Math.min(...values)).toBeGreaterThanOrEqual(least);
      expect(Math.max(...values)).toBeLessThan(most);
      const mean = values.reduce((sum, value) => sum + value, 0) / COUNT;
      expect(Math.abs(mean - (least + most) / 2)).toBeLessThan((6 * (most - least)) / Math.sqrt(12 * COUNT));
    };
    check(
      drawn.map(({ angle }) => angle),
      -Math.PI / 6,
      Math.PI / 6,
    );
    check(
      drawn.map(({ scale }) => scale),
      0.5,
      2,
    );
  });

  test('a positive angle turns counter-clockwise, and a scale above 1 magnifies', () => {
    const spec = specOf({ rotation: 180, scale: [0.5, 2] });
    const none = { shift: [0, 0], crop: [0, 0], flip: [false, false], erase: undefined, angle: 0, scale: 1 } as const;
    const image = Float64Array.from([0, 0, 0, 0, 1, 2, 0, 0, 0]);
    const turned = augmentedImage(image, [3, 3, 1], spec, { ...none, angle: Math.PI / 2 }, 0).values;
    expect([...turned].map((value) => Math.round(value))).toEqual([0, 2, 0, 0, 1, 0, 0, 0, 0]);
    const magnified = augmentedImage(image, [3, 3, 1], spec, { ...none, scale: 2 }, 0).values;
    expect([...magnified.subarray(3, 6)]).toEqual([0.5, 1, 1.5]);
  });

  test('are the same for the same seed, step and row, and differ by each', async () => {
    const augment = { shift: 2, flip: 'both' } as const;
    const first = await images(augment);
    expect(await images(augment)).toEqual(first);
    for (const other of [await images(augment, { seeds: [8] }), await images(augment, { step: 1 })]) {
      const same = other.filter((image, row) => image.every((value, i) => value === first[row]?.[i])).length;
      // By chance one in 100.
      expect(Math.abs(same - COUNT / 100)).toBeLessThan(6 * Math.sqrt(COUNT / 100));
    }
  });

  test('of one option do not depend on whether the others are on', () => {
    const own = (augment: Augmentation) => drawnFor(specOf(augment), [5, 7, 1], 3, 2, 5);
    const all = own({ shift: 2, rotation: 9, crop: 1, flip: 'both', erase: { size: 2 } });
    expect(own({ shift: 2 }).shift).toEqual(all.shift);
    expect(own({ crop: 1 }).crop).toEqual(all.crop);
    expect(own({ flip: 'both' }).flip).toEqual(all.flip);
    expect(own({ erase: { size: 2 } }).erase).toEqual(all.erase);
  });

  test('each replica gets what it would get alone', async () => {
    const augment = specOf(CASES.everything as Augmentation);
    const data = bytes(20, [7, 9, 4]);
    const together = await gathered(gpu, data, { batch: 8, seeds: [4, 9], step: 3, augment });
    const alone = await gathered(gpu, data, { batch: 8, seeds: [9], step: 3, augment });
    expect(together.x.subarray(together.x.length / 2)).toEqual(alone.x);
  });
});
