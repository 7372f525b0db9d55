import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadStudyData, majority } from '../src/cli/complexity/data.ts';
import { parseOptions, usualFolder } from '../src/cli/complexity/options.ts';
import { pngs, useImageFolders } from './support/image-folders.ts';

const folder = useImageFolders();
const never = new AbortController().signal;
const images = { ...pngs('a', 0, 20), ...pngs('b', 20, 20) };

describe('the data of a complexity study', () => {
  test('are the first images, as many as are asked for, and tell how many there are', async () => {
    const data = await folder(images);
    const whole = await loadStudyData({ data }, never);
    const { train, validation, allTrain, allValidation } = await loadStudyData({ data, images: 8, validation: 3 }, never);
    expect([train.size, validation.size, allTrain, allValidation]).toEqual([8, 3, 30, 4]);
    expect(train.y).toEqual(whole.train.y.slice(0, 8));
    await expect(loadStudyData({ data, images: 31 }, never)).rejects.toThrow('--images 31: there are 30');
  });

  test('may be a folder of one’s own, whose classes are told', async () => {
    const { train, validation, notes } = await loadStudyData({ data: await folder(images), size: 8 }, never);
    expect(train.inputShape).toEqual([8, 8, 1]);
    expect([train.classes, validation.classes]).toEqual([2, 2]);
    expect(notes[0]).toMatch(/^Classes, with their images.*a \(15, 2, 3\), b \(15, 2, 3\)/);
    expect(majority(train)).toBe(0.5);
  });

  test('are refused where there is neither such a name nor such a folder', async () => {
    await expect(loadStudyData({ data: 'mnits' }, never)).rejects.toThrow(
      '--data mnits: there is no such folder, and the data sets by name are mnist',
    );
    await expect(loadStudyData({ data: 'digits', size: 8 }, never)).rejects.toThrow('digits has a size of its own');
    await expect(loadStudyData({ data: await folder(images), dataDir: '.' }, never)).rejects.toThrow('is a folder itself');
  });
});

describe('the command line', () => {
  test('takes a folder and the size of its images', async () => {
    const data = await folder(images);
    const options = parseOptions(['--data', data, '--size', '12']);
    expect(options).toMatchObject({ data, size: 12 });
    expect(usualFolder(options?.data ?? '')).toBe(`runs/complexity/${basename(data)}`);
    expect(usualFolder('mnist')).toBe('runs/complexity/mnist');
    expect(() => parseOptions([])).toThrow("required option '--data <name>'");
    expect(() => parseOptions(['--data', ' '])).toThrow('must name');
  });
});
