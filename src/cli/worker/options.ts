import { integer, path } from '../common/arguments.ts';
import { command, parsed } from '../common/command.ts';
import { QUEUE_HELP, queueOf } from '../common/queue.ts';
import { UsageError } from '../common/usage-error.ts';

export interface Options {
  readonly queue: string;
  readonly study?: string;
  readonly dataDir?: string;
  readonly workers?: number;
  readonly name?: string;
  readonly json?: boolean;
}

const NOTES = `
Trains trials of every search that has been given the same queue (paredown search ... --queue URL), until it is stopped. Workers come
and go at any time, and wait where there is nothing to do. The data of a search are taken from this machine where they are the same, or
else fetched once from the queue, and kept in the user's cache. The version of paredown must be that of the search.

Ctrl-C ends the trials that run and takes no more; a second one, or SIGTERM, gives them back to the queue. A worker that is killed, hangs
or is cut off loses its trials after a minute, and another one trains them.

Example, on two machines; the first one has the Redis, and trains too:
  first$   redis-server --bind 0.0.0.0 --requirepass SECRET --appendonly yes &
  first$   export PAREDOWN_QUEUE=redis://:SECRET@localhost:6379
  first$   paredown worker &
  first$   paredown search --data mnist --floor 0.95 --minutes 60 --study runs/mnist-95
  second$  PAREDOWN_QUEUE=redis://:SECRET@first:6379 paredown worker

Exit code: 130 after Ctrl-C or SIGTERM, 1 after a failure, 2 for a wrong option.`;

/** Undefined: help was asked for, and printed. Throws a UsageError or OptionError. */
export function parseOptions(args: readonly string[]): Options | undefined {
  const line = command(
    'paredown worker',
    '--queue URL [options]',
    'Trains trials for searches on other machines, or on this one.',
    NOTES,
  )
    .option('--queue <url>', QUEUE_HELP)
    .option('--study <id>', 'train for this search alone, by the id that it prints [all that are at the queue]')
    .option(
      '--data-dir <folder>',
      'where the files of named data sets lie [PAREDOWN_DATA, or the cache, else fetched from the queue]',
      path,
    )
    .option(
      '--workers <n>',
      'trials side by side, each in a process of its own [a GPU: 1; a software driver: one a core]',
      integer(1, 64),
    )
    .option('--name <text>', "what records call this worker [the machine's name and a number]")
    .option('--json', 'print one JSON object a line');
  const done = parsed<Omit<Options, 'queue'> & { readonly queue?: string }>(line, args);
  if (!done) return undefined;
  const queue = queueOf(done.options.queue);
  if (queue === undefined)
    throw new UsageError('Give the queue: --queue redis://HOST:PORT, or PAREDOWN_QUEUE in the environment');
  return { ...done.options, queue };
}
