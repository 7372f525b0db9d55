import type { Pixels } from '../../data/pixels.ts';
import type { Split } from '../../data/stratify.ts';

/** How the images are kept: one file each, all of them PNG or JPEG or some of both, or many in an idx file. */
export type Layout = 'png' | 'jpeg' | 'mixed' | 'idx';

/** An image as its folder tells of it, before it is decoded. */
export interface FoundImage {
  /** Its path, or its file and number. */
  readonly where: string;
  readonly label: number;
  /** The split that the folder puts it in; 'train' also where the folder does not split. */
  readonly split: Split;
  readonly rows: number;
  readonly columns: number;
  /** False where the format alone tells that all pixels are grey. */
  readonly mayHaveColour: boolean;
  /** Throws a DataError that names the image where it is damaged. */
  read(): Pixels | Promise<Pixels>;
}

/** What a folder holds: images of classes, what can't be read of them and why, and what was left out. */
export interface ImageSource {
  readonly layout: Layout;
  /** By label. */
  readonly classNames: readonly string[];
  /** The splits that the folder makes itself, 'train' always among them. */
  readonly splits: ReadonlySet<Split>;
  readonly images: readonly FoundImage[];
  /** A line for each image that can't be read. */
  readonly bad: readonly string[];
  /** A line for each kind of thing that was left out. */
  readonly leftOut: readonly string[];
}

/** Class names in the order of their code points (which is that of their UTF-8 bytes), the same in every language. */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
