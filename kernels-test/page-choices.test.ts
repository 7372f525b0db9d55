// What the demo page makes of files, layers and recipes, without a browser.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { changed, check, draftOf, moved, withNew, without } from '../examples/page/app/network/draft.ts';
import { says, textOf, valueIn } from '../examples/page/app/network/fields.ts';
import { edited, historyOf, redone, undone } from '../examples/page/app/network/history.ts';
import { checkRecipe, typedOf } from '../examples/page/app/network/recipe-check.ts';
import { followed } from '../examples/page/app/pare/follow.ts';
import { byCodePoint, sortFiles } from '../examples/page/engine/file-kinds.ts';
import { defaultNetwork, fitNetwork } from '../examples/page/engine/fit-network.ts';
import { idxSplits } from '../examples/page/engine/idx-splits.ts';
import { imageSplits } from '../examples/page/engine/image-splits.ts';
import { pixelHash } from '../examples/page/engine/pixel-hash.ts';
import { readIdxFile } from '../examples/page/engine/read-idx.ts';
import { samplesOf } from '../examples/page/engine/samples.ts';
import type { Point } from '../examples/page/engine/search/calls.ts';
import { idxImages, idxLabels, refusal } from './support/data-files.ts';

const files = (...paths: string[]) => paths.map((path) => ({ path, bytes: 1000 }));

describe('what was dropped is sorted by its names', () => {
  it('a class for each folder of the one that was dropped', () => {
    const sorted = sortFiles(
      files('pets/cat/1.png', 'pets/cat/deep/2.JPG', 'pets/dog/1.webp', 'pets/.DS_Store', 'pets/README.txt'),
    );
    expect(sorted).toMatchObject({ kind: 'images', leftOut: 1 });
    if (sorted.kind === 'images') expect(sorted.files.map(({ className }) => className)).toEqual(['cat', 'cat', 'dog']);
  });
  it('a class for each folder that was dropped, names with markup as they are', () => {
    const sorted = sortFiles(files('<img src=x onerror=alert(1)>/1.png', '__proto__/1.png'));
    if (sorted.kind !== 'images') throw new Error(sorted.kind);
    expect(sorted.files.map(({ className }) => className)).toEqual(['<img src=x onerror=alert(1)>', '__proto__']);
  });
  it('the splits that folders make', () => {
    const sorted = sortFiles(files('set/train/a/1.png', 'set/train/b/1.png', 'set/test/a/2.png', 'set/val/b/3.png'));
    if (sorted.kind !== 'images') throw new Error(sorted.kind);
    expect(sorted.files.map(({ split, className }) => `${split} ${className}`)).toEqual([
      'train a',
      'train b',
      'test a',
      'validation b',
    ]);
  });
  it('idx files before anything else', () => {
    expect(sortFiles(files('train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte', 'cover.png')).kind).toBe('idx');
  });
  it('refuses what is too much, or nothing, by a message', () => {
    expect(() => sortFiles([])).toThrow('There is no file');
    expect(() => sortFiles(files('.DS_Store'))).toThrow('There is no file');
    expect(() => sortFiles([{ path: 'film.mp4', bytes: 200 * 2 ** 20 }])).toThrow(/None of the 1 file .*film\.mp4, 200 MiB/);
    expect(() => sortFiles([...files('a/1.png', 'b/1.png'), { path: 'b/2.png', bytes: 200 * 2 ** 20 }])).toThrow(
      '2.png has 200 MiB',
    );
    expect(() => sortFiles(files('1.png', '2.png'))).toThrow('lie in no folders');
    expect(() => sortFiles(files('pets/cat/1.png', 'pets/cat/2.png'))).toThrow('All images are of one class, "cat"');
    expect(() => sortFiles(files(...Array.from({ length: 20_001 }, (_, index) => `a/${index}.png`)))).toThrow('at most 20000');
  });
});

