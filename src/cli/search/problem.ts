import {
  DEFAULT_SPACE,
  type Model,
  type ProblemOptions,
  parseSpace,
  readJson,
  type Space,
  STRATEGIES,
  type TrainingSetup,
} from 'paredown/node';
import type { LoadedData } from '../common/data-source.ts';
import { named, networkFile, networkNamed } from '../common/network.ts';
import { UsageError } from '../common/usage-error.ts';
import { withoutSoftmax } from '../common/without-softmax.ts';
import type { Options } from './options.ts';

export function printSpace(): number {
  process.stdout.write(`${JSON.stringify(DEFAULT_SPACE, undefined, 2)}\n`);
  return 0;
}

/** What the names and files that were typed stand for. */
export interface Named {
  readonly start?: Model;
  readonly space?: Space;
}

/** Looks at all that was typed and needs no data to be looked at. Throws a UsageError or OptionError. */
export async function namedOptions({ start, from, space, strategy }: Options): Promise<Named> {
  if (start !== undefined && from !== undefined) throw new UsageError('--start and --from: give one of the two');
  if (strategy !== undefined && !Object.hasOwn(STRATEGIES, strategy))
    throw new UsageError(`--strategy ${strategy}: there is no such strategy; there are ${Object.keys(STRATEGIES).join(', ')}`);
  const network = start === undefined ? from && (await networkFile('--from', from)) : await networkNamed('--start', start);
  const option = start === undefined ? `--from ${from}` : `--start ${start}`;
  return {
    ...(network && { start: withoutSoftmax(option, network) }),
    ...(space !== undefined && { space: await spaceFile(space) }),
  };
}

/** What is searched for, as far as it was typed. */
export function problemOptions(options: Options, named: Named, { train }: LoadedData, floor: number): ProblemOptions {
  const { objective, limits, epochs, rates, seeds, seed } = options;
  return {
    floor,
    limits,
    ...named,
    ...(objective !== undefined && { objective }),
    ...(epochs !== undefined && { samples: Math.max(1, Math.round(epochs * train.size)) }),
    ...(rates && { rates }),
    ...(seeds !== undefined && { seeds }),
    ...(seed !== undefined && { seed }),
  };
}

/** How every network is trained, as far as it was typed. */
export function setupOptions({ batch, optimizer, augment, labelSmoothing }: Options): Partial<TrainingSetup> {
  return {
    ...(batch !== undefined && { batch }),
    ...(optimizer === 'sgd' && { optimizer: { type: 'sgd', momentum: 0.9 } }),
    ...(labelSmoothing !== undefined && { labelSmoothing }),
    ...(augment && { augment }),
  };
}

function spaceFile(path: string): Promise<Space> {
  return named('--space', path, async (what) => parseSpace(await readJson(path, what)));
}
