import { explain } from './common/failure.ts';
import { INTERRUPTED, Interrupt } from './common/interrupt.ts';
import { paredownCommand } from './common/invocation.ts';
import { parseOptions } from './complexity/options.ts';
import { runStudy } from './complexity/study.ts';

/** `paredown complexity`. Returns the exit code. */
export async function complexityCommand(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (!options) return 0;
  const command = paredownCommand('complexity', ...args);
  const interrupt = new Interrupt(
    () => process.stderr.write('Stopping ... (Ctrl-C once more stops at once)\n'),
    () => undefined,
  );
  try {
    await runStudy(options, command, interrupt.signal);
    return 0;
  } catch (error) {
    if (interrupt.signal.aborted && error instanceof Error && error.name === 'AbortError') {
      process.stderr.write(`Stopped. What was measured is kept; to go on: ${command.replace(/ --fresh\b/, '')}\n`);
      return INTERRUPTED;
    }
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  } finally {
    interrupt.close();
  }
}
