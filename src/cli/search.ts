import { interruptible } from './common/interruptible.ts';
import { paredownCommand } from './common/invocation.ts';
import { withoutPassword } from './common/queue.ts';
import { showBest } from './search/best.ts';
import { parseOptions } from './search/options.ts';
import { printSpace } from './search/problem.ts';
import { runStudy } from './search/run.ts';
import { showFront, writeReport } from './search/show.ts';

const SHOWS = { report: writeReport, front: showFront, best: showBest };

/** `paredown search`. Returns the exit code. */
export async function searchCommand(args: readonly string[]): Promise<number> {
  const [first = '', ...rest] = args;
  if (Object.hasOwn(SHOWS, first)) return SHOWS[first as keyof typeof SHOWS](rest);
  const options = parseOptions(args);
  if (!options) return 0;
  if (options.printSpace) return printSpace();
  const command = paredownCommand('search', ...withoutPassword('search', args));
  return interruptible(
    (signal, stop) => runStudy(options, command, { signal, stop }),
    `Stopped. Every finished trial is kept; to go on: ${command}`,
  );
}
