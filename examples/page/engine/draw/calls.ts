// What the rooms that ask a network say to the worker and hear from it: plain data.

/** A network that can be asked. */
export interface NetworkFacts {
  /** For files: a letter, then letters, digits and _. */
  readonly name: string;
  /** Of its input. */
  readonly shape: readonly number[];
  /** Numbers where it has no names; none where it tells no classes. */
  readonly classNames: readonly string[];
  readonly parameters: number;
  readonly macs: number;
  /** What the data held that it was trained on. */
  readonly dtype: 'uint8' | 'float32';
  /** What black and white are to it. */
  readonly range: readonly [black: number, white: number];
  /** Whether its file does not tell `range`. */
  readonly scalingAssumed: boolean;
  /** Whether it is asked of what is light on dark. */
  readonly dark: boolean;
}

/** An image of any size, red, green, blue and alpha a pixel, and what is done to it before it is fitted to the network. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
  readonly swap: boolean;
  /** Whether what is drawn is moved to the middle and made as large as digits of data sets are; of one channel alone. */
  readonly centre: boolean;
  /** Whether it is light on dark, once it is swapped. */
  readonly dark: boolean;
}

export interface Answer {
  /** The bytes that the network was given, of its input's shape. */
  readonly seen: Uint8Array;
  readonly shape: readonly number[];
  /** By the number of the class. */
  readonly probabilities: readonly number[];
  readonly milliseconds: number;
}

export interface DataImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly bytes: Uint8Array;
  readonly label: string;
}

export type Look = 'occlusion' | 'gradient';

/** What a network looks at: a number from 0 up for each field of a grid over the image, rows first. */
export interface LookMap {
  readonly look: Look;
  readonly index: number;
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
  /** Of an occlusion: the probability of the class, and the least that it falls to. */
  readonly probability?: { readonly whole: number; readonly least: number };
  readonly milliseconds: number;
}
