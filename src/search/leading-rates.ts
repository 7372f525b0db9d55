import { mean } from '../core/statistics.ts';
import type { Curve } from './curve.ts';

/** A trial, or what of it has to be known. */
interface Compared {
  readonly rates: readonly number[];
  readonly seeds: readonly number[];
  readonly samples: number;
}

/** Learning rates are compared after this share of the trial, where it has so many steps: those that go on are planned anew. */
const COMPARED_AFTER = 0.25;
const COMPARED_STEPS = 100;
/** A rate leads whose error is not more than so many times the least. */
const BEHIND = 1.2;

/** The learning rates of a trial that go on behind the last point of its curve: all, but at one point those that lead. */
export function leadingRates(curve: Curve, { rates, seeds, samples }: Compared, steps: number): readonly number[] {
  const [before = 0, seen = 0] = [curve.samples.at(-2), curve.samples.at(-1)];
  const at = COMPARED_AFTER * samples;
  if (rates.length === 1 || steps < COMPARED_STEPS || !(before < at && at <= seen)) return rates;
  const errors = rates.map((_, index) =>
    mean(seeds.map((_seed, seed) => 1 - (curve.accuracy[index * seeds.length + seed]?.at(-1) ?? Number.NaN))),
  );
  const least = Math.min(...errors);
  if (!Number.isFinite(least)) return rates;
  return rates.filter((_, index) => (errors[index] ?? 1) <= BEHIND * least);
}
