import { interruptible } from './common/interruptible.ts';
import { paredownCommand } from './common/invocation.ts';
import { parseOptions } from './complexity/options.ts';
import { runStudy } from './complexity/study.ts';

/** `paredown complexity`. Returns the exit code. */
export async function complexityCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (!options) return 0;
  const command = paredownCommand('complexity', ...args);
  const stopped = `Stopped. What was measured is kept; to go on: ${command.replace(/ --fresh\b/, '')}`;
  return interruptible((signal) => runStudy(options, command, signal), stopped);
}
