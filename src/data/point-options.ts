import { refuseUnknown } from '../core/arguments.ts';
import { OptionError } from '../core/errors.ts';
import { shown } from '../core/shown.ts';

/** The options of data sets of drawn points, from the first of `known`: unknown ones and those out of range are OptionErrors. */
export function checkPointOptions(
  where: string,
  options: { readonly points: number; readonly test?: number; readonly dimensions?: number; readonly noise?: number },
  known: readonly string[],
  maximumNoise: number,
): void {
  refuseUnknown(where, options, known);
  const { points, test = 1, dimensions = 1, noise = 0 } = options;
  const counts = { points: [points, 1_000_000], test: [test, 1_000_000], dimensions: [dimensions, 100] } as const;
  for (const [key, [count, most]] of Object.entries(counts))
    if (!Number.isInteger(count) || count < 1 || count > most)
      throw new OptionError(`${where}: ${key} must be an integer from 1 to ${most}, got ${shown(count)}`);
  if (!(typeof noise === 'number' && noise >= 0 && noise <= maximumNoise))
    throw new OptionError(`${where}: noise must be a number from 0 to ${maximumNoise}, got ${shown(noise)}`);
}

/** Streams of random numbers that no other use of a seed draws from: weights use the first ones, `digits` those below 2^27. */
export const POINT_STREAMS = {
  quadrantsTrain: 0x8000000,
  quadrantsTest: 0x8000001,
  quadrantsNoise: 0x8000002,
  sineTrain: 0x8000003,
  sineTest: 0x8000004,
  sineNoise: 0x8000005,
} as const;
