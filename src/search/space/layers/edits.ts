import type { Random } from '../../../core/random.ts';
import type { InputShape, Layer } from '../../../model/types.ts';
import type { Space } from '../space.ts';

/** Layers that replace one, and how they differ in words. */
export interface Edit {
  readonly to: readonly Layer[];
  readonly change: string;
}

/** The layer around a layer. */
export type Inside = 'branch' | 'residual' | 'repeat' | 'gate' | undefined;

/** Where a layer stands, and what it may be changed to. */
export interface Site {
  readonly space: Space;
  readonly random: Random;
  readonly inside: Inside;
  /** It makes the classes, or holds what does: its width is not free. */
  readonly isOutput: boolean;
}

/** What a layer is to the network around it. */
export type Role =
  /** One of the blocks that a space counts. */
  | 'block'
  /** The head begins with it: it makes a vector of an image. */
  | 'flattening'
  /** The head begins with it, where nothing flattens before. */
  | 'dense'
  /** It averages the classes over the image: the head begins with what makes them. */
  | 'averaging';

/** One thing of a layer that a mutation changes. */
export type Mutable = 'width' | 'kernel' | 'stride' | 'padding' | 'pooling' | 'separation' | 'normalisation' | 'slope' | 'times';

/** How the search may change a layer of one type. What is left out leaves it as it is. */
export interface LayerEdits<L extends Layer> {
  readonly role?: Role;
  /** The classes may come from it. */
  readonly makesClasses?: boolean;
  /** Random changes; undefined where there is none for this layer there. */
  readonly mutations?: { readonly [M in Mutable]?: (layer: L, site: Site) => Edit | undefined };
  /** Every smaller layer that could replace it and is one step of the greedy strategy away. */
  readonly reductions?: (layer: L, isOutput: boolean) => readonly Edit[];
  /** The layers in it are changed too, and are told that they are inside of such a one. */
  readonly changesInside?: Exclude<Inside, undefined>;
  /** The layer made as wide as what comes to it, where the two must agree. */
  readonly widen?: (layer: L, given: InputShape) => L;
}

/** Of a layer that can only stand there or not. */
export const DROPPED: Pick<LayerEdits<Layer>, 'reductions'> = {
  reductions: ({ type }) => [{ to: [], change: `without a ${type}` }],
};
