import { type Dataset, dataset, stratify } from 'paredown';
import type { Split } from './file-kinds.ts';
import type { Splits } from './session.ts';

/** An image as it is trained on, [height, width, channels] bytes. */
export interface LabelledImage {
  readonly bytes: Uint8Array;
  readonly label: number;
  readonly split: Split;
}

/**
 * Data sets of images of `shape`, divided as `imageFolder` divides: class by class, by a hash of the pixels and the seed, copies together.
 * Throws a DataError where a class has too few distinct images.
 */
export async function imageSplits(
  name: string,
  images: readonly LabelledImage[],
  classNames: readonly string[],
  shape: readonly [number, number, number],
  seed: number,
): Promise<Splits> {
  const hashes: string[] = [];
  for (const { bytes } of images) hashes.push(await seededHash(bytes, seed));
  const hashed = images.map(({ label, split }, index) => ({ label, split, hash: hashes[index] ?? '' }));
  const splits = stratify(hashed, classNames);
  const order = [...hashes.keys()].sort((a, b) => ((hashes[a] ?? '') < (hashes[b] ?? '') ? -1 : 1));
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

async function seededHash(bytes: Uint8Array, seed: number): Promise<string> {
  const head = new TextEncoder().encode(`${seed}\n`);
  const all = new Uint8Array(head.length + bytes.length);
  all.set(head);
  all.set(bytes, head.length);
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', all)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
