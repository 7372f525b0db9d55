import { percent } from '../../src/cli/common/format.ts';
import { summary } from './statistics.ts';
import type { Claim } from './table.ts';
import type { TrainingResult } from './train-row.ts';

type Results = ReadonlyMap<string, TrainingResult>;

/** Mean accuracies fall in the order of `names`, each below the one before. Left out unless all of them are finished. */
export function falls(text: string, names: readonly string[], results: Results): Claim[] {
  const found = names.flatMap((name) => results.get(name) ?? []);
  if (found.length < names.length) return [];
  const means = found.map(({ accuracy }) => summary(accuracy).mean);
  const holds = means.every((mean, index) => index === 0 || mean < (means[index - 1] ?? 0));
  return [{ text, holds, found: means.map(percent).join(', ') }];
}

/** The mean accuracy of a network is at least `floor`. */
export function reaches(text: string, name: string, floor: number, results: Results): Claim[] {
  const found = results.get(name);
  if (!found) return [];
  const { mean, deviation } = summary(found.accuracy);
  const spread = deviation === undefined ? '' : ` ± ${percent(deviation)}`;
  return [{ text, holds: mean >= floor, found: `${percent(mean)}${spread}` }];
}
