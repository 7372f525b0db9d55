#!/usr/bin/env node
import { command, parsed } from './common/command.ts';
import { explain } from './common/failure.ts';

interface CommandEntry {
  readonly name: string;
  readonly does: string;
  /** Loads the command, which takes its arguments and returns the exit code. */
  load(): Promise<(args: readonly string[]) => Promise<number>>;
}

const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'train',
    does: 'trains a network on a data set or on a folder of images',
    load: async () => (await import('./train.ts')).trainCommand,
  },
  {
    name: 'predict',
    does: 'tells what images show',
    load: async () => (await import('./predict.ts')).predictCommand,
  },
  {
    name: 'evaluate',
    does: 'loss, accuracy and confusion of a trained model on a data set',
    load: async () => (await import('./evaluate.ts')).evaluateCommand,
  },
  {
    name: 'info',
    does: 'what a trained model is: layers, input, sizes, origin',
    load: async () => (await import('./info.ts')).infoCommand,
  },
  {
    name: 'export',
    does: 'writes a trained model for other programs',
    load: async () => (await import('./export.ts')).exportCommand,
  },
  {
    name: 'compress',
    does: 'the smallest file of a trained model that still holds an accuracy',
    load: async () => (await import('./compress.ts')).compressCommand,
  },
  {
    name: 'search',
    does: 'searches for the smallest network that holds an accuracy',
    load: async () => (await import('./search.ts')).searchCommand,
  },
  {
    name: 'worker',
    does: 'trains trials of searches on other machines, which come through a queue',
    load: async () => (await import('./worker.ts')).workerCommand,
  },
  {
    name: 'serve',
    does: 'pages of studies and trainings as they run, for a browser',
    load: async () => (await import('./serve.ts')).serveCommand,
  },
  {
    name: 'complexity',
    does: 'how size and accuracy hang together on a data set (Ke et al.)',
    load: async () => (await import('./complexity.ts')).complexityCommand,
  },
  {
    name: 'zoo',
    does: 'lists the networks of the published studies',
    load: async () => (await import('./zoo.ts')).zooCommand,
  },
  {
    name: 'doctor',
    does: 'what this machine computes on, and what is wrong with it',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
];

const NOTES = `
Examples:
  paredown train my-images --size 32                    # my-images/cat/*.png, my-images/dog/*.jpg, ...
  paredown predict runs/train/my-images new.png
  paredown search --data mnist --floor 0.95 --minutes 60

paredown COMMAND --help tells more of each.`;

async function main(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args;
  // `help COMMAND` is `COMMAND --help`.
  const [asked = '', given] = name === 'help' && rest[0] !== undefined ? [rest[0], ['--help']] : [name, rest];
  const found = COMMANDS.find((one) => one.name === asked);
  if (found) return (await found.load())(given);
  const program = command(
    'paredown',
    'COMMAND [options]',
    'Trains convolutional networks, and pares them down to the smallest that still hold the accuracy you demand.',
    NOTES,
  );
  for (const { name: known, does } of COMMANDS) program.command(known).description(does);
  if (name === '' || name === 'help') {
    process.stdout.write(program.helpInformation());
    return name === '' ? 2 : 0;
  }
  parsed(program, [ALIASES[name] ?? name, ...rest]);
  return 0;
}

const ALIASES: Readonly<Record<string, string>> = { '-v': '--version', version: '--version' };

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
