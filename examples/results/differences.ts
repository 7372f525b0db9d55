import { published } from 'paredown/node';
import { percent } from '../common/format.ts';
import { summary } from '../table/statistics.ts';
import type { Finished, ResultsFile } from '../table/store.ts';

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
}

/** Rows of full length whose mean accuracy is further than two standard deviations from the published one. */
export function differences(rows: ResultsFile['rows'], order: readonly string[]): Difference[] {
  return order.flatMap((row) => {
    const finished = rows[row];
    const theirs = published.find(({ zoo, accuracy }) => accuracy !== null && zoo?.includes(row))?.accuracy;
    const values = finished && accuracies(finished);
    if (finished?.scale !== 1 || theirs == null || !values) return [];
    const { mean, deviation } = summary(values);
    if (deviation === undefined || Math.abs(mean - theirs) <= 2 * deviation) return [];
    return [{ row, published: theirs, mean, deviation }];
  });
}

/** Test accuracy of each seed, where the row is a network that was trained. */
export function accuracies({ result }: Finished): readonly number[] | undefined {
  return 'accuracy' in result && Array.isArray(result.accuracy) ? (result.accuracy as number[]) : undefined;
}

export function differenceLines(found: readonly Difference[], causes: readonly Cause[]): string[] {
  if (found.length === 0) return [];
  const lines = found.map(({ row, published: theirs, mean, deviation }) => {
    const cause = causes.find(({ rows }) => new RegExp(rows).test(row))?.text ?? 'no cause is known to us';
    return `- ${row}: ${percent(theirs)} published, ${percent(mean)} ± ${percent(deviation)} ours: ${cause}`;
  });
  return ['Further than two standard deviations from the paper:\n', ...lines, ''];
}
