import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError } from '../../core/errors.ts';
import type { Pixels } from '../../data/pixels.ts';
import { counted, type Split } from '../../data/stratify.ts';
import { readImageFile, readImageHeader } from '../images/file.ts';
import { type ImageFormat, isImageName } from '../images/formats.ts';
import { firstTen } from './report.ts';
import { byCodePoint, type FoundImage, type ImageSource } from './source.ts';
import { imagesBelow, kindOf, LeftOut, type Listing, list } from './tree.ts';

/** The images of a folder that belong to a class. */
interface ClassFolder {
  readonly name: string;
  readonly split: Split;
  readonly path: string;
  readonly images: readonly string[];
  readonly leftOut: LeftOut;
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
 * PNG and JPEG images in one folder a class, at any depth below it, or in such folders below folders of the splits; undefined where
 * the folder has no folder with images. Reads the header of each. Throws DataError for a class without images or two of one name.
 */
export async function classFolders(root: Listing, leftOut: LeftOut): Promise<ImageSource | undefined> {
  const inSplits = await splitFolders(root, leftOut);
  const folders = inSplits ?? (await Promise.all(root.folders.map((name) => classFolder('train', join(root.path, name), name))));
  for (const folder of folders) leftOut.addAll(folder.leftOut);
  if (folders.every(({ images }) => images.length === 0)) return undefined;
  for (const name of [...root.files, ...root.broken])
    leftOut.add(isImageName(name) ? 'image in no folder of a class' : kindOf(name));
  checkClasses(folders);
  const classNames = [...new Set(folders.map(({ name }) => name))].sort(byCodePoint);
  const images: FoundImage[] = [];
  const bad: string[] = [];
  const formats = new Set<ImageFormat>();
  for (const { name, split, images: paths } of folders)
    for (const path of paths)
      try {
        const { format, ...header } = await readImageHeader(path);
        formats.add(format);
        images.push({ where: path, label: classNames.indexOf(name), split, ...header, read: () => readUnchanged(path, header) });
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        bad.push(error.message);
      }
  const splits = new Set(folders.map(({ split }) => split));
  const layout = formats.size > 1 ? 'mixed' : formats.has('JPEG') ? 'jpeg' : 'png';
  return { layout, classNames, splits, images, bad, leftOut: leftOut.lines() };
}

/**
 * The class folders in folders of the splits. There are such where one named `train` holds no image of its own, and others named so
 * stand beside it, or no other folder with images at all; undefined otherwise. Throws a DataError where all are named like splits, but
 * `train` holds images of its own: it would be anybody's guess whether they are splits or classes.
 */
async function splitFolders(root: Listing, leftOut: LeftOut): Promise<ClassFolder[] | undefined> {
  const named = root.folders.filter((name) => splitNamed(name) !== undefined);
  const train = named.find((name) => splitNamed(name) === 'train');
  if (train === undefined) return undefined;
  const others: string[] = [];
  const empty: string[] = [];
  for (const name of root.folders)
    if (!named.includes(name)) ((await imagesBelow(join(root.path, name), new LeftOut())).length > 0 ? others : empty).push(name);
  if (named.length === 1 && others.length > 0) return undefined;
  const listings = new Map<string, Listing>();
  for (const name of named) listings.set(name, await list(join(root.path, name), leftOut));
  if (listings.get(train)?.files.some(isImageName)) {
    if (named.length > 1 && others.length === 0) throw splitsOrClasses(root, named);
    return undefined;
  }
  if (others.length > 0)
    throw new DataError(
      `${root.path}: beside ${named.join(', ')}, taken for the splits, lies ${others.join(', ')}; move it elsewhere, or, where all ` +
        'of them are classes, rename the class of the name of a split',
    );
  if (empty.length > 0) leftOut.add('folder without images beside those of the splits', empty.length);
  const folders: ClassFolder[] = [];
  const seen = new Map<Split, string>();
  for (const [name, listing] of listings) {
    const split = splitNamed(name) as Split;
    if (seen.has(split))
      throw new DataError(`${root.path}: ${seen.get(split)} and ${name} both name the ${split} split; keep one`);
    seen.set(split, name);
    if (listing.folders.length === 0) throw noClasses(root, listing);
    for (const file of [...listing.files, ...listing.broken])
      leftOut.add(isImageName(file) ? 'image in no folder of a class' : kindOf(file));
    for (const folder of listing.folders) folders.push(await classFolder(split, join(listing.path, folder), folder));
  }
  return folders;
}

/** Folders that are nothing but splits by their names, and classes by what they hold. */
function splitsOrClasses({ path }: Listing, named: readonly string[]): DataError {
  const [first = ''] = named;
  return new DataError(
    `${path}: ${named.join(' and ')} are named like splits, but hold images without a class; sort them into ` +
      `${join(path, first, '<class>')} and so on, or, where ${named.join(' and ')} are the classes themselves, rename one`,
  );
}

/** Images to be classified, without labels, often come beside those to train on. */
function noClasses(root: Listing, { path, files }: Listing): DataError {
  const loose = files.filter(isImageName).length;
  return new DataError(
    `${path}: holds no folder of a class${loose > 0 ? `, but ${counted(loose, 'image')} without one` : ''}; sort its images into ` +
      `${join(path, '<class>')}, or, where they have no labels, move it out of ${root.path} or begin its name with a dot`,
  );
}

/** Class names are compared and shown in Unicode's composed form (NFC), since file systems differ in theirs. */
async function classFolder(split: Split, path: string, name: string): Promise<ClassFolder> {
  // A link back to them would bring the images of other classes.
  const above = await Promise.all([dirname(path), dirname(dirname(path))].map((folder) => realpath(folder)));
  const leftOut = new LeftOut();
  return { name: name.normalize('NFC'), split, path, images: await imagesBelow(path, leftOut, above), leftOut };
}

function checkClasses(folders: readonly ClassFolder[]): void {
  const seen = new Map<string, string>();
  for (const { name, split, path, images, leftOut } of folders) {
    if (images.length === 0) {
      const other = leftOut.lines();
      throw new DataError(
        `${path}: the class "${name}" has 0 images${split === 'train' ? '' : ` in the ${split} split`}; only files by the name ` +
          `*.png, *.jpg, *.jpeg, *.jpe or *.jfif are read${other.length > 0 ? ` (left out: ${firstTen(other)})` : ''}. Add some, or ` +
          'move the folder elsewhere',
      );
    }
    const key = JSON.stringify([split, name]);
    if (seen.has(key))
      throw new DataError(`${seen.get(key)} and ${path}: the same class name "${name}" in two ways of writing it`);
    seen.set(key, path);
  }
}

async function readUnchanged(path: string, { rows, columns }: Pick<FoundImage, 'rows' | 'columns'>): Promise<Pixels> {
  const pixels = await readImageFile(path);
  if (pixels.rows !== rows || pixels.columns !== columns) throw new DataError(`${path}: changed while it was read`);
  return pixels;
}
