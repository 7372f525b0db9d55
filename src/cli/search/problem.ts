import { readFile } from 'node:fs/promises';
import {
  DEFAULT_SPACE,
  load,
  type Model,
  OptionError,
  type ProblemOptions,
  parseModel,
  parseSpace,
  type Space,
  type TrainingSetup,
  zoo,
} from 'paredown/node';
import { UsageError } from '../common/usage-error.ts';
import type { SearchData } from './data.ts';
import type { Options } from './options.ts';

export function printSpace(): number {
  process.stdout.write(`${JSON.stringify(DEFAULT_SPACE, undefined, 2)}\n`);
  return 0;
}

/** What is searched for, as far as it was typed. Throws a UsageError or OptionError. */
export async function problemOptions(options: Options, { train }: SearchData, floor: number): Promise<ProblemOptions> {
  const { objective, limits, start, from, space, epochs, rates, seeds, seed } = options;
  if (start !== undefined && from !== undefined) throw new UsageError('--start and --from: give one of the two');
  const network = start === undefined ? from && (await modelFile(from)) : zooNetwork(start);
  return {
    floor,
    limits,
    ...(objective !== undefined && { objective }),
    ...(network && { start: network }),
    ...(space !== undefined && { space: await spaceFile(space) }),
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

function zooNetwork(name: string): Model {
  const found = Object.hasOwn(zoo, name) ? zoo[name] : undefined;
  if (!found) throw new UsageError(`--start ${name}: the zoo has no such network; npm run zoo lists them`);
  return found;
}

async function modelFile(path: string): Promise<Model> {
  if (!path.endsWith('.json')) return (await load(path)).model;
  return named(`--from ${path}`, parseModel, await readFile(path, 'utf8'));
}

async function spaceFile(path: string): Promise<Space> {
  return named(`--space ${path}`, parseSpace, await readFile(path, 'utf8'));
}

function named<T>(what: string, parse: (json: unknown) => T, text: string): T {
  try {
    return parse(JSON.parse(text));
  } catch (error) {
    throw new OptionError(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
