import { Command, CommanderError } from 'commander';
import { VERSION } from 'paredown';
import { UsageError } from './usage-error.ts';

/** A command line whose help is printed, and whose errors are for `parsed`. */
export function command(name: string, usage: string, description: string, notes = ''): Command {
  return new Command(name)
    .usage(usage)
    .description(description)
    .helpOption('-h, --help', 'print this')
    .version(VERSION, '-V, --version', 'print the version')
    .addHelpText('after', notes)
    .configureHelp({ helpWidth: 120 })
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
    throw new UsageError(`${error.message.replace(/^error: /, '')} (--help lists the options)`);
  }
}
