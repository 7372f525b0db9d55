import { type Dataset, loadData, subset } from 'paredown/node';
import { sourceOf } from '../common/data-source.ts';
import { UsageError } from '../common/usage-error.ts';
import type { Options } from './options.ts';

export interface StudyData {
  readonly train: Dataset;
  readonly validation: Dataset;
  /** Of all that there are. */
  readonly allTrain: number;
  readonly allValidation: number;
  /** What a person should know of what was found. */
  readonly notes: readonly string[];
}

type Wanted = Pick<Options, 'data' | 'dataDir' | 'size' | 'images' | 'validation'>;

/** Training and validation data; the test data are not handed on. */
export async function loadStudyData(
  { data, dataDir, size, images, validation: kept }: Wanted,
  signal: AbortSignal,
): Promise<StudyData> {
  const { train, validation, notes } = await loadData(await sourceOf(data, size, dataDir), { signal });
  return {
    train: first('images', train, images),
    validation: first('validation', validation, kept),
    allTrain: train.size,
    allValidation: validation.size,
    notes,
  };
}

function first(option: string, data: Dataset, count: number | undefined): Dataset {
  if (count === undefined || count === data.size) return data;
  if (count > data.size) throw new UsageError(`--${option} ${count}: there are ${data.size}`);
  return subset(data, 0, count, data.split);
}

/** The share of the most frequent class: an accuracy that needs no learning. */
export function majority({ y, classes = 0 }: Dataset): number {
  const counts = new Array<number>(classes).fill(0);
  for (const label of y) counts[label] = (counts[label] ?? 0) + 1;
  return Math.max(...counts) / y.length;
}
