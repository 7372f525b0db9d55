import { type Summary, summary } from '../statistics.ts';

/** Means over seeds along a curve that `at` looks for a peak on. */
export interface Peak {
  /** Place of the highest mean near `at`, of the lowest before it, and of the lowest after it. */
  readonly top: number;
  readonly before: number;
  readonly after: number;
  /** Whether the top stands above both by more than chance, and nothing between them above the top. */
  readonly stands: boolean;
}

/**
 * Whether a curve of values by seed has a peak at place `at`, or one place beside it: a mean that is above an earlier and a later
 * one, and not below any between them. Chance is two standard errors of the difference of two means. Undefined where nothing is
 * before or after.
 */
export function peakAt(curve: readonly (readonly number[])[], at: number): Peak | undefined {
  const points = curve.map((values) => ({ ...summary(values), count: values.length }));
  const indices = [at - 1, at, at + 1].filter((index) => index > 0 && index < points.length - 1);
  const mean = (index: number) => points[index]?.mean ?? Number.NaN;
  const pick = (from: readonly number[], better: (a: number, b: number) => boolean) =>
    from.reduce<number | undefined>(
      (best, index) => (best === undefined || better(mean(index), mean(best)) ? index : best),
      undefined,
    );
  const all = points.map((_, index) => index);
  const top = pick(indices, (a, b) => a > b);
  if (top === undefined) return undefined;
  const before = pick(all.slice(0, top), (a, b) => a < b);
  const after = pick(all.slice(top + 1), (a, b) => a < b);
  if (before === undefined || after === undefined) return undefined;
  const above = (a: number, b: number) => mean(a) - mean(b) > 2 * differenceError(points[a], points[b]);
  const overtopped = all.slice(before, after).some((index) => above(index, top));
  return { top, before, after, stands: above(top, before) && above(top, after) && !overtopped };
}

type Counted = Summary & { readonly count: number };

/** Standard error of a difference of two means; 0 for single values. */
function differenceError(a: Counted | undefined, b: Counted | undefined): number {
  const variance = (of: Counted | undefined) => (of?.deviation ?? 0) ** 2 / (of?.count ?? 1);
  return Math.sqrt(variance(a) + variance(b));
}
