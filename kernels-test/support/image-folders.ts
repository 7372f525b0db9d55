import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Dataset } from '../../src/data/dataset.ts';
import type { ImageFolder } from '../../src/node/image-folder.ts';
import { useDataFolder } from './data-files.ts';
import { greyPng } from './png-files.ts';

/** For each test a place of its own, and what writes files into a folder there by their paths and tells its path. */
export function useImageFolders() {
  const place = useDataFolder();
  return async (files: Readonly<Record<string, Uint8Array | string>>, name = 'mine'): Promise<string> => {
    const dir = join(place(), name);
    await mkdir(dir, { recursive: true });
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), bytes);
    }
    return dir;
  };
}

/** PNG images `<prefix>/<number>.png` of the numbers from `first` on. */
export function pngs(prefix: string, first: number, count: number): Record<string, Uint8Array> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${prefix}/${first + index}.png`, greyPng(first + index)]),
  );
}

/** The numbers of `greyPng` and the labels in a split. */
export const numbers = (data: Dataset) =>
  Array.from({ length: data.size }, (_, index) => {
    const sample = data.x.length / data.size;
    return [(data.x[index * sample] as number) + 256 * (data.x[index * sample + 1] as number), data.y[index] as number];
  });

/** All splits' numbers and labels. */
export const all = ({ train, validation, test }: ImageFolder) => [train, validation, test].flatMap(numbers);
/** The numbers alone, in order. */
export const sorted = (pairs: readonly number[][]) => pairs.map(([number]) => number as number).sort((a, b) => a - b);
export const range = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
/** The images of each class in training, validation and test. */
export const counts = ({ found }: ImageFolder) => found.classes.map(({ train, validation, test }) => [train, validation, test]);
