import { interruptible } from './common/interruptible.ts';
import { paredownCommand } from './common/invocation.ts';
import { parseCompress } from './compress/options.ts';
import { runCompress } from './compress/run.ts';

/** `paredown compress`. Returns the exit code. */
export async function compressCommand(args: readonly string[]): Promise<number> {
  const given = parseCompress(args);
  if (!given) return 0;
  const command = paredownCommand('compress', ...args);
  return interruptible(
    (signal) => runCompress(given, command, signal),
    `Stopped. Every finished trial is kept; to go on: ${command}`,
  );
}
