import { published } from 'paredown/node';
import { percent } from '../../src/cli/common/format.ts';
import { predictionMargin, summary } from '../table/statistics.ts';
import type { Finished } from '../table/store.ts';

/** Why we think that the rows whose names match differ from the paper's. */
export interface Cause {
  readonly rows: string;
  readonly text: string;
}

export interface Difference {
  readonly row: string;
  readonly published: number;
  readonly mean: number;
  readonly deviation: number;
  /** One more training of ours could lie as far off. */
  readonly byChance: boolean;
}

/**
 * Rows of full length whose mean accuracy is further than two standard deviations from each of the published ones. A published one is
 * from a single training and rounded, so two deviations of few seeds are soon exceeded: by chance it lies as far off as one more
 * training of ours can, and half of its last digit.
 */
export function differences(finished: readonly Finished[]): Difference[] {
  return finished.flatMap((one) => {
    const figure = published.find(({ zoo, accuracy }) => accuracy !== null && zoo?.includes(one.row));
    const values = accuracies(one);
    if (one.scale !== 1 || figure?.accuracy == null || !values) return [];
    const { mean, deviation } = summary(values);
    const readings = [figure.accuracy, figure.accuracy_alt ?? figure.accuracy];
    if (deviation === undefined || readings.some((theirs) => Math.abs(mean - theirs) <= 2 * deviation)) return [];
    const margin = predictionMargin(values) ?? 0;
    const byChance = readings.some((theirs) => Math.abs(mean - theirs) <= margin + halfOfLastDigit(theirs));
    return [{ row: one.row, published: figure.accuracy, mean, deviation, byChance }];
  });
}

/** Of an accuracy that is printed as a percentage: 0.00005 for 0.9581. */
function halfOfLastDigit(accuracy: number): number {
  const decimals = String(accuracy).split('.')[1]?.length ?? 0;
  return 0.5 * 10 ** -Math.max(2, decimals);
}

/** Test accuracy of each seed, where the row is a network that was trained. */
export function accuracies({ result }: Finished): readonly number[] | undefined {
  return 'accuracy' in result && Array.isArray(result.accuracy) ? (result.accuracy as number[]) : undefined;
}

export function differenceLines(found: readonly Difference[], causes: readonly Cause[]): string[] {
  if (found.length === 0) return [];
  const lines = found.map(({ row, published: theirs, mean, deviation, byChance }) => {
    const chance = byChance ? ', within what one more training could give by chance' : '';
    const cause = causes.find(({ rows }) => new RegExp(rows).test(row))?.text ?? 'no cause is known to us';
    return `- ${row}: ${percent(theirs)} published, ${percent(mean)} ± ${percent(deviation)} ours${chance}: ${cause}`;
  });
  const some = found.some(({ byChance }) => byChance);
  const rule =
    ' Its figure is of one training, and rounded: one more of ours could give by chance what lies within the 95% prediction interval of our seeds and half of its last digit.';
  return [`Further than two standard deviations from the paper.${some ? rule : ''}\n`, ...lines, ''];
}
