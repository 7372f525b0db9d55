import type { Split } from '../../data/stratify.ts';
import type { FoundImage, Layout } from './source.ts';

/** What `imageFolder` found, for a person to read. */
export interface FoundImages {
  /** 'png', 'jpeg' or 'mixed' (both) by the content of the files, or 'idx'. */
  readonly layout: Layout;
  /** By label: the name of the class and the number of its images in each split. */
  readonly classes: readonly {
    readonly name: string;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
  }[];
  /** The sizes the images have in the files, the most frequent first. */
  readonly sizes: readonly { readonly height: number; readonly width: number; readonly images: number }[];
  /** What was left out and why, a line for each kind. */
  readonly leftOut: readonly string[];
  /** What may be wrong with the data: the same image in several classes, copies of training images among the test images. */
  readonly warnings: readonly string[];
}

/** The sizes of the images, the most frequent first, then the smallest. */
export function sizesOf(images: readonly FoundImage[]): FoundImages['sizes'] {
  const sizes = new Map<string, { height: number; width: number; images: number }>();
  for (const { rows: height, columns: width } of images) {
    const key = `${height} x ${width}`;
    const size = sizes.get(key) ?? { height, width, images: 0 };
    size.images++;
    sizes.set(key, size);
  }
  return [...sizes.values()].sort((a, b) => b.images - a.images || a.height - b.height || a.width - b.width);
}

/** The images of each class in each split. */
export function classesOf(
  images: readonly FoundImage[],
  splits: readonly Split[],
  classNames: readonly string[],
): FoundImages['classes'] {
  const classes = classNames.map((name) => ({ name, train: 0, validation: 0, test: 0 }));
  images.forEach(({ label }, index) => {
    const entry = classes[label];
    if (entry) entry[splits[index] as Split]++;
  });
  return classes;
}

/** The same image under several labels, and in several splits. `images` and `splits` and `hashes` go together. */
export function warningsOf(
  images: readonly FoundImage[],
  splits: readonly Split[],
  hashes: readonly string[],
  classNames: readonly string[],
): string[] {
  const first = new Map<string, number>();
  const contradictions: string[] = [];
  const kept = new Set(hashes.filter((_, index) => splits[index] === 'train'));
  const leaked = { validation: 0, test: 0 };
  images.forEach(({ label, where }, index) => {
    const hash = hashes[index] as string;
    const split = splits[index] as Split;
    if (split !== 'train' && kept.has(hash)) leaked[split]++;
    const other = images[first.get(hash) ?? index] as FoundImage;
    if (other.label !== label)
      contradictions.push(`${other.where} ("${classNames[other.label]}") and ${where} ("${classNames[label]}")`);
    else if (!first.has(hash)) first.set(hash, index);
  });
  return [
    ...(contradictions.length > 0
      ? [`the same image in different classes, ${contradictions.length} times: ${firstTen(contradictions)}`]
      : []),
    ...(['validation', 'test'] as const).flatMap((split) =>
      leaked[split] > 0 ? [`${leaked[split]} images of the ${split} split are in the training split too`] : [],
    ),
  ];
}

/** At most ten, with the number of those that are not shown. */
export function firstTen(lines: readonly string[], separator = '; '): string {
  const rest = lines.length - 10;
  return lines.slice(0, 10).join(separator) + (rest > 0 ? `${separator}and ${rest} more` : '');
}
