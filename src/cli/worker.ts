import { explain } from './common/failure.ts';
import { INTERRUPTED } from './common/interrupt.ts';
import { paredownCommand } from './common/invocation.ts';
import { withoutPassword } from './common/queue.ts';
import { Leaving } from './worker/leaving.ts';
import { parseOptions } from './worker/options.ts';
import { runWorker } from './worker/run.ts';

/** `paredown worker`. Returns the exit code. */
export async function workerCommand(args: readonly string[]): Promise<number> {
  const command = paredownCommand('worker', ...withoutPassword('worker', args));
  const options = parseOptions(args);
  if (!options) return 0;
  const leaving = new Leaving();
  try {
    await runWorker(options, leaving);
    process.stderr.write(`Left. To come back: ${command}\n`);
    return INTERRUPTED;
  } catch (error) {
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  } finally {
    leaving.close();
  }
}
