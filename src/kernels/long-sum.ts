import type { Constants } from '../gpu/composer.ts';

// Rounding takes up to 6e-8 from a sum at each term that is added one after the other: sums of many terms are made in blocks.

/** Terms that may be summed one after the other: 64 roundings are 4e-6. */
const SHORT = 64;

/** What shaders/lib/long-sum.wgsl needs to know of a sum of so many terms. */
export function longSumConstants(terms: number, short = SHORT): Constants {
  return { LONG: terms > short };
}

/** Terms that are summed in registers, where totals beside them would cost something, before they are added to these. */
const BLOCK = 512;

/** Sums of products in registers: LONG, whether there are totals, and after how many turns of so many terms sums are added to them. */
export function foldConstants(terms: number, termsATurn: number): Constants {
  return { LONG: terms > 1.5 * BLOCK, FOLD_TURNS: Math.max(1, Math.floor(BLOCK / termsATurn)) };
}
