// What a person drops or chooses, sorted before a byte of it is read.

/** A file by its path in what was dropped. */
export interface NamedFile {
  readonly path: string;
  readonly bytes: number;
}

export type Split = 'train' | 'validation' | 'test';

/** An image of a class, in the split that its folder tells, else to be divided. */
export interface ClassFile<F extends NamedFile> {
  readonly file: F;
  readonly className: string;
  readonly split: Split;
}

export type Sorted<F extends NamedFile> =
  | { readonly kind: 'idx'; readonly files: readonly F[] }
  | { readonly kind: 'images'; readonly files: readonly ClassFile<F>[]; readonly leftOut: number };

/** Classes are labelled in the order of their names' code points, as `imageFolder` labels them. */
export function byCodePoint(a: string, b: string): number {
  const [first, second] = [[...a], [...b]];
  const at = first.findIndex((character, index) => character !== second[index]);
  if (at < 0) return first.length - second.length;
  return (first[at]?.codePointAt(0) ?? 0) - (second[at]?.codePointAt(0) ?? -1);
}

export const LIMITS = {
  files: 20_000,
  imageBytes: 32 * 2 ** 20,
  idxBytes: 128 * 2 ** 20,
  allBytes: 2 ** 31,
  classes: 1000,
} as const;

const SPLITS: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  test: 'test',
  testing: 'test',
};
const IMAGE = /\.(png|jpe?g|jpe|jfif|webp|gif|bmp|avif)$/i;
const LITTER = /^(\.|__MACOSX$|@eaDir$|Thumbs\.db$|desktop\.ini$)/i;

/** Whether a name is one of idx images or labels, as MNIST's are called. */
export const isIdxName = (name: string): boolean => /idx|ubyte/i.test(name) && /images|labels/i.test(name);

/**
 * What was chosen: the idx files of MNIST or its like, or images in a folder for each class, alone or below folders of the splits. Throws an
 * Error that says what is wrong and what to do.
 */
export function sortFiles<F extends NamedFile>(files: readonly F[]): Sorted<F> {
  if (files.length > LIMITS.files)
    throw new Error(
      `These are ${files.length} files or more; at most ${LIMITS.files} are read here. Choose a folder with fewer.`,
    );
  const seen = files.filter(({ path }) => !parts(path).some((part) => LITTER.test(part)));
  if (seen.length === 0) throw new Error('There is no file in what was chosen.');
  const idx = seen.filter(({ path }) => isIdxName(nameOf(path)));
  if (idx.length > 0) return { kind: 'idx', files: checkSizes(idx, LIMITS.idxBytes, 'an idx file') };
  const images = seen.filter(({ path }) => IMAGE.test(path));
  if (images.length === 0)
    throw new Error(
      `None of the ${counted(seen.length, 'file')} is an image or one of MNIST's (the first: ${nameOf(seen[0]?.path ?? '')}, ` +
        `${megabytes(seen[0]?.bytes ?? 0)}). Choose a folder that holds a folder of PNG or JPEG images for each class.`,
    );
  checkSizes(images, LIMITS.imageBytes, 'an image');
  const total = images.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > LIMITS.allBytes)
    throw new Error(`The images are ${megabytes(total)} together; at most ${megabytes(LIMITS.allBytes)} are read here.`);
  const classFiles = inClasses(images);
  return { kind: 'images', files: classFiles, leftOut: seen.length - classFiles.length };
}

function inClasses<F extends NamedFile>(images: readonly F[]): ClassFile<F>[] {
  let folders = images.map((file) => ({ file, folders: parts(file.path).slice(0, -1) }));
  // The folder that was chosen, and what archives wrap around it.
  for (;;) {
    const [first] = folders[0]?.folders ?? [];
    if (first === undefined || first in SPLITS || folders.some((one) => one.folders[0] !== first || one.folders.length < 2))
      break;
    folders = folders.map((one) => ({ ...one, folders: one.folders.slice(1) }));
  }
  const tops = new Set(folders.map((one) => one.folders[0]));
  const inSplits = [...tops].every((top) => top !== undefined && top.toLowerCase() in SPLITS) && hasTrain(tops);
  const sorted = folders.flatMap(({ file, folders: [top, below] }): ClassFile<F>[] => {
    const className = (inSplits ? below : top)?.normalize('NFC');
    if (className === undefined) return [];
    return [{ file, className, split: (inSplits && SPLITS[top?.toLowerCase() ?? '']) || 'train' }];
  });
  const names = new Set(sorted.map(({ className }) => className));
  if (names.size === 0)
    throw new Error(
      'The images lie in no folders. Sort them into one folder for each class, and choose the folder that holds those.',
    );
  if (names.size === 1)
    throw new Error(
      `All images are of one class, "${[...names][0]}". Choose the folder that holds a folder for each class, two at least.`,
    );
  if (names.size > LIMITS.classes) throw new Error(`These are ${names.size} classes; at most ${LIMITS.classes} are read here.`);
  return sorted;
}

const hasTrain = (tops: ReadonlySet<string | undefined>) => [...tops].some((top) => SPLITS[top?.toLowerCase() ?? ''] === 'train');

function checkSizes<F extends NamedFile>(files: readonly F[], most: number, what: string): readonly F[] {
  const large = files.filter(({ bytes }) => bytes > most);
  const [first] = large;
  if (first)
    throw new Error(
      `${nameOf(first.path)} has ${megabytes(first.bytes)}${large.length > 1 ? ` (and ${counted(large.length - 1, 'other file')} is as large)` : ''}; ` +
        `${what} of more than ${megabytes(most)} is not read here.`,
    );
  return files;
}

const parts = (path: string) => path.split('/').filter(Boolean);
const nameOf = (path: string) => parts(path).at(-1) ?? path;
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 2 : 0)} MiB`;
export const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
