import { integer, path, positive, regex } from '../../src/cli/common/arguments.ts';
import { command, parsed } from '../../src/cli/common/command.ts';
import { UsageError } from '../../src/cli/common/usage-error.ts';
import type { Settings } from './table.ts';

export interface Options {
  /** Undefined: list them. */
  readonly table?: string;
  readonly settings: Settings;
  readonly rows: RegExp;
  readonly dataDir?: string;
  readonly out?: string;
  readonly fresh: boolean;
}

/** As commander leaves them. */
interface Given {
  readonly seeds?: number;
  readonly steps?: number;
  readonly epochs?: number;
  readonly scale?: number;
  readonly rows?: RegExp;
  readonly dataDir?: string;
  readonly out?: string;
  readonly fresh?: true;
}

const NOTES = `
A table prints its rows as they finish and keeps them in DIR/results.json, with results.md and pictures (SVG) beside it. The same
command goes on where an interrupted one was: finished rows are shown, not run again, unless --fresh is given or an option changes
what they learn; a new version of the engine runs none of them again by itself. --steps, --epochs and --scale shorten a training
(or lengthen it), and every output says so. DIR is one process's at a time: to share a table, start others with --rows and a DIR beside
it; a row that was finished there is taken over, not run again.

Ctrl-C finishes the step, keeps a checkpoint of the row that runs and says how to go on; a second Ctrl-C stops at once.
Exit code: 0 after success, 1 after a failure (of a row, too), 2 for a wrong option, 130 after Ctrl-C.`;

/** Reads the command line. Undefined: help was asked for, and printed. Throws a UsageError. */
export function parseOptions(args: readonly string[], names: readonly string[]): Options | undefined {
  const line = command(
    'table',
    'list | NAME [options]',
    'Trains the networks of a published table and prints our figures beside the paper\u2019s.',
    NOTES,
  )
    .argument('<name>', `list, or one of ${names.join(', ')}`)
    .option(
      '--seeds <n>',
      'trainings of each row, from seeds 1 to n [3; random features 5; double descent, depth and narrow networks of the sine 20]',
      integer(1, 1000),
    )
    .option('--steps <n>', 'training steps of each row [as published]', integer(1, 1e9))
    .option('--epochs <n>', 'instead of --steps', integer(1, 1e6))
    .option('--scale <x>', 'share of the published training [1]', positive)
    .option('--rows <regex>', 'only rows whose names match', regex)
    .option('--data-dir <dir>', 'folder of the data sets [PAREDOWN_DATA, else downloaded]', path)
    .option('--out <dir>', 'folder of the results [runs/tables/NAME]', path)
    .option('--fresh', 'run finished rows again');
  const given = parsed<Given>(line, args);
  if (!given) return undefined;
  const [name] = given.operands;
  const { seeds, steps, epochs, scale, rows, dataDir, out, fresh } = given.options;
  const lengths = Object.entries({ steps, epochs, scale }).filter(([, value]) => value !== undefined);
  if (lengths.length > 1)
    throw new UsageError(`--${lengths[0]?.[0]} and --${lengths[1]?.[0]} both set the length of the training: give one of them.`);
  if (name === undefined || (name !== 'list' && !names.includes(name)))
    throw new UsageError(`There is no table ${name}. The tables are ${names.join(', ')}.`);
  return {
    ...(name !== 'list' && { table: name }),
    settings: { seeds, steps, epochs, scale: scale ?? 1 },
    rows: rows ?? /(?:)/,
    ...(dataDir !== undefined && { dataDir }),
    ...(out !== undefined && { out }),
    fresh: fresh ?? false,
  };
}
