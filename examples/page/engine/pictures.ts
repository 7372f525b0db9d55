import { imageBytes } from 'paredown';
import type { ImageShape } from './decode-image.ts';
import type { LabelledImage } from './image-splits.ts';
import { pixelHash } from './pixel-hash.ts';

/** Pictures are kept at the largest size that they can be trained at. */
export const PICTURE: ImageShape = [64, 64, 3];
export const MOST_PICTURES = 2000;

/** Pictures of the webcam by class, in the order in which they were made. */
export class Pictures {
  private readonly classes = new Map<string, Uint8Array[]>();

  add(className: string, bitmap: ImageBitmap): void {
    const all = [...this.classes.values()].reduce((sum, { length }) => sum + length, 0);
    if (all >= MOST_PICTURES) throw new Error(`There are ${all} pictures; more are not kept here.`);
    const own = this.classes.get(className) ?? [];
    own.push(imageBytes(bitmap, PICTURE));
    this.classes.set(className, own);
  }

  remove(className: string, index: number): void {
    this.classes.get(className)?.splice(index, 1);
  }

  removeClass(className: string): void {
    this.classes.delete(className);
  }

  /** Images of `shape` and the names of their classes. Throws where there are too few to be divided. */
  async labelled(shape: ImageShape, seed: number): Promise<{ images: LabelledImage[]; classNames: string[] }> {
    const classNames = [...this.classes.keys()];
    if (classNames.length < 2) throw new Error('Two classes at least are needed, with pictures of each.');
    const images: LabelledImage[] = [];
    for (const [label, name] of classNames.entries())
      for (const data of this.classes.get(name) ?? []) {
        const pixels = { width: PICTURE[1], height: PICTURE[0], channels: 3, data } as const;
        images.push({ bytes: imageBytes(pixels, shape), label, split: 'train', hash: await pixelHash(pixels, seed) });
      }
    return { images, classNames };
  }
}
