import { splitSum } from './family.ts';

/** Invocations that there should be, and terms below which a sum is not cut. */
const ENOUGH = 2048;
const SHORT = 64;
const MOST_SPLITS = 256;

/** Into how many partial sums `items` sums of `terms` each are cut: a choice by shape alone. */
export function sumSplits(items: number, terms: number): { splits: number; perSplit: number } {
  return splitSum(terms, Math.max(SHORT, Math.ceil((terms * items) / ENOUGH)), MOST_SPLITS);
}