describe('idx files', () => {
  const named = (name: string, bytes: Uint8Array) => ({ name, bytes });
  const train = [named('train-images-idx3-ubyte', idxImages(100)), named('train-labels-idx1-ubyte', idxLabels(100))];
  const test = [named('t10k-images-idx3-ubyte', idxImages(20)), named('t10k-labels-idx1-ubyte', idxLabels(20))];

  it('are training, validation and test as the command line divides them', () => {
    const splits = idxSplits([...train, ...test]);
    expect([splits.train.size, splits.validation.size, splits.test.size]).toEqual([90, 10, 20]);
    expect(splits.train.inputShape).toEqual([28, 28, 1]);
    expect([...splits.validation.x]).toEqual([...idxImages(100).subarray(16 + 90 * 784)]);
  });
  it('without those to test on, the last tenth is', () => {
    const splits = idxSplits(train);
    expect([splits.train.size, splits.validation.size, splits.test.size]).toEqual([80, 10, 10]);
  });
  it('may be gzipped, and are refused where they are damaged or do not belong together', async () => {
    const whole = idxLabels(100);
    const { name, bytes } = await readIdxFile('train-labels-idx1-ubyte.gz', new Blob([gzipSync(whole)]));
    expect(name).toBe('train-labels-idx1-ubyte');
    expect([...bytes]).toEqual([...whole]);
    const cut = new Blob([gzipSync(whole).subarray(0, 30)]);
    expect((await refusal(readIdxFile('a.gz', cut))).message).toContain('no whole gzip file');
    expect(() => idxSplits(test)).toThrow('no images to train on');
    expect(() => idxSplits(train.slice(1))).toThrow('there are no images to it');
    expect(() => idxSplits([...train, ...train])).toThrow('two files of images');
    expect(() => idxSplits([named('train-images', new TextEncoder().encode('<!doctype html>')), ...train.slice(1)])).toThrow(
      'magic number',
    );
    expect(() => idxSplits([...train.slice(0, 1), named('train-labels', idxLabels(99))])).toThrow('do not belong together');
  });
  it('are refused where they unpack to more than is read', async () => {
    const bomb = new Blob([gzipSync(new Uint8Array(129 * 2 ** 20))]);
    expect((await refusal(readIdxFile('bomb.gz', bomb))).message).toContain('unpacks to more than 128 MiB');
  });
});

describe('images of classes', () => {
  const images = (count: number, label: number, seed = 1) =>
    Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const bytes = Uint8Array.from({ length: 12 }, (__, byte) => 50 * label + index + byte);
        const hash = await pixelHash({ width: 2, height: 2, channels: 3, data: bytes }, seed);
        return { label, split: 'train' as const, bytes, hash };
      }),
    );
  const shape = [2, 2, 3] as const;

  it('are divided by a seed, each class in each split', async () => {
    const both = async (seed: number) => [...(await images(20, 0, seed)), ...(await images(20, 1, seed))];
    const all = await both(1);
    const once = imageSplits('pets', all, ['cat', 'dog'], shape);
    expect([once.train.size, once.validation.size, once.test.size]).toEqual([30, 4, 6]);
    const again = imageSplits('pets', [...all].reverse(), ['cat', 'dog'], shape);
    expect([...again.train.x]).toEqual([...once.train.x]);
    const other = imageSplits('pets', await both(2), ['cat', 'dog'], shape);
    expect([...other.train.x]).not.toEqual([...once.train.x]);
  });
  it('a class of one image is refused by its name', async () => {
    const all = [...(await images(20, 0)), ...(await images(1, 1))];
    expect(() => imageSplits('pets', all, ['cat', '<b>dog'], shape)).toThrow('the class "<b>dog" has 1 distinct image');
  });
  it('are shown with their counts', async () => {
    const splits = imageSplits('pets', [...(await images(20, 0)), ...(await images(20, 1))], ['cat', 'dog'], shape);
    const [cat, dog] = samplesOf(splits, 3);
    expect(cat).toMatchObject({ name: 'cat', train: 15, validation: 2, test: 3 });
    expect(dog?.images).toHaveLength(3);
    expect([...(dog?.images[0]?.data.subarray(0, 4) ?? [])]).toEqual([
      ...splits.train.x.subarray(...firstOf(splits.train.y)),
      255,
    ]);
  });
  it('have the same hash where they look the same, grey in one channel or in three', async () => {
    const grey = { width: 3, height: 1, channels: 1, data: Uint8Array.of(1, 2, 3) } as const;
    const colours = { ...grey, channels: 3, data: Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3) } as const;
    expect(await pixelHash(colours, 1)).toBe(await pixelHash(grey, 1));
    expect(await pixelHash({ ...grey, width: 1, height: 3 }, 1)).not.toBe(await pixelHash(grey, 1));
  });
  it('have their classes in the order of code points', () => {
    const names = ['\u{1f408}', 'dog', '\uff23', 'do', 'cat'];
    const bytes = (name: string) => Buffer.from(name);
    expect([...names].sort(byCodePoint)).toEqual([...names].sort((a, b) => Buffer.compare(bytes(a), bytes(b))));
  });
  /** Where the first pixel of class 1 is. */
  const firstOf = (labels: ArrayLike<number>): [number, number] => {
    const at = 12 * Array.from(labels).indexOf(1);
    return [at, at + 3];
  };
});

