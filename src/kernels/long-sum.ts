import type { Constants } from '../gpu/composer.ts';

// Rounding takes up to 6e-8 from a sum at each term that is added one after the other: sums of many terms are made in blocks.

/** Terms that may be summed one after the other: 64 roundings are 4e-6. */
const SHORT = 64;

/** Terms up to which the code is the same. */
const LEVELS = [2 ** 10 - 1, 2 ** 15 - 1, 2 ** 20 - 1];

/** What shaders/lib/long-sum.wgsl needs to know of a sum of so many terms. */
export function longSumConstants(terms: number, short = SHORT): Constants {
  return { LONG: terms > short, LONG_TERMS: LEVELS.find((most) => terms <= most) ?? Math.ceil(terms) };
}

/** Roundings one after the other, where totals beside a sum in registers would cost something: 640 are at worst 9.5e-6. */
export const MOST_ROUNDINGS = 640;
/** Terms that are summed before they are added to totals. */
const BLOCK = 512;
/** The same, and totals before they are added to grand totals, where there are grand totals: 256 x 256 x 256 terms are 16 million. */
const HUGE_BLOCK = 256;

/**
 * Sums of products in registers. LONG: whether there are totals, to which sums are added every FOLD_TURNS turns of so many terms;
 * HUGE: whether there are also grand totals, to which totals are added every HUGE_TURNS turns.
 */
export function foldConstants(terms: number, termsATurn: number): Constants {
  // One text for all that are short.
  if (terms <= MOST_ROUNDINGS) return { LONG: false, FOLD_TURNS: 1, HUGE: false, HUGE_TURNS: 1 };
  const huge = terms > (MOST_ROUNDINGS - BLOCK) * BLOCK;
  const turns = Math.max(1, Math.floor((huge ? HUGE_BLOCK : BLOCK) / termsATurn));
  return { LONG: true, FOLD_TURNS: turns, HUGE: huge, HUGE_TURNS: turns * HUGE_BLOCK };
}
