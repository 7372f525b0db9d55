import { DataError, digits, mnist } from 'paredown/node';
import type { Splits } from '../../src/cli/common/training/data-facts.ts';
import type { Display } from '../../src/cli/common/training/display/display.ts';
import type { RunOptions } from './plan.ts';

/**
 * The data set that --data names; 'auto' falls back to the built-in one, loudly. Throws a DataError where MNIST was asked for
 * and can't be had, and an AbortError when the signal fires.
 */
export async function loadData(options: RunOptions, display: Display, signal: AbortSignal): Promise<Splits> {
  if (options.data !== 'digits')
    try {
      const { dataDir: dir } = options;
      return await mnist({ ...(dir !== undefined && { dir }), onProgress: (progress) => display.download(progress), signal });
    } catch (error) {
      if (options.data !== 'auto' || !(error instanceof DataError)) throw error;
      display.warn(`MNIST could not be had; going on with digits, the built-in set.\n${error.message}`);
    }
  display.note('Drawing the built-in digits ...');
  return digits();
}
