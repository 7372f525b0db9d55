import { explain } from './common/failure.ts';
import { INTERRUPTED, Interrupt } from './common/interrupt.ts';
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
  const interrupt = new Interrupt(
    () => process.stderr.write('Stopping ... (Ctrl-C once more stops at once)\n'),
    () => undefined,
  );
  try {
    return await runStudy(options, command, interrupt.signal);
  } catch (error) {
    if (interrupt.signal.aborted && error instanceof Error && error.name === 'AbortError') {
      process.stderr.write(`Stopped. Every finished trial is kept; to go on: ${command}\n`);
      return INTERRUPTED;
    }
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  } finally {
    interrupt.close();
  }
}
