import { open, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError } from '../../core/errors.ts';
import { decodePng, PNG_HEADER_BYTES, type PngHeader, pngHeader } from './png.ts';
import { byCodePoint, type FoundImage, type ImageSource, type Split } from './source.ts';
import { isPng, kindOf, type LeftOut, type Listing, list, pngsBelow } from './tree.ts';

/** The PNG images of a folder that belong to a class. */
interface ClassFolder {
  readonly name: string;
  readonly split: Split;
  readonly path: string;
  readonly images: readonly string[];
}

/** The names that a folder of a split may have, in lower case. */
const SPLIT_NAMES: ReadonlyMap<string, Split> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['validation', 'validation'],
  ['valid', 'validation'],
  ['val', 'validation'],
  ['test', 'test'],
  ['testing', 'test'],
]);

const splitNamed = (name: string) => SPLIT_NAMES.get(name.toLowerCase());

/**
 * PNG images in one folder a class, at any depth below it, or in such folders below folders of the splits; undefined where the folder
 * has no folder with PNG images. Reads the header of each. Throws DataError for a class without images or two of one name.
 */
export async function pngFolders(root: Listing, leftOut: LeftOut): Promise<ImageSource | undefined> {
  const inSplits = await splitFolders(root, leftOut);
  const folders =
    inSplits ?? (await Promise.all(root.folders.map((name) => classFolder('train', join(root.path, name), name, leftOut))));
  if (folders.every(({ images }) => images.length === 0)) return undefined;
  for (const name of [...root.files, ...root.broken])
    leftOut.add(isPng(name) ? 'PNG image in no folder of a class' : kindOf(name));
  checkClasses(folders);
  const classNames = [...new Set(folders.map(({ name }) => name))].sort(byCodePoint);
  const images: FoundImage[] = [];
  const bad: string[] = [];
  for (const { name, split, images: paths } of folders)
    for (const path of paths)
      try {
        const header = await readHeader(path);
        images.push({ where: path, label: classNames.indexOf(name), split, ...header, read: () => readPng(path, header) });
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        bad.push(error.message);
      }
  const splits = new Set(folders.map(({ split }) => split));
  return { layout: 'png', classNames, splits, images, bad, leftOut: leftOut.lines() };
}

/**
 * The class folders in folders of the splits. There are such where one named `train` holds no image of its own, and others named so
 * stand beside it, or no other folder at all; undefined otherwise.
 */
async function splitFolders(root: Listing, leftOut: LeftOut): Promise<ClassFolder[] | undefined> {
  const named = root.folders.filter((name) => splitNamed(name) !== undefined);
  const others = root.folders.filter((name) => splitNamed(name) === undefined);
  const train = named.find((name) => splitNamed(name) === 'train');
  if (train === undefined || (named.length === 1 && others.length > 0)) return undefined;
  const listings = new Map<string, Listing>();
  for (const name of named) listings.set(name, await list(join(root.path, name), leftOut));
  if (listings.get(train)?.files.some(isPng)) return undefined;
  if (others.length > 0)
    throw new DataError(
      `${root.path}: beside ${named.join(', ')}, taken for the splits, lies ${others.join(', ')}; move it elsewhere, or, where all ` +
        'of them are classes, rename the class of the name of a split',
    );
  const folders: ClassFolder[] = [];
  const seen = new Map<Split, string>();
  for (const [name, listing] of listings) {
    const split = splitNamed(name) as Split;
    if (seen.has(split))
      throw new DataError(`${root.path}: ${seen.get(split)} and ${name} both name the ${split} split; keep one`);
    seen.set(split, name);
    for (const file of [...listing.files, ...listing.broken])
      leftOut.add(isPng(file) ? 'PNG image in no folder of a class' : kindOf(file));
    for (const folder of listing.folders) folders.push(await classFolder(split, join(listing.path, folder), folder, leftOut));
    if (listing.folders.length === 0) throw new DataError(`${listing.path}: holds no folder of a class`);
  }
  return folders;
}

/** Class names are compared and shown in Unicode's composed form (NFC), since file systems differ in theirs. */
async function classFolder(split: Split, path: string, name: string, leftOut: LeftOut): Promise<ClassFolder> {
  // A link back to them would bring the images of other classes.
  const above = await Promise.all([dirname(path), dirname(dirname(path))].map((folder) => realpath(folder)));
  return { name: name.normalize('NFC'), split, path, images: await pngsBelow(path, leftOut, above) };
}

function checkClasses(folders: readonly ClassFolder[]): void {
  const seen = new Map<string, string>();
  for (const { name, split, path, images } of folders) {
    if (images.length === 0)
      throw new DataError(
        `${path}: the class "${name}" has 0 PNG images${split === 'train' ? '' : ` in the ${split} split`}; only files by ` +
          'the name *.png are read. Add some, or move the folder elsewhere',
      );
    const key = JSON.stringify([split, name]);
    if (seen.has(key))
      throw new DataError(`${seen.get(key)} and ${path}: the same class name "${name}" in two ways of writing it`);
    seen.set(key, path);
  }
}

async function readHeader(path: string): Promise<PngHeader> {
  const start = new Uint8Array(PNG_HEADER_BYTES);
  let length = 0;
  try {
    const file = await open(path);
    try {
      length = (await file.read(start)).bytesRead;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  return pngHeader(start.subarray(0, length), path);
}

async function readPng(path: string, { rows, columns }: PngHeader) {
  let file: Uint8Array;
  try {
    file = await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  const pixels = decodePng(file, path);
  if (pixels.rows !== rows || pixels.columns !== columns) throw new DataError(`${path}: changed while it was read`);
  return pixels;
}

function unreadable(path: string, error: unknown): DataError {
  return new DataError(`${path}: cannot be read: ${error instanceof Error ? error.message : String(error)}`);
}
