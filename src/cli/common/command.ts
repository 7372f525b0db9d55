import { Command, CommanderError } from 'commander';
import { VERSION } from 'paredown';
import { hangingIndent } from './format.ts';
import { UsageError } from './usage-error.ts';

const MOST_COLUMNS = 120;

/**
 * A command line whose help is printed, and whose errors are for `parsed`. Of `notes` each paragraph is filled anew for the terminal;
 * lines that begin with blanks stay lines.
 */
export function command(name: string, usage: string, description: string, notes = ''): Command {
  const columns = Math.min(MOST_COLUMNS, process.stdout.columns || MOST_COLUMNS);
  return new Command(name)
    .usage(usage)
    .description(description)
    .helpOption('-h, --help', 'print this')
    .version(VERSION, '-V, --version', 'print the version')
    .addHelpText('after', filled(notes, columns))
    .configureHelp({ helpWidth: columns })
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
}

/** What was typed. Undefined: help or the version was asked for, and printed. Throws a UsageError that says what is wrong. */
export function parsed<Options>(from: Command, args: readonly string[]): { operands: string[]; options: Options } | undefined {
  try {
    const done = from.parse(args, { from: 'user' });
    return { operands: done.args, options: done.opts() as Options };
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    // What stands behind an option that is none may be a password.
    const message = error.message.replace(/^error: /, '').replace(/^(unknown option '[^=]*)=.*'/s, "$1=...'");
    throw new UsageError(`${message} (--help lists the options)`);
  }
}

function filled(notes: string, columns: number): string {
  const lines: string[] = [];
  for (const line of notes.split('\n')) {
    const before = lines.at(-1) ?? '';
    const joins = /^\S/.test(line) && /^\S/.test(before);
    if (joins) lines.splice(-1, 1, `${before} ${line}`);
    else lines.push(line);
  }
  return lines.map((line) => hangingIndent(line, columns, hang(line, columns))).join('\n');
}

/** Where the text behind a wide gap begins, as in `  DATA  what it is`; else four behind the line's own beginning, where that is indented. */
function hang(line: string, columns: number): number {
  const [gap = ''] = /^ +\S(?:.*\S)? {2,}(?=\S)/.exec(line) ?? [];
  const [leading = ''] = /^ */.exec(line) ?? [];
  if (gap !== '' && gap.length <= columns / 2) return gap.length;
  return leading === '' ? 0 : leading.length + 4;
}