describe('the network of the front that is looked at', () => {
  const point = (key: string, network: string, kept: boolean) => ({ key, network, kept }) as Point;
  const trial = point('trial', 'a', false);

  it('is the same where the trial that confirms it takes the place of the one that was chosen, and is loaded with its weights', () => {
    const confirmation = point('confirmation', 'a', true);
    const front = [point('other', 'b', true), confirmation];
    expect(followed(trial, undefined, front)).toEqual({ point: confirmation, load: true });
    expect(followed(trial, { state: 'lost', point: trial }, front)).toEqual({ point: confirmation, load: true });
    expect(followed(trial, { state: 'training', point: trial }, front)).toEqual({ point: confirmation, load: false });
    expect(followed(trial, { state: 'loaded', point: trial, loaded: { key: 'trial' } }, front)?.load).toBe(false);
  });
  it('is loaded once its own weights are kept, and not tried again where they are not there', () => {
    const kept = point('trial', 'a', true);
    expect(followed(trial, undefined, [kept])).toEqual({ point: kept, load: true });
    expect(followed(kept, undefined, [kept])?.load).toBe(false);
    expect(followed(kept, { state: 'lost', point: kept }, [kept])?.load).toBe(false);
    expect(followed(kept, { state: 'loading', point: kept }, [kept])?.load).toBe(false);
  });
  it('stays as it was where the front has it no more', () => {
    expect(followed(trial, undefined, [point('other', 'b', true)])).toBeUndefined();
  });
});

