import { interruptible } from './common/interruptible.ts';
import { paredownCommand } from './common/invocation.ts';
import { parseOptions } from './search/options.ts';
import { printSpace } from './search/problem.ts';
import { runStudy } from './search/run.ts';
import { showBest, showFront, writeReport } from './search/show.ts';

const SHOWS = { report: writeReport, front: showFront, best: showBest };

/** `paredown search`. Returns the exit code. */
export async function searchCommand(args: readonly string[]): Promise<number> {
  const [first = '', ...rest] = args;
  if (Object.hasOwn(SHOWS, first)) return SHOWS[first as keyof typeof SHOWS](rest);
  const options = parseOptions(args);
  if (!options) return 0;
  if (options.printSpace) return printSpace();
  const command = paredownCommand('search', ...args);
  return interruptible(
    (signal) => runStudy(options, command, signal),
    `Stopped. Every finished trial is kept; to go on: ${command}`,
  );
}
