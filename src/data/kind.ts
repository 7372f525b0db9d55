import { isRecord, type Kind } from '../core/arguments.ts';
import { type Dataset, dataset, isDataset } from './dataset.ts';

const FIELDS = ['name', 'split', 'size', 'inputShape', 'x', 'scale', 'offset', 'y'];

export const DATASET: Kind = {
  description: 'a data set, which `dataset({ ... })` gives',
  is: isComplete,
  hint: (value) =>
    isRecord(value) && ('train' in value || 'test' in value)
      ? 'which is all the splits; give one of them, its `.train` for example'
      : undefined,
};

/** Data to train on and to validate on; what else there is need not be known. */
export const SPLITS: Kind = {
  description: '{ train, validation, test }, as `digits()` and `await mnist()` give them',
  is: (value) => isRecord(value) && isComplete(value.train) && isComplete(value.validation),
};

/** One that was made by hand must be complete, and is looked at as `dataset` does. */
function isComplete(value: unknown): boolean {
  if (isDataset(value)) return true;
  if (!isRecord(value) || !FIELDS.every((name) => name in value)) return false;
  dataset(value as unknown as Dataset);
  return true;
}
