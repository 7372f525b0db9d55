import { InvalidArgumentError } from 'commander';
import { integer, path, positive } from '../../src/cli/common/arguments.ts';
import { command, parsed } from '../../src/cli/common/command.ts';
import { startedAs } from '../../src/cli/common/invocation.ts';
import type { Precision, Tune } from '../../src/cli/common/training/run-options.ts';

/** The options as they were given; what is absent was not. */
export interface Given {
  readonly steps?: number;
  readonly batch?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  readonly data?: 'auto' | 'mnist' | 'digits';
  readonly dataDir?: string;
  readonly out: string;
  readonly resume: boolean;
  readonly evaluateEvery?: number;
  readonly tune?: Tune;
  readonly precision?: Precision;
  readonly json: boolean;
}

export const DEFAULT_OUT = 'runs/baseline';

const NOTES = `
The run folder holds run.json (options, adapter, versions, kernel variants, hashes of the data), metrics.jsonl (a line for each report and
each evaluation), checkpoint, model.safetensors, curves.svg and state.json (what the run does, for paredown serve). A run that lies
there already is moved to DIR.1 (or .2, ...) unless --resume is given; one that still goes on is left alone.

--resume goes on from the last checkpoint of DIR, or begins anew where there is none, and ends with the very weights of a run
that was never interrupted. Options that are not given are those of the run; one that would change what is learned (--batch,
--learning-rate, --seed, --data, --tune, --precision) must be the same. With more --steps, a finished run goes on.

Ctrl-C finishes the step, writes the checkpoint and says how to go on; a second Ctrl-C stops at once.

Exit code: 0 after success, 1 after a failure, 2 for a wrong option, 130 after Ctrl-C.`;

/** Reads the command line. Undefined: help was asked for, and printed. Throws a UsageError. */
export function parseOptions(args: readonly string[]): Given | undefined {
  const line = command(
    'baseline',
    '[options]',
    'Trains the published baseline network (A. Dhingra, Table I: 99.29% after 20,000 steps of 50) on MNIST.',
    NOTES,
  )
    .option('--steps <n>', 'training steps in all [20000; on a software adapter 2000]', integer(1, 1e9))
    .option('--batch <n>', 'samples a step [50]', integer(1, 1e6))
    .option('--learning-rate <x>', "Adam's learning rate [1e-4]", positive)
    .option('--seed <n>', 'of initial weights, order of samples and dropout [0]', integer(0, 2 ** 32 - 1))
    .option('--data <set>', 'mnist; digits, the built-in set; auto: mnist if it can be had, else digits [auto]', dataSet)
    .option('--data-dir <dir>', 'folder of the MNIST files [PAREDOWN_DATA, else downloaded]', path)
    .option('--out <dir>', `the run folder [${DEFAULT_OUT}]`, path)
    .option('--resume', 'go on with the run in the run folder')
    .option('--evaluate-every <n>', 'steps between evaluations on validation [1000; software 500]', integer(1, 1e9))
    .option('--tune <how>', 'measure kernel variants first: off, quick (5 s) or full (2 min); remembered [off]', tuneMode)
    .option('--precision <p>', 'f32; mixed: products of 16-bit floats, where the adapter has them [f32]', precision)
    .option('--json', 'print one JSON object a line; the last has type "result"');
  const given = parsed<Partial<Given>>(line, args);
  return given && { out: DEFAULT_OUT, resume: false, json: false, ...given.options };
}

function dataSet(text: string): NonNullable<Given['data']> {
  if (text === 'auto' || text === 'mnist' || text === 'digits') return text;
  throw new InvalidArgumentError('It must be auto, mnist or digits.');
}

function tuneMode(text: string): Tune {
  if (text === 'off' || text === 'quick' || text === 'full') return text;
  throw new InvalidArgumentError('It must be off, quick or full.');
}

function precision(text: string): Precision {
  if (text === 'f32' || text === 'mixed') return text;
  throw new InvalidArgumentError('It must be f32 or mixed.');
}

/** The command that goes on with a run, in the way that this one was started. */
export function resumeCommand({ out, dataDir }: Given): string {
  return startedAs('baseline', [
    '--resume',
    ...(out === DEFAULT_OUT ? [] : ['--out', out]),
    ...(dataDir === undefined ? [] : ['--data-dir', dataDir]),
  ]);
}
