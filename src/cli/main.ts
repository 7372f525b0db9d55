#!/usr/bin/env node
import { VERSION } from 'paredown';
import { explain } from './common/failure.ts';
import { UsageError } from './common/usage-error.ts';

/** The commands, each loaded when it is asked for; they return the exit code. */
const COMMANDS: Readonly<Record<string, () => Promise<(args: readonly string[]) => Promise<number>>>> = {
  search: async () => (await import('./search.ts')).searchCommand,
  complexity: async () => (await import('./complexity.ts')).complexityCommand,
};

const HELP = `Usage: paredown COMMAND [options]

Pares a convolutional network down to the smallest one that still holds the accuracy you demand.

Commands:
  search        searches for it: paredown search --data mnist --floor 0.95 --minutes 60 --study FOLDER
                (search report, front and best show what a study has found)
  complexity    how size and accuracy hang together on a data set (Ke et al.)

Options:
  -h, --help     print this; paredown COMMAND --help tells more
  -V, --version  print the version
`;

async function main([name, ...rest]: readonly string[]): Promise<number> {
  if (name === undefined || name === '-h' || name === '--help' || name === 'help') {
    process.stdout.write(HELP);
    return name === undefined ? 2 : 0;
  }
  if (name === '-V' || name === '-v' || name === '--version' || name === 'version') {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!load) throw new UsageError(`There is no command '${name}'; there are ${Object.keys(COMMANDS).join(' and ')}`);
  return (await load())(rest);
}

// Who reads our output may leave before its end (`| head`), which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const { message, code } = explain(error);
  process.stderr.write(`${message}\n`);
  process.exitCode = code;
}
