import { refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';
import { type Dataset, subset } from '../data/dataset.ts';

/** The training samples without the last ones, these, and the test samples. */
export interface Splits {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** Takes the last `validation` samples of `all` for validation. `where` they come from is named in the OptionError if none is left. */
export function splitOff(all: Dataset, validation: number, test: Dataset, where: string): Splits {
  if (validation >= all.size)
    throw new OptionError(
      `${all.name}: validation must leave samples to train on, but ${validation} of ${all.size} in ${where} leave none; ` +
        'pass a smaller validation',
    );
  const kept = all.size - validation;
  return { train: subset(all, 0, kept, 'train'), validation: subset(all, kept, all.size, 'validation'), test };
}

/** A tenth of the samples, rounded down, one at least. */
export function aTenth(samples: number): number {
  return Math.max(1, Math.floor(samples / 10));
}

/** Throws an OptionError for an option that is none of `known`, or that all loaders know and that is of the wrong kind. */
export function checkLoaderOptions(
  where: string,
  options: { readonly dir?: unknown; readonly validation?: unknown; readonly offline?: unknown },
  known: readonly string[],
): void {
  refuseUnknown(where, options, known);
  const { dir, validation, offline } = options;
  if (dir !== undefined && (typeof dir !== 'string' || dir === ''))
    throw new OptionError(`${where}: dir must be the path of a folder, got ${shown(dir)}`);
  if (validation !== undefined && (!Number.isInteger(validation) || (validation as number) < 1))
    throw new OptionError(`${where}: validation must be a positive integer, got ${shown(validation)}`);
  if (offline !== undefined && typeof offline !== 'boolean')
    throw new OptionError(`${where}: offline must be true or false, got ${shown(offline)}`);
}
