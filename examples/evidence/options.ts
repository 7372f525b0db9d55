import { path, positive } from '../../src/cli/common/arguments.ts';
import { command, parsed } from '../../src/cli/common/command.ts';
import { UsageError } from '../../src/cli/common/usage-error.ts';

export interface Options {
  /** How long to train [until nothing is left]. */
  readonly minutes?: number;
  /** Where rows are run: a folder a table. */
  readonly out: string;
  /** What `npm run results` reads. */
  readonly results: string;
  /** Names of tables [all]. */
  readonly only?: readonly string[];
  readonly dataDir?: string;
  readonly list: boolean;
  readonly json: boolean;
}

/** As commander leaves them. */
interface Given extends Omit<Options, 'list' | 'json' | 'only'> {
  readonly only?: string;
  readonly list?: true;
  readonly json?: true;
}

const NOTES = `
Of all tables what is not at its whole length yet, the best first: what a row adds for the time it takes (a first seed 1, further
ones what they take from the variance of the mean; divided by the rows of each table that shows it). Seeds are trained as replicas,
further ones added to the first; what one table has trained, others take over. CIFAR-10 is trained for 20 epochs on a software
driver, and its AlexNets not at all.

DIR holds what runs and what is finished, a folder a table, each one process's at a time: others can share DIR and take other
tables. What is finished is put into the folder of the results at the start, every ten minutes and at the end; npm run results
makes the pages. Interrupted, or killed at any point, the same command goes on: networks from a checkpoint of the last minute, rows
of points (seconds each) anew. --minutes bounds it all: rows that end in the time left come first, and where none does, the best of
those that can go on another time is begun. On an adapter on which no network was trained yet, its pace is measured first, with --list,
too: two networks are trained for two seconds each, and not kept.

Ctrl-C finishes the step, keeps a checkpoint and says how to go on; a second Ctrl-C stops at once.
Exit code: 0 after success, 1 after a failure (of a row, too), 2 for a wrong option, 130 after Ctrl-C.`;

/** Reads the command line. Undefined: help was asked for, and printed. Throws a UsageError. */
export function parseOptions(args: readonly string[], names: readonly string[]): Options | undefined {
  const line = command(
    'evidence',
    '[options]',
    'Trains what the published tables lack of their whole length, the most telling for its time first.',
    NOTES,
  )
    .option('--list', 'print what is left, with what it adds and how long it takes here, and train none of it')
    .option('--json', 'with --list: as a JSON object')
    .option('--minutes <n>', 'stop after so many minutes [until nothing is left]', positive)
    .option('--only <tables>', 'only these tables, such as dhingra-1,dhingra-3')
    .option('--data-dir <dir>', 'folder of the data sets [PAREDOWN_DATA, else downloaded]', path)
    .option('--out <dir>', 'folder of what runs', path, 'runs/evidence')
    .option('--results <dir>', 'folder of the results that are kept', path, 'docs/results');
  const given = parsed<Given>(line, args);
  if (!given) return undefined;
  const { only, list = false, json = false, ...rest } = given.options;
  if (given.operands.length > 0)
    throw new UsageError(`too many arguments: ${given.operands.join(' ')} (--help lists the options)`);
  if (json && !list) throw new UsageError('--json goes with --list.');
  if (list && rest.minutes !== undefined) throw new UsageError('--list trains none of what is left: leave --minutes out.');
  return { ...rest, list, json, ...(only !== undefined && { only: tablesIn(only, names) }) };
}

function tablesIn(text: string, names: readonly string[]): string[] {
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UsageError(`There is no table ${unknown || "''"}. The tables are ${names.join(', ')}.`);
  return asked;
}
