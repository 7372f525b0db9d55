import { type Dataset, dataset, stratify } from 'paredown';
import type { Split } from './file-kinds.ts';
import type { Splits } from './session.ts';

/** An image as it is trained on, [height, width, channels] bytes. */
export interface LabelledImage {
  readonly bytes: Uint8Array;
  readonly label: number;
  readonly split: Split;
  /** Of its pixels before they had this size. */
  readonly hash: string;
}

/**
 * Data sets of images of `shape`, divided and in the order as `imageFolder` has them: class by class, by the hashes, copies together.
 * Throws a DataError where a class has too few distinct images.
 */
export function imageSplits(
  name: string,
  images: readonly LabelledImage[],
  classNames: readonly string[],
  shape: readonly [number, number, number],
): Splits {
  const splits = stratify(images, classNames);
  const order = [...images.keys()].sort((a, b) => inOrder(images[a], images[b]));
  const set = (split: Split): Dataset => {
    const own = order.filter((index) => splits[index] === split).flatMap((index) => images[index] ?? []);
    const size = shape[0] * shape[1] * shape[2];
    const x = new Uint8Array(own.length * size);
    own.forEach(({ bytes }, index) => {
      x.set(bytes, index * size);
    });
    const labels = own.map(({ label }) => label);
    const y = classNames.length > 256 ? Int32Array.from(labels) : Uint8Array.from(labels);
    return dataset({ name, split, inputShape: [...shape], x, y, classes: classNames.length, classNames });
  };
  return { train: set('train'), validation: set('validation'), test: set('test') };
}

function inOrder(a: LabelledImage | undefined, b: LabelledImage | undefined): number {
  if (!a || !b) return 0;
  return a.hash === b.hash ? a.label - b.label : a.hash < b.hash ? -1 : 1;
}