describe('a network in the making', () => {
  const input = [28, 28, 1] as const;
  const begun = draftOf(defaultNetwork(input, 10).layers);

  it('is known layer by layer', () => {
    const { model, facts, problem } = check(begun, input, 10);
    expect(problem).toBeUndefined();
    expect(model?.layers).toHaveLength(6);
    expect(facts[0]).toEqual({ shape: [24, 24, 8], parameters: 208, macs: 24 * 24 * 8 * 25 });
  });
  it('says which layer is wrong, why, and what is known up to there', () => {
    const { model, facts, problem } = check(changed(begun, 2, 'filters', 'many'), input, 10);
    expect(model).toBeUndefined();
    expect(problem).toEqual({ index: 2, message: 'filters must be a positive integer, got "many"' });
    expect(facts).toHaveLength(2);
    expect(check(without(begun, 4), input, 10).problem).toMatchObject({ index: 4 });
    expect(check(begun, input, 3).problem?.message).toContain('must give [3]');
    expect(check([], input, 10).problem?.message).toContain('at least one layer');
    expect(check(draftOf([{ type: '<b>' }, null]), input, 10).problem).toMatchObject({ index: 0 });
  });
  it('is changed by adding, moving and removing, which leaves the rest as it was', () => {
    const added = withNew(begun, 'dropout', 1);
    expect(added.map(({ layer }) => layer.type)).toEqual([
      'conv2d',
      'dropout',
      'avgPool2d',
      'conv2d',
      'avgPool2d',
      'flatten',
      'dense',
    ]);
    expect(new Set(added.map(({ id }) => id)).size).toBe(7);
    expect(moved(added, 1, -1)[0]).toBe(added[1]);
    expect(moved(added, 0, -1)).toBe(added);
    expect(moved(added, 6, 1)).toBe(added);
    expect(without(added, 1)).toEqual(begun);
    expect(changed(begun, 0, 'activation', undefined)[0]?.layer).not.toHaveProperty('activation');
  });
  it('goes back and forward, a number that is typed as one step', () => {
    const first = historyOf(begun);
    const one = edited(first, changed(begun, 0, 'filters', 1), '0 filters');
    const twelve = edited(one, changed(begun, 0, 'filters', 12), '0 filters');
    expect(twelve.past).toHaveLength(1);
    expect(undone(twelve).present).toBe(begun);
    expect(redone(undone(twelve)).present).toBe(twelve.present);
    expect(undone(first)).toEqual(first);
    expect(edited(undone(twelve), without(begun, 0)).future).toEqual([]);
  });
  it('adds containers up', () => {
    const conv = { type: 'conv2d', filters: 1, kernel: 1 };
    const { facts } = check(draftOf([{ type: 'branch', paths: [[conv], [conv]] }, { type: 'flatten' }]), [2, 2, 1], 8);
    expect(facts).toEqual([
      { shape: [2, 2, 2], parameters: 4, macs: 8 },
      { shape: [8], parameters: 0, macs: 0 },
    ]);
  });
  it('fits other data where its outputs can be changed by themselves', () => {
    const { layers } = defaultNetwork(input, 10);
    expect(fitNetwork(layers, [32, 32, 3], 4).layers.at(-1)).toMatchObject({ units: 4 });
    expect(() => fitNetwork(layers, [4, 4, 1], 4)).toThrow('does not fit an input');
    expect(defaultNetwork([2, 2, 1], 3).layers.at(-1)).toMatchObject({ units: 3 });
  });
  it('texts are numbers, pairs or themselves', () => {
    expect([' 12 ', '3x5', '3, 5', '3 5', '0.', '', 'x', '3x'].map(valueIn)).toEqual([
      12,
      [3, 5],
      [3, 5],
      [3, 5],
      0,
      '',
      'x',
      '3x',
    ]);
    expect([[3, 3], [3, 5], undefined, 'x'].map(textOf)).toEqual(['3', '3 x 5', '', 'x']);
    expect(says('0.', 0)).toBe(true);
  });
});

describe('a recipe', () => {
  const recipe = {
    epochs: 10,
    batch: 64,
    learningRate: 0.005,
    seed: 1,
    optimizer: 'sgd',
    augment: { shift: 2, flip: 'horizontal' },
  } as const;
  it('is what was typed', () => {
    expect(checkRecipe(typedOf(recipe), 1000, 28)).toEqual({ recipe, problems: {} });
  });
  it('is refused field by field', () => {
    const typed = { ...typedOf(recipe), epochs: '', batch: '65', learningRate: '-1', seed: '1.5', shift: '28', rotation: 'x' };
    const { recipe: none, problems } = checkRecipe(typed, 64, 28);
    expect(none).toBeUndefined();
    expect(Object.keys(problems).sort()).toEqual(['batch', 'epochs', 'learningRate', 'rotation', 'seed', 'shift']);
    expect(problems.batch).toContain('there are 64 images');
  });
});
