import type { Bits } from '../quantize/types.ts';

/** What makes the file of a network smaller, as plain data; each type is a file in `steps/`. */
export type ChainStep =
  /** Take a share of the filters and units out, and train what is left. */
  | { readonly type: 'filters'; readonly share: number }
  /** Take two layers of low rank, that keep a share of the energy, in place of one, and train them. */
  | { readonly type: 'factorize'; readonly energy: number }
  /** Train while a share of the weights, those of the least magnitude, becomes 0. */
  | { readonly type: 'prune'; readonly sparsity: number }
  /** Train for weights, and activations, that are integers of so few bits. */
  | ({ readonly type: 'quantize' } & Bits)
  /** Train the 2^bits numbers that the weights of a layer share. */
  | { readonly type: 'share'; readonly bits: number }
  /** Keep so many significant bits of each number that is no integer. */
  | { readonly type: 'round'; readonly bits: number };

export type StepType = ChainStep['type'];

export type StepOf<T extends StepType> = Extract<ChainStep, { readonly type: T }>;

/** Steps in the order in which they are taken; none leaves the network as it is. */
export type Chain = readonly ChainStep[];
