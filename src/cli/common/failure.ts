import { DataError, DeviceLostError, DivergedError, LimitError, NoAdapterError, OptionError, ShapeError } from 'paredown';
import { UsageError } from './usage-error.ts';

const EXPECTED = [DataError, DeviceLostError, DivergedError, LimitError, NoAdapterError, OptionError, ShapeError, UsageError];

/** What a person is told of an error, and the exit code. DEBUG=1 adds where it arose. */
export function explain(error: unknown): { readonly message: string; readonly code: number } {
  // What the package refuses as an option was typed as one.
  const code = error instanceof UsageError || error instanceof OptionError ? 2 : 1;
  if (!(error instanceof Error)) return { message: String(error), code };
  if (process.env.DEBUG) return { message: error.stack ?? error.message, code };
  const expected = EXPECTED.some((known) => error instanceof known) || isFileError(error);
  if (expected) return { message: error.message, code };
  return { message: `${error.name}: ${error.message}\nThis was not foreseen; DEBUG=1 shows where it arose.`, code };
}

/** One of the operating system's: no space left, permission denied. */
function isFileError(error: Error): boolean {
  return 'syscall' in error && 'code' in error;
}
