// What the page and its worker say to each other: plain data.
import type { Augmentation, KernelTimes, Model } from 'paredown';

export interface AdapterFacts {
  readonly name: string;
  readonly kind: 'gpu' | 'cpu';
  /** Whether kernels can be timed one by one. */
  readonly timestamps: boolean;
}

export interface DataFacts {
  readonly name: string;
  readonly inputShape: readonly number[];
  readonly classNames: readonly string[];
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** Whether a reload finds them again [true: they are built in]. */
  readonly kept?: boolean;
}

/** How far files are read. */
export interface Reading {
  progress(done: number, of: number): void;
}

/** What images become: squares of `size` pixels, grey or coloured, divided by a seed. */
export interface ImageChoices {
  readonly size: 28 | 32 | 64;
  readonly channels: 1 | 3;
  readonly seed: number;
}

/** Data of image files, and how many of these could not be decoded; the paths of the first of them. */
export interface ImagesRead {
  readonly data: DataFacts;
  readonly bad: number;
  readonly firstBad: readonly string[];
}

/** Images of a class as pixels for a canvas, and how many there are in each split. */
export interface ClassSamples {
  readonly name: string;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  readonly images: readonly { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray<ArrayBuffer> }[];
}

/** How a network is trained: by an optimizer whose rate falls to 0 by a cosine. */
export interface Recipe {
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly optimizer: OptimizerName;
  /** What is done at random to training images; {} is nothing. */
  readonly augment: Pick<Augmentation, 'shift' | 'rotation' | 'flip'>;
}

export type OptimizerName = 'adam' | 'adamW' | 'rmsprop' | 'sgd';

export interface TrainingReport {
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly stepMs: number;
  readonly etaMs: number;
  readonly validation?: { readonly loss: number; readonly accuracy: number };
}

export interface Listener {
  compiling(done: number, of: number): void;
  /** `confusion` with a validation, where there are not too many classes for a table. */
  report(report: TrainingReport, confusion?: Confusion): void;
}

/** [label][predicted]: counts of the validation images. */
export type Confusion = readonly (readonly number[])[];

export interface TrainingRequest {
  readonly model: Model;
  readonly recipe: Recipe;
}

/** What the worker tells without being asked. */
export interface Events {
  /** The device is gone; the message says why. */
  lost(why: string): void;
  store(state: StoreState): void;
}

/** Whether what is chosen and trained here is there after a reload: `why` says what is in the way. */
export type StoreState = { readonly state: 'kept' } | { readonly state: 'notKept'; readonly why: string };

/** What the page chose. The network as it is edited, valid or not: its layers as data. */
export interface Settings {
  readonly layers: readonly unknown[];
  readonly recipe: Recipe;
}

/** What was found as the page opened. */
export interface Restored {
  readonly settings?: Settings;
  readonly data: DataFacts;
  readonly training?: KeptTraining;
  /** Whether there is a network that can be asked. */
  readonly hasSubject: boolean;
  /** What could not be taken up again, a sentence each. */
  readonly dropped: readonly string[];
}

/** A training that can go on at `step`, or has ended there. */
export interface KeptTraining {
  readonly request: TrainingRequest;
  readonly reports: readonly TrainingReport[];
  readonly step: number;
  readonly state: 'stopped' | 'ended';
}

/** A published network as it is for the data that are chosen, `adapted` where it was for others; or why it does not fit them. */
export type ZooEntry =
  | {
      readonly name: string;
      readonly model: Model;
      readonly parameters: number;
      readonly macs: number;
      readonly adapted: boolean;
    }
  | { readonly name: string; readonly why: string };

/** The kernels of a training step, or why they can't be timed. */
export type KernelReport =
  | (KernelTimes & { readonly state: 'timed'; readonly ms: number })
  | { readonly state: 'untimed'; readonly why: string };

/** What an adapter does at the most: billions of additions and multiplications a second, billions of bytes read and written. */
export interface CeilingFacts {
  readonly gflops: number;
  readonly gigabytes: number;
}

/** An image of the validation data, its pixels as bytes, and of how many it is one. */
export interface Sample {
  readonly pixels: Uint8Array;
  readonly label: number;
  readonly of: number;
}

/** A cell of the confusion. */
export interface Cell {
  readonly label: number;
  readonly predicted: number;
}

/** An image that the network took for another class; its pixels as bytes. */
export interface Mistake extends Cell {
  readonly index: number;
  /** The probability that the network gave its answer. */
  readonly confidence: number;
  readonly pixels: Uint8Array;
}

export interface Mistakes {
  /** How many images are wrong so, and of how many; `images` are the first of them. */
  readonly count: number;
  readonly of: number;
  readonly shape: readonly number[];
  readonly images: readonly Mistake[];
}

/** Pictures of one size, one after the other: [count, height, width, colours] bytes, the first of `of`. */
export interface Tiles {
  readonly width: number;
  readonly height: number;
  readonly colours: 1 | 3;
  readonly count: number;
  readonly of: number;
  readonly pixels: Uint8Array;
  /** The numbers that are black and white. */
  readonly low: number;
  readonly high: number;
}

/** What a layer makes of an image: a picture a channel. */
export interface LayerPictures extends Tiles {
  readonly name: string;
  readonly type: string;
}
