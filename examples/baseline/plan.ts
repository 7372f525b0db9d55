import { DataError, type Gpu } from 'paredown/node';
import type { RunRecord } from '../../src/cli/common/training/record.ts';
import type { RunOptions as CommonOptions } from '../../src/cli/common/training/run-options.ts';
import { UsageError } from '../../src/cli/common/usage-error.ts';
import type { Given } from './options.ts';

/** What a run does, every option decided; kept in run.json. */
export interface RunOptions extends CommonOptions {
  readonly data: 'auto' | 'mnist' | 'digits';
  readonly dataDir?: string;
}

/** Those of a run that is resumed. Throws a DataError for a run of another program. */
export function recordedOptions({ options }: RunRecord, out: string): RunOptions {
  const { data } = options;
  if (data === 'mnist' || data === 'digits') return { ...options, data };
  throw new DataError(
    `${out} holds a run on ${data}, not on mnist or digits: another program's. Name another folder by --out to start a new one.`,
  );
}

/**
 * Options from the command line, then those of the run that is resumed, then defaults. Throws a UsageError when an option
 * would train on in another way than the run began.
 */
export function decide(given: Given, recorded: RunOptions | undefined, kind: Gpu['info']['kind']): RunOptions {
  if (recorded) refuseChanges(given, recorded);
  const software = kind === 'cpu';
  const { dataDir = recorded?.dataDir } = given;
  return {
    steps: given.steps ?? recorded?.steps ?? (software ? 2000 : 20_000),
    batch: given.batch ?? recorded?.batch ?? 50,
    learningRate: given.learningRate ?? recorded?.learningRate ?? 1e-4,
    seed: given.seed ?? recorded?.seed ?? 0,
    data: recorded?.data ?? given.data ?? 'auto',
    ...(dataDir !== undefined && { dataDir }),
    evaluateEvery: given.evaluateEvery ?? recorded?.evaluateEvery ?? (software ? 500 : 1000),
    tune: given.tune ?? recorded?.tune ?? 'off',
    precision: given.precision ?? recorded?.precision ?? 'f32',
  };
}

/** Steps between two reports. They are few where steps are slow, and never so close that a GPU would wait for them. */
export function reportEvery(steps: number, software: boolean): number {
  return software ? 5 : Math.min(100, Math.ceil(steps / 20));
}

const FIXED = [
  ['batch', '--batch'],
  ['learningRate', '--learning-rate'],
  ['seed', '--seed'],
  ['data', '--data'],
  ['tune', '--tune'],
  ['precision', '--precision'],
] as const;

function refuseChanges(given: Given, recorded: RunOptions): void {
  for (const [key, flag] of FIXED) {
    const asked = given[key];
    // 'auto' takes what the run found.
    if (asked === undefined || asked === recorded[key] || asked === 'auto') continue;
    throw new UsageError(
      `${flag} ${asked}: the run in ${given.out} was started with ${recorded[key]}, and would not be the same run with another. ` +
        `Leave ${flag} out to go on with it, or name another folder by --out to start a new one.`,
    );
  }
}
