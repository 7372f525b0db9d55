import { serveRuns } from 'paredown/node';
import { integer } from './common/arguments.ts';
import { command, parsed } from './common/command.ts';
import { interruptible } from './common/interruptible.ts';
import { printJson } from './common/json-line.ts';
import { say } from './common/say.ts';

interface Options {
  readonly port: number;
  readonly host: string;
  readonly json?: boolean;
}

/** Where commands put what they make. */
const USUAL = ['runs'];

const NOTES = `
Arguments:
  FOLDER  a study of \`paredown search\`, a run folder of \`paredown train\`, or a folder that such folders lie below [runs]

The pages show studies and trainings as they run, and those that have ended: the answer, front, learning curves and every trial of a study,
what is trained now on which worker, the time left; loss and accuracy of a training. What is new appears by itself. Their buttons pause,
go on with and stop what runs: a pause begins as the trials that run have ended, a stop is Ctrl-C in its terminal. What is not there yet
appears as it is begun. The page of a trial whose weights are kept has a button that tries its network on the validation images, and shows
what it gets wrong. Nothing is read but these folders and, for that button, the data of the study.

It serves this machine alone. With another --host the address that it prints holds a token, without which nobody is let in; the connection
is not encrypted: through a network that others share, take \`ssh -L 8080:127.0.0.1:8080 HOST\` instead.

Examples:
  paredown serve
  paredown serve runs/mnist-95 runs/train/my-images --port 0

Exit code: 0 after Ctrl-C, 1 after a failure (such as a port that is in use), 2 for a wrong option.`;

/** `paredown serve`. Returns the exit code. */
export async function serveCommand(args: readonly string[]): Promise<number> {
  const line = command(
    'paredown serve',
    '[FOLDER...] [options]',
    'Pages of studies and trainings as they run, for a browser.',
    NOTES,
  )
    .argument('[folder...]')
    .option('--port <n>', '0: any that is free', integer(0, 65_535), 8080)
    .option('--host <name>', 'an address of this machine; 0.0.0.0: all of them', '127.0.0.1')
    .option('--json', 'print the address as one JSON object');
  const given = parsed<Options>(line, args);
  if (!given) return 0;
  const { operands, options } = given;
  return interruptible((signal) => serve(operands.length > 0 ? operands : USUAL, options, signal), '');
}

async function serve(folders: readonly string[], { port, host, json }: Options, signal: AbortSignal): Promise<number> {
  await using server = await serveRuns(folders, { port, host });
  if (json) printJson({ type: 'listening', url: server.url });
  else say(`${server.url}\nOpen this address in a browser. Ctrl-C ends it; what is searched and trained goes on.`);
  await new Promise<void>((ends) => {
    if (signal.aborted) ends();
    signal.addEventListener('abort', () => ends());
  });
  return 0;
}
