import { DataError } from '../../core/errors.ts';
import { counted } from './report.ts';
import { SPLITS, type Split } from './source.ts';

/** An image of which the pixels are known by their hash. */
export interface Hashed {
  readonly label: number;
  readonly split: Split;
  readonly hash: string;
}

/**
 * The split of each image. Those of the training folder are divided class by class into the splits that `given` lacks: the distinct
 * images of a class in the order of their hashes, first the share of the test split, then that of validation, each rounded, one at
 * least; copies go where their image goes. Throws DataError for a class that has too few distinct images.
 */
export function stratify(
  images: readonly Hashed[],
  classNames: readonly string[],
  given: ReadonlySet<Split>,
  shares: { readonly validation: number; readonly test: number },
): Split[] {
  const wanted = (['test', 'validation'] as const).filter((split) => !given.has(split));
  const training = classNames.map((): string[] => []);
  for (const { label, split, hash } of images) if (split === 'train') training[label]?.push(hash);
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
      const share = Math.round(shares[split] * hashes.length);
      const count = Math.min(Math.max(1, share), hashes.length - next - others);
      for (const hash of hashes.slice(next, next + count)) splits.set(hash, split);
      next += count;
    });
    return splits;
  });
  const splits = images.map(({ label, split, hash }) => (split === 'train' ? (assigned[label]?.get(hash) ?? 'train') : split));
  checkEach(images, splits, classNames);
  return splits;
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
