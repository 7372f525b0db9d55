import { has, isRecord, refuseUnknown } from '../core/arguments.ts';
import { DataError, OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';

export const SPLITS = ['train', 'validation', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** An image of which the pixels are known by their hash. */
export interface Hashed {
  readonly label: number;
  readonly hash: string;
  /** The split that it was given in ['train']. */
  readonly split?: Split;
}

/** The shares of a class's distinct images. */
export interface Shares {
  readonly validation?: number;
  readonly test?: number;
}

export function stratify(images: readonly Hashed[], classNames: readonly string[], shares: Shares = {}): Split[] {
  const { validation, test } = checkedShares('stratify', shares);
  images.forEach((image, index) => {
    checkHashed(image, index, classNames.length);
  });
  const given = new Set(images.map(({ split = 'train' }) => split));
  const share = { validation, test };
  const wanted = (['test', 'validation'] as const).filter((split) => !given.has(split));
  const training = classNames.map((): string[] => []);
  for (const { label, split = 'train', hash } of images) if (split === 'train') training[label]?.push(hash);
  const assigned = classNames.map((name, label) => {
    const own = training[label] as string[];
    const hashes = [...new Set(own)].sort();
    const needed = 1 + wanted.length;
    if (hashes.length < needed)
      throw new DataError(
        `the class "${name}" has ${counted(hashes.length, 'distinct image')}${copies(own.length - hashes.length)} to train on, but ` +
          `needs at least ${needed}: one in each of ${['train', ...wanted].join(', ')}. Add images, or leave the class out`,
      );
    const splits = new Map<string, Split>();
    let next = 0;
    wanted.forEach((split, index) => {
      const others = needed - 1 - index;
      const count = Math.min(Math.max(1, Math.round(share[split] * hashes.length)), hashes.length - next - others);
      for (const hash of hashes.slice(next, next + count)) splits.set(hash, split);
      next += count;
    });
    return splits;
  });
  const splits = images.map(({ label, split = 'train', hash }) =>
    split === 'train' ? (assigned[label]?.get(hash) ?? 'train') : split,
  );
  checkEach(images, splits, classNames);
  return splits;
}

/** With defaults. Throws an OptionError that begins with `where`. */
export function checkedShares(where: string, shares: Shares): Required<Shares> {
  const { validation = 0.1, test = 0.15, ...rest } = shares;
  refuseUnknown(where, rest, ['validation', 'test']);
  for (const [key, share] of Object.entries({ validation, test }))
    if (typeof share !== 'number' || !(share > 0 && share < 1))
      throw new OptionError(`${where}: ${key} must be a share between 0 and 1, got ${shown(share)}`);
  if (validation + test >= 1)
    throw new OptionError(`${where}: validation ${validation} and test ${test} leave nothing to train on`);
  return { validation, test };
}

function checkHashed(image: Hashed, index: number, classes: number): void {
  if (!isRecord(image) || !has(image, 'label') || typeof image.hash !== 'string')
    throw new OptionError(`stratify: images[${index}] must be { label, hash, split? }, got ${shown(image)}`);
  const { label, split = 'train' } = image;
  if (!Number.isInteger(label) || label < 0 || label >= classes)
    throw new OptionError(`stratify: images[${index}]: label must be an integer from 0 to ${classes - 1}, got ${shown(label)}`);
  if (!SPLITS.includes(split))
    throw new OptionError(`stratify: images[${index}]: split must be 'train', 'validation' or 'test', got ${shown(split)}`);
}

/** A class must be in every split, those that the folder makes itself too. */
function checkEach(images: readonly Hashed[], splits: readonly Split[], classNames: readonly string[]): void {
  const counts = classNames.map(() => ({ train: 0, validation: 0, test: 0 }));
  images.forEach(({ label }, index) => {
    const count = counts[label];
    if (count) count[splits[index] as Split]++;
  });
  counts.forEach((count, label) => {
    const none = SPLITS.find((split) => count[split] === 0);
    if (none)
      throw new DataError(
        `the class "${classNames[label]}" has no image in the ${none} split (${SPLITS.map((split) => `${split} ${count[split]}`).join(', ')}); ` +
          'each class needs one at least in each',
      );
  });
}

const copies = (count: number) => (count === 0 ? '' : count === 1 ? ' (and a copy)' : ` (and ${count} copies)`);

/** `1 image`, `2 images`. */
export const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
