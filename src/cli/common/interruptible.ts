import { explain } from './failure.ts';
import { INTERRUPTED, Interrupt, isAbort } from './interrupt.ts';

/** Runs what Ctrl-C, or `stop`, stops, which then says so by `stopped`, and tells what goes wrong. Returns the exit code. */
export async function interruptible(
  work: (signal: AbortSignal, stop: () => void) => Promise<number>,
  stopped: string,
): Promise<number> {
  const interrupt = new Interrupt(
    () => process.stderr.write('Stopping ... (Ctrl-C once more stops at once)\n'),
    () => undefined,
  );
  try {
    return await work(interrupt.signal, interrupt.stop);
  } catch (error) {
    if (interrupt.signal.aborted && isAbort(error)) {
      process.stderr.write(`${stopped}\n`);
      return INTERRUPTED;
    }
    const { message, code } = explain(error);
    process.stderr.write(`${message}\n`);
    return code;
  } finally {
    interrupt.close();
  }
}
