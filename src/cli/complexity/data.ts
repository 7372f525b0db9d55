import { cifar10, type Dataset, digits, lfwGender, mnist, subset } from 'paredown/node';
import { UsageError } from '../common/usage-error.ts';

export const DATA_NAMES = ['mnist', 'lfw-gender', 'cifar10', 'digits'] as const;
export type DataName = (typeof DATA_NAMES)[number];

export interface StudyData {
  readonly train: Dataset;
  readonly validation: Dataset;
  /** Of all that there are. */
  readonly allTrain: number;
  readonly allValidation: number;
}

interface Wanted {
  readonly data: DataName;
  readonly dataDir?: string;
  readonly images?: number;
  readonly validation?: number;
}

/** Training and validation data; the test data are not handed on. */
export async function loadData({ data, dataDir, images, validation: kept }: Wanted, signal: AbortSignal): Promise<StudyData> {
  const { train, validation } = await splits(data, dataDir, signal);
  return {
    train: first('images', train, images),
    validation: first('validation', validation, kept),
    allTrain: train.size,
    allValidation: validation.size,
  };
}

function splits(data: DataName, dir: string | undefined, signal: AbortSignal) {
  const folder = dir === undefined ? {} : { dir };
  if (data === 'mnist') return mnist({ ...folder, signal });
  if (data === 'cifar10') return cifar10({ ...folder, signal });
  if (data === 'lfw-gender') return lfwGender(folder);
  return digits();
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
