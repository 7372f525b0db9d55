import type { Model } from '../model/types.ts';

/** Names with what makes their models, in the order of the paper. */
export type Entries = readonly (readonly [name: string, make: () => Model])[];
