import { DataError, type Dataset, datasetHash } from 'paredown/node';
import { isFolder } from '../data-source.ts';
import { UsageError } from '../usage-error.ts';
import type { DataFacts } from './events.ts';

export interface Splits {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** Throws a UsageError when there are fewer samples than in a batch. */
export function refuseLargeBatch({ train }: Splits, batch: number): void {
  if (batch > train.size)
    throw new UsageError(`--batch ${batch}: ${train.name} has ${train.size} samples to train on; a batch can't be larger.`);
}

/** What is kept of a data set, to know it again. */
export async function dataFacts({ train, validation, test }: Splits): Promise<DataFacts> {
  const [trainHash, validationHash, testHash] = await Promise.all([train, validation, test].map(datasetHash));
  return {
    name: train.name,
    sizes: { train: train.size, validation: validation.size, test: test.size },
    ...(train.classNames && { classNames: train.classNames }),
    hashes: { train: trainHash ?? '', validation: validationHash ?? '', test: testHash ?? '' },
  };
}

interface Resumed {
  readonly recorded: DataFacts;
  /** What the data are named by. */
  readonly data: string;
  readonly out: string;
}

/** Throws a DataError when a resumed run would go on with other data than it began with. */
export function refuseOtherData(found: DataFacts, { recorded, data, out }: Resumed): void {
  const changed = (['train', 'validation', 'test'] as const).find((split) => found.hashes[split] !== recorded.hashes[split]);
  if (!changed) return;
  const advice = isFolder(data)
    ? `Images of ${data} were added, removed or changed since: make them what they were, `
    : 'Name the folder of the original files by --data-dir, ';
  throw new DataError(
    `The ${changed} split of ${found.name} is not the one that the run in ${out} was started with: ` +
      `SHA-256 ${found.hashes[changed]}, then ${recorded.hashes[changed]}. ` +
      `${advice}or name another folder by --out to start a new run.`,
  );
}
