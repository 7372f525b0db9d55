import { published } from 'paredown/node';
import { percent } from '../../src/cli/common/format.ts';
import { summary } from '../table/statistics.ts';
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
}

/** Rows of full length whose mean accuracy is further than two standard deviations from each of the published ones. */
export function differences(finished: readonly Finished[]): Difference[] {
  return finished.flatMap((one) => {
    const figure = published.find(({ zoo, accuracy }) => accuracy !== null && zoo?.includes(one.row));
    const values = accuracies(one);
    if (one.scale !== 1 || figure?.accuracy == null || !values) return [];
    const { mean, deviation } = summary(values);
    const readings = [figure.accuracy, figure.accuracy_alt ?? figure.accuracy];
    if (deviation === undefined || readings.some((theirs) => Math.abs(mean - theirs) <= 2 * deviation)) return [];
    return [{ row: one.row, published: figure.accuracy, mean, deviation }];
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
