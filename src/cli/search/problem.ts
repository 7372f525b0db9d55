import { stat } from 'node:fs/promises';
import {
  DEFAULT_SPACE,
  type LoadedData,
  type Model,
  type ProblemOptions,
  parseSpace,
  readJson,
  type Space,
  STRATEGIES,
  strategyNamed,
  type TrainingSetup,
  type Weights,
} from 'paredown/node';
import { isInZoo, named, networkNamed, type TrainedNetwork, trainedFile } from '../common/network.ts';
import { type OptimizerText, optimizerOf } from '../common/training/optimizers.ts';
import { recipeSchedule } from '../common/training/schedules.ts';
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
  /** Of a start that was trained, for a strategy that begins with them. */
  readonly startWeights?: Weights;
  readonly space?: Space;
}

/** Looks at all that was typed, for a new study or one that goes on, and needs no data to be looked at. Throws a UsageError or OptionError. */
export async function namedOptions({ start, from, space, strategy, inheriting }: Options, isNew: boolean): Promise<Named> {
  if (start !== undefined && from !== undefined) throw new UsageError('--start and --from: give one of the two');
  if (strategy !== undefined && !Object.hasOwn(STRATEGIES, strategy))
    throw new UsageError(`--strategy ${strategy}: there is no such strategy; there are ${Object.keys(STRATEGIES).join(', ')}`);
  if (inheriting !== undefined && strategy !== undefined && strategy !== 'evolve')
    throw new UsageError(`--inheriting is for the children of evolve, and --strategy is ${strategy}; leave one of the two out`);
  if (isNew && strategy === 'pare' && start === undefined && from === undefined)
    throw new UsageError('--strategy pare takes away from a network: give it one with --start or --from');
  const given = from === undefined ? start && (await startNamed(start)) : await trainedFile('--from', from);
  const option = start === undefined ? `--from ${from}` : `--start ${start}`;
  return {
    ...(given && { start: withoutSoftmax(option, given.model) }),
    ...(given && strategy === 'pare' && given.weights && { startWeights: given.weights }),
    ...(space !== undefined && { space: await spaceFile(space) }),
  };
}

/** A network of the zoo, which has no weights, or that of a file. */
async function startNamed(name: string): Promise<TrainedNetwork> {
  if (isInZoo(name) || (await stat(name).catch(() => undefined)) === undefined)
    return { model: await networkNamed('--start', name) };
  return trainedFile('--start', name);
}

/** What is searched for, as far as it was typed. */
export function problemOptions(options: Options, named: Named, { train }: LoadedData, floor: number): ProblemOptions {
  const { objective, limits, inheriting, epochs, rates, seeds, seed, recipe, strategy } = options;
  return {
    floor,
    ...(strategy !== undefined && { strategy: strategyNamed(strategy) }),
    limits,
    setup: setupOptions(options),
    ...(recipe !== undefined && { recipe }),
    ...named,
    ...(objective !== undefined && { objective }),
    ...(epochs !== undefined && { samples: Math.max(1, Math.round(epochs * train.size)) }),
    ...(inheriting !== undefined && { inheriting }),
    ...(rates && { rates }),
    ...(seeds !== undefined && { seeds }),
    ...(seed !== undefined && { seed }),
  };
}

/** How every network is trained, as far as it was typed. */
export function setupOptions(options: Options): Partial<TrainingSetup> {
  const { batch, optimizer, schedule, averaging, augment, labelSmoothing } = options;
  const leaves = leavesOf(options);
  return {
    ...(batch !== undefined && { batch }),
    ...(optimizer !== undefined && { optimizer: specOf(optimizer) }),
    ...(schedule !== undefined && { schedule: recipeSchedule(schedule) }),
    ...(averaging !== undefined && { averaging: { decay: averaging } }),
    ...(labelSmoothing !== undefined && { labelSmoothing }),
    ...(augment && { augment }),
    ...(leaves && { leaves }),
  };
}

/** The learning rates are the search's. */
function specOf(text: OptimizerText): TrainingSetup['optimizer'] {
  const { learningRate: _, ...optimizer } = optimizerOf(text, 1);
  return optimizer;
}

function spaceFile(path: string): Promise<Space> {
  return named('--space', path, async (what) => parseSpace(await readJson(path, what)));
}

/** What networks leave as, where bytes count. Throws a UsageError for a format whose bytes nobody asks for. */
function leavesOf({ objective, limits, format }: Options): TrainingSetup['leaves'] {
  const minimised = typeof objective === 'string' ? objective === 'bytes' : (objective?.bytes ?? 0) > 0;
  if (!minimised && limits.bytes === undefined) {
    if (format !== undefined)
      throw new UsageError('--format tells whose bytes count: give --objective bytes or --max-bytes too, or leave it out');
    return undefined;
  }
  return { format: format ?? 'compressed', weights: 8 };
}
